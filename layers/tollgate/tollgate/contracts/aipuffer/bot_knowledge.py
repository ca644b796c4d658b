"""Settings of a chatbot: where it looks for what it shall know."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from tollgate.contracts.aipuffer.providers import EmbeddingProviderName
from tollgate.contracts.rest import Boolean, Integer, ListOrText, Number, RestShape, rest_error

SEARCHED: Final = ("pinecone", "qdrant")
Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], ListOrText, Field(max_length=50)]


class KnowledgeSettings(RestShape):
    """Retrieval."""

    enable_vector_store: Boolean = False
    """Whether each question is looked up."""
    vector_store_provider: Literal["openai", "pinecone", "qdrant", "chroma", "claude_files", "google"] = "pinecone"
    """Where. With `enable_vector_store`, `pinecone` or `qdrant`."""
    openai_vector_store_ids: Names = Field(default_factory=list)
    """Kept for the plugin's exports; not searched."""
    pinecone_index_name: Name = ""
    pinecone_namespace: Name = ""
    """The namespace that is searched; empty is the default one."""
    qdrant_collection_names: Names = Field(default_factory=list)
    """All of them are searched."""
    vector_embedding_provider: EmbeddingProviderName = "openai"
    vector_embedding_model: Name = "text-embedding-3-small"
    """Has to be the one that the texts were stored with."""
    vector_store_top_k: Annotated[Integer, Field(ge=1, le=20)] = 3
    """Passages of each collection at most."""
    vector_store_confidence_threshold: Annotated[Number, Field(ge=0, le=100)] = 20
    """Percent of nearness below which a passage is left out."""

    @model_validator(mode="before")
    @classmethod
    def _one_collection(cls, value: Any) -> Any:
        # Older records have one collection, under another name.
        if isinstance(value, dict) and value.get("qdrant_collection_name") and not value.get("qdrant_collection_names"):
            return {**value, "qdrant_collection_names": [value["qdrant_collection_name"]]}
        return value

    @field_validator("vector_store_provider")
    @classmethod
    def _is_searched(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("enable_vector_store") and value not in SEARCHED:
            raise rest_error("rest_not_in_enum", f"%1$s is not one of {' and '.join(SEARCHED)}.")
        return value
