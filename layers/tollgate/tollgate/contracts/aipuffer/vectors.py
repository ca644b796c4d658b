"""Texts for vector stores, as `POST /vector-stores/upsert` takes them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tollgate.contracts.aipuffer.providers import ProviderName
from tollgate.contracts.rest import ListOrText, Object, RestShape


class VectorItem(RestShape):
    """A text."""

    content: str
    """What is embedded: in several pieces where it is long."""
    id: str | None = None
    """Under which it is stored. What was stored under it before is replaced."""
    metadata: Object = Field(default_factory=dict)
    """What is known of it. What is no text, number or boolean is stored as JSON in a text."""
    uri: str | None = None
    """Where it is from."""


class UpsertVectorsRequest(RestShape):
    """Texts to be found by chatbots."""

    provider: Literal["pinecone", "qdrant"]
    target_id: str
    """An index or a collection that exists."""
    vectors: Annotated[list[VectorItem], ListOrText]
    embedding_provider: ProviderName
    embedding_model: str
    """The same one that bots search with."""
    namespace: str = ""
    """A part of a Pinecone index; other stores have none."""


class StoredSource(RestShape):
    """What became of a text."""

    parent_vector_id: str
    upserted_count: int
    """Pieces that are stored."""
    total_chunks: int


class UpsertedVectors(RestShape):
    """What is stored."""

    upserted_count: int
    """Pieces of all texts."""
    status: Literal["success"] = "success"
    source_count: int
    """Texts."""
    total_chunks: int
    results: list[StoredSource]
    """Each text, in the order of the request."""


class UpsertProgress(RestShape):
    """How far it came: `data` of an error in the middle."""

    completed_sources: int
    failed_source_index: int
    """The first text that is not stored: those from here on are to be sent again."""
    source_count: int
    results: list[StoredSource]
    upserted_count: int
    total_chunks: int

    def as_data(self) -> dict[str, Any]:
        """The fields."""
        return self.model_dump(mode="json")
