"""Texts found by their meaning: what the vector stores have in common.

An index belongs to the operator, and accounts may share it. What is written here names the account that it belongs to,
and an account finds and replaces what is its own and what names nobody: texts that came there by another way.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from pydantic_core import to_json

from tollgate.errors import (
    ConnectFailed,
    NotFound,
    ProviderAuthFailed,
    ProviderRateLimited,
    TollgateError,
    UpstreamInvalid,
    UpstreamTimeout,
)

OWNER: Final = "tollgate_account"
"""The name under which a record's account stands in its metadata."""

STORES: Final[Mapping[str, str]] = {
    "pinecone": "pinecone_index:PineconeIndexes",
    "qdrant": "qdrant:QdrantCollections",
}
"""Import paths, so that one store's client is not the price of using the other."""

SETTINGS: Final[Mapping[str, str]] = {
    "PINECONE_API_KEY": "Pinecone",
    "QDRANT_URL": "Qdrant",
    "QDRANT_API_KEY": "Qdrant",
}
"""Settings that may be secrets, and whose they are."""


class Target(NamedTuple):
    """An index or a collection, and a part of it where the store has such."""

    name: str
    namespace: str = ""


class Record(NamedTuple):
    """A vector and what is known of it."""

    id: str
    values: Sequence[float]
    metadata: Mapping[str, Any]


class Hit(NamedTuple):
    """A record that is near to what was asked."""

    id: str
    score: float
    metadata: Mapping[str, Any]


class VectorStore(Protocol):
    """One vector store as this deployment reaches it. All of it raises NotFound and UpstreamError.

    `name` is the store's, `most_metadata_bytes` how much may be known of one record, None where that has no limit;
    `has_namespaces` tells whether a target has parts, and `mismatch_code` what a vector of another length is called.
    """

    name: str
    most_metadata_bytes: int | None
    has_namespaces: bool
    mismatch_code: str

    async def close(self) -> None:
        """Close the connections."""
        ...

    async def dimension(self, target: Target) -> int:
        """How long its vectors are.

        Raises NotFound where there is no such target.
        """
        ...

    async def write(self, target: Target, records: Sequence[Record]) -> None:
        """Keep records, and come back when they can be found, as far as the store promises that."""
        ...

    async def delete(self, target: Target, ids: Sequence[str]) -> None:
        """Remove records; those that are not there are removed too."""
        ...

    async def delete_others(self, target: Target, parents: Sequence[str], keep: Sequence[str], owner: str) -> None:
        """Remove what an account may replace of these parents, but for the records to keep."""
        ...

    async def search(self, target: Target, vector: Sequence[float], *, top_k: int, owner: str) -> list[Hit]:
        """What is nearest of all that an account may find, the nearest first."""
        ...


def batches(records: Sequence[Record], *, most: int, most_bytes: int) -> Iterator[list[Record]]:
    """Records in their order, so many in a batch at most, and no more bytes than that unless one alone has more."""
    batch: list[Record] = []
    size = 0
    for record in records:
        own = len(to_json([record.id, list(record.values), record.metadata]))
        if batch and (len(batch) == most or size + own > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += own
    if batch:
        yield batch


def slices(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """Values in their order, so many at once."""
    return (values[start : start + size] for start in range(0, len(values), size))


def refused(store: str, status: int, *, retry_after_s: float | None = None, detail: str | None = None) -> TollgateError:
    """What a store's status means for the caller. Its words are for the operator alone."""
    code = f"{store}_api_error"
    facts: dict[str, Any] = {"provider": store, "upstream_status": status, "detail": detail}
    match status:
        case 404:
            return NotFound("There is no such index or collection.", param="target_id", code=code)
        case 401 | 403:
            return ProviderAuthFailed("The vector store refused the gateway's own credential.", code=code, **facts)
        case 408 | 504:
            return UpstreamTimeout("The vector store took too long to answer.", code=code, **facts)
        case 429:
            return ProviderRateLimited(
                "The vector store is asked too often. Try again.", code=code, retry_after_s=retry_after_s, **facts
            )
    return UpstreamInvalid(f"The vector store answered with status {status}.", code=code, **facts)


def unreachable(store: str, exc: Exception) -> ConnectFailed:
    """No connection to a store was made."""
    return ConnectFailed(
        "The vector store cannot be reached.", provider=store, code=f"{store}_api_error", detail=type(exc).__name__
    )


def too_slow(store: str) -> UpstreamTimeout:
    """A store took longer than it is waited for."""
    return UpstreamTimeout("The vector store took too long to answer.", provider=store, code=f"{store}_api_error")


def nonsense(store: str, what: str) -> UpstreamInvalid:
    """An answer of a store that cannot be used."""
    return UpstreamInvalid(f"The vector store answered with {what}.", provider=store, code=f"{store}_api_error")
