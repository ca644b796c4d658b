"""Pinecone, by its SDK: a layer of its own brings it along, and it is imported at the first call.

https://docs.pinecone.io/reference/api
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx2

from tollgate.errors import ConnectFailed, NoProviderAvailable, NotFound
from tollgate.stores.vectors import (
    OWNER,
    Hit,
    Record,
    Target,
    batches,
    nonsense,
    refused,
    slices,
    too_slow,
    unreachable,
)

if TYPE_CHECKING:
    from pinecone import AsyncIndex, AsyncPinecone

T = TypeVar("T")

_NAME: Final = "pinecone"
_ADDRESS: Final = "https://api.pinecone.io"
# What one request may hold: https://docs.pinecone.io/reference/api/database-limits
_BATCH: Final = 100
_BATCH_BYTES: Final = 1_900_000
_IDS_AT_ONCE: Final = 1_000
_PATIENCE_S: Final = 60.0
_TIMEOUT_S: Final = 20.0

Credential = Callable[[str, bool], Awaitable[str | None]]
"""Gives a setting by its name, read afresh when asked to; None where there is none."""


class PineconeIndexes:
    """The indexes of one Pinecone project. Where each of them is, is asked for once."""

    name = _NAME
    most_metadata_bytes: int | None = 40_960
    has_namespaces = True
    mismatch_code = "vector_dimension_mismatch"

    def __init__(self, credential: Credential, *, http: httpx2.AsyncClient, environment: Mapping[str, str]) -> None:
        del http  # The SDK has a client of its own.
        self._credential = credential
        self._address = environment.get("PINECONE_BASE_URL") or _ADDRESS
        self._project: tuple[str, AsyncPinecone] | None = None
        self._indexes: dict[str, AsyncIndex] = {}
        # Other calls may still use them.
        self._retired: list[AsyncIndex | AsyncPinecone] = []

    async def close(self) -> None:
        """Close the connections."""
        self._retire()
        retired, self._retired = self._retired, []
        for client in retired:
            await client.close()

    async def dimension(self, target: Target) -> int:
        """How long the vectors of an index are.

        Raises NotFound, UpstreamError.
        """
        stats = await self._with(target, lambda index: index.describe_index_stats())
        if not stats.dimension:
            raise nonsense(_NAME, "no length of vectors, as of an index without dense ones")
        return stats.dimension

    async def write(self, target: Target, records: Sequence[Record]) -> None:
        """Keep records; Pinecone lets them be found some seconds later.

        Raises NotFound, UpstreamError.
        """
        for batch in batches(records, most=_BATCH, most_bytes=_BATCH_BYTES):
            vectors = [
                {"id": record.id, "values": list(record.values), "metadata": dict(record.metadata)} for record in batch
            ]
            await self._with(target, partial(_upsert, vectors, target.namespace))

    async def delete(self, target: Target, ids: Sequence[str]) -> None:
        """Remove records by their ids.

        Raises NotFound, UpstreamError.
        """
        for some in slices(ids, _IDS_AT_ONCE):
            await self._with(target, partial(_delete, some, target.namespace))

    async def delete_others(self, target: Target, parents: Sequence[str], keep: Sequence[str], owner: str) -> None:
        """Remove what an account may replace of these parents, but for the records to keep.

        Raises NotFound, UpstreamError.
        """
        of_parents = [{key: {"$in": list(parents)}} for key in ("parent_vector_id", "vector_id")]
        # What is known of a record has its id, too: a filter cannot name the record itself.
        found = {"$and": [{"$or": of_parents}, _of(owner), {"vector_id": {"$nin": list(keep)}}]}
        await self._with(target, lambda index: index.delete(filter=found, namespace=target.namespace))

    async def search(self, target: Target, vector: Sequence[float], *, top_k: int, owner: str) -> list[Hit]:
        """What is nearest, the nearest first.

        Raises NotFound, UpstreamError.
        """
        found = await self._with(
            target,
            lambda index: index.query(
                vector=list(vector),
                top_k=top_k,
                namespace=target.namespace,
                filter=_of(owner),
                include_metadata=True,
            ),
        )
        return [Hit(match.id, match.score, match.metadata or {}) for match in found.matches]

    async def _with(self, target: Target, ask: "Callable[[AsyncIndex], Awaitable[T]]") -> T:
        from pinecone import UnauthorizedError  # noqa: PLC0415 - see above

        try:
            async with asyncio.timeout(_PATIENCE_S):
                try:
                    return await ask(await self._index(target.name, fresh=False))
                except UnauthorizedError:
                    # The operator may have changed the key since it was read.
                    return await ask(await self._index(target.name, fresh=True))
        except TimeoutError as exc:
            raise too_slow(_NAME) from exc
        except Exception as exc:
            told = _told(exc)
            if isinstance(told, NotFound | ConnectFailed) and (index := self._indexes.pop(target.name, None)):
                # An index that was made anew is at another address.
                self._retired.append(index)
            raise told from exc

    async def _index(self, name: str, *, fresh: bool) -> "AsyncIndex":
        project = await self._open(fresh=fresh)
        if name not in self._indexes:
            # By its name the SDK would remember for good where it is.
            described = await project.indexes.describe(name)
            if described.host is None:
                raise nonsense(_NAME, "an index that is not ready")
            index = await project.index(host=described.host)
            # Another call may have been faster.
            if self._indexes.setdefault(name, index) is not index:
                await index.close()
        return self._indexes[name]

    async def _open(self, *, fresh: bool) -> "AsyncPinecone":
        from pinecone import AsyncPinecone  # noqa: PLC0415 - see above

        key = (await self._credential("PINECONE_API_KEY", fresh) or "").strip()
        if not key:
            raise NoProviderAvailable(
                "Pinecone is not configured on this gateway.",
                provider=_NAME,
                code="missing_api_key_pinecone",
                detail="PINECONE_API_KEY is not set.",
            )
        if self._project is None or self._project[0] != key:
            self._retire()
            self._project = (key, AsyncPinecone(api_key=key, host=self._address, timeout=_TIMEOUT_S))
        return self._project[1]

    def _retire(self) -> None:
        self._retired += [*self._indexes.values(), *([self._project[1]] if self._project else [])]
        self._indexes, self._project = {}, None


async def _upsert(vectors: list[dict[str, Any]], namespace: str, index: "AsyncIndex") -> None:
    await index.upsert(vectors=vectors, namespace=namespace)


async def _delete(ids: Sequence[str], namespace: str, index: "AsyncIndex") -> None:
    await index.delete(ids=list(ids), namespace=namespace)


def _of(owner: str) -> dict[str, Any]:
    """What an account may see: what is its own, and what is nobody's."""
    return {"$or": [{OWNER: {"$eq": owner}}, {OWNER: {"$exists": False}}]}


def _told(exc: Exception) -> Exception:
    """A failure of the SDK as ours; any other one as it is."""
    from pinecone.errors import (  # noqa: PLC0415 - see above
        ApiError,
        PineconeConnectionError,
        PineconeError,
        PineconeTimeoutError,
        RateLimitError,
    )

    match exc:
        case ApiError():
            hint_s = exc.retry_after if isinstance(exc, RateLimitError) else None
            return refused(_NAME, exc.status_code, retry_after_s=hint_s, detail=exc.message[:500])
        case PineconeTimeoutError():
            return too_slow(_NAME)
        case PineconeConnectionError():
            return unreachable(_NAME, exc)
        case PineconeError():
            return nonsense(_NAME, "what the SDK cannot read")
    return exc
