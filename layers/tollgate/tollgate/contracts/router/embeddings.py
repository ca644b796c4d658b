"""`POST /v1/embeddings`: the request that is accepted, and the answer."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from tollgate.contracts.router.costs import CostDetails
from tollgate.contracts.shapes import Shape

MOST_INPUTS: Final = 2_048
MOST_TOKENS_EACH: Final = 8_192
MOST_TOKENS: Final = 300_000

_Text = Annotated[str, Field(min_length=1)]
_Tokens = Annotated[
    list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1, max_length=MOST_TOKENS_EACH, fail_fast=True)
]


def _form(value: Any) -> str:
    if not isinstance(value, list):
        return "text"
    first = value[0] if value else ""
    return "token_lists" if isinstance(first, list) else "tokens" if type(first) in {int, float} else "texts"


_Input = Annotated[
    Annotated[_Text, Tag("text")]
    | Annotated[
        Annotated[list[_Text], Field(min_length=1, max_length=MOST_INPUTS, fail_fast=True)],
        Tag("texts"),
    ]
    | Annotated[_Tokens, Tag("tokens")]
    | Annotated[
        Annotated[list[_Tokens], Field(min_length=1, max_length=MOST_INPUTS, fail_fast=True)],
        Tag("token_lists"),
    ],
    Discriminator(_form),
]


class CreateEmbeddingRequest(Shape):
    """Texts, and the model that shall make vectors of them."""

    model: str
    """The id of an embedding model, such as `openai/text-embedding-3-small`."""
    input: _Input
    """A text, up to 2048 texts, the tokens of one text, or of several: 8192 tokens each and 300000 in all at most."""
    encoding_format: Literal["float", "base64"] | None = None
    """Numbers, or little-endian 32-bit floats in base64."""
    dimensions: Annotated[int, Field(ge=1)] | None = None
    """How long the vectors shall be, for models that can shorten them."""
    user: str | None = None
    """Your end user; the provider gets to see a hash of it."""
    task_type: str | None = None
    """What the vectors are for, such as `RETRIEVAL_QUERY`, for models that take it."""
    title: str | None = None
    """The title of the document that the texts are from, for models that take it."""
    drop_params: bool | None = None
    """`false` refuses what the model does not take; else it is left out and named in a header."""

    @model_validator(mode="after")
    def _are_not_too_many(self) -> Self:
        if sum(len(one) for one in self.input if isinstance(one, list)) > MOST_TOKENS:
            raise PydanticCustomError(
                "tollgate",
                "{message}",
                {"param": "input", "message": f"'input' must have at most {MOST_TOKENS} tokens in all."},
            )
        return self


class Embedding(Shape):
    """The vector of one text."""

    object: Literal["embedding"]
    index: int
    """The place of the text in `input`."""
    embedding: list[float] | str
    """The vector: numbers, or base64."""


class EmbeddingUsage(Shape):
    """What the call used, and what the account is charged for it."""

    prompt_tokens: int
    """Tokens of all the texts."""
    total_tokens: int
    cost: float
    """US dollars that the account is charged."""
    cost_details: CostDetails


class EmbeddingList(Shape):
    """The vectors, in the order of the texts."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    """The id of the model that made them."""
    usage: EmbeddingUsage
