"""`POST /aipkit/v1/embeddings`."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from tollgate.contracts.aipuffer.providers import EmbeddingProviderName
from tollgate.contracts.rest import Integer, RestShape, rest_error


class EmbedTextsRequest(RestShape):
    """Texts, and who shall make vectors of them."""

    provider: EmbeddingProviderName
    """Lower case."""
    model: str
    """The provider's own name of the model."""
    input: str | list[str]
    """A text, or several of which none is blank."""
    dimensions: Integer | None = None
    """How long the vectors shall be. Not for Google; 0 and less have no effect."""
    encoding_format: Literal["float", "base64"] = "float"
    """`base64` has little-endian 32-bit floats in base64 in place of the numbers."""
    task_type: (
        Literal[
            "SEMANTIC_SIMILARITY",
            "CLASSIFICATION",
            "CLUSTERING",
            "RETRIEVAL_DOCUMENT",
            "RETRIEVAL_QUERY",
            "QUESTION_ANSWERING",
            "FACT_VERIFICATION",
            "CODE_RETRIEVAL_QUERY",
        ]
        | None
    ) = None
    """For Google: what the vectors are for."""
    output_dimensionality: Integer | None = None
    """For Google: how long the vectors shall be."""
    user: Annotated[str, Field(max_length=512)] | None = None
    """Your own id of the end user. Providers get a hash of it."""

    @field_validator("input", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        if isinstance(value, list):
            for place, item in enumerate(value):
                if not isinstance(item, str):
                    raise rest_error("rest_invalid_type", f"%1$s[{place}] is not of type string.")
                if not item.strip():
                    raise rest_error("rest_too_short", f"%1$s[{place}] is blank.")
        elif not isinstance(value, str):
            raise rest_error("rest_invalid_type", "%1$s is not of type string,array.")
        return value


class EmbeddingUsage(RestShape):
    """The tokens of the texts, as the provider counted them."""

    input_tokens: int
    total_tokens: int


class EmbeddedTexts(RestShape):
    """The vectors, in the order of the texts."""

    embeddings: list[list[float] | str]
    usage: EmbeddingUsage | None = None
    """Null where the provider told none."""
    provider: str
    """The provider's label, such as `OpenAI`."""
    model: str
    """As it was asked for."""
