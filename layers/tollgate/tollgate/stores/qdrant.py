"""Qdrant, by its REST API: its client takes a second to import, and three paths are all that is needed.

https://api.qdrant.tech/api-reference
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import httpx2
from pydantic_core import from_json, to_json

from tollgate.errors import NoProviderAvailable
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

_NAME: Final = "qdrant"
_BATCH: Final = 100
# Qdrant takes 32 MB in one request.
_BATCH_BYTES: Final = 8_000_000
_IDS_AT_ONCE: Final = 1_000
_FIRST_BACKOFF_S: Final = 0.2
_TIMEOUT: Final = httpx2.Timeout(30, connect=5)
_WORTH_ANOTHER_TRY: Final = frozenset({429, 502, 503, 504})

Credential = Callable[[str, bool], Awaitable[str | None]]
"""Gives a setting by its name, read afresh when asked to; None where there is none."""


class QdrantCollections:
    """The collections of one Qdrant. A key is sent where there is one."""

    name = _NAME
    most_metadata_bytes: int | None = None
    has_namespaces = False
    mismatch_code = "qdrant_vector_dimension_mismatch"

    def __init__(self, credential: Credential, *, http: httpx2.AsyncClient, environment: Mapping[str, str]) -> None:
        del environment  # Its address is a setting as its key is.
        self._credential = credential
        self._http = http

    async def close(self) -> None:
        """Nothing is open: the connections are those of everybody."""

    async def dimension(self, target: Target) -> int:
        """How long the vectors of a collection are.

        Raises NotFound, UpstreamError.
        """
        answer = await self._call("GET", target, "")
        try:
            return int(answer["result"]["config"]["params"]["vectors"]["size"])
        except (KeyError, TypeError, ValueError) as exc:
            raise nonsense(_NAME, "no length of vectors, as of a collection with several kinds of them") from exc

    async def write(self, target: Target, records: Sequence[Record]) -> None:
        """Keep records; they can be found when this is over.

        Raises NotFound, UpstreamError.
        """
        for batch in batches(records, most=_BATCH, most_bytes=_BATCH_BYTES):
            points = [
                {"id": record.id, "vector": list(record.values), "payload": dict(record.metadata)} for record in batch
            ]
            await self._call("PUT", target, "/points?wait=true", {"points": points})

    async def delete(self, target: Target, ids: Sequence[str]) -> None:
        """Remove records by their ids.

        Raises NotFound, UpstreamError.
        """
        for some in slices(ids, _IDS_AT_ONCE):
            await self._call("POST", target, "/points/delete?wait=true", {"points": list(some)})

    async def delete_others(self, target: Target, parents: Sequence[str], keep: Sequence[str], owner: str) -> None:
        """Remove what an account may replace of these parents, but for the records to keep.

        Raises NotFound, UpstreamError.
        """
        of_parents = [{"key": key, "match": {"any": list(parents)}} for key in ("parent_vector_id", "vector_id")]
        found = {"must": [{"should": of_parents}, _of(owner)], "must_not": [{"has_id": list(keep)}]}
        await self._call("POST", target, "/points/delete?wait=true", {"filter": found})

    async def search(self, target: Target, vector: Sequence[float], *, top_k: int, owner: str) -> list[Hit]:
        """What is nearest, the nearest first.

        Raises NotFound, UpstreamError.
        """
        asked = {"query": list(vector), "limit": top_k, "with_payload": True, "filter": {"must": [_of(owner)]}}
        answer = await self._call("POST", target, "/points/query", asked)
        try:
            points = answer["result"]["points"]
            return [Hit(str(point["id"]), float(point["score"]), point.get("payload") or {}) for point in points]
        except (KeyError, TypeError, ValueError) as exc:
            raise nonsense(_NAME, "no points") from exc

    async def _call(self, method: str, target: Target, path: str, body: Any = None) -> dict[str, Any]:
        content = b"" if body is None else to_json(body)
        response = await self._sent(method, target, path, content, fresh=False)
        if response.status_code in {401, 403}:
            # The operator may have changed the key since it was read.
            response = await self._sent(method, target, path, content, fresh=True)
        answer = _parsed(response.content)
        if not response.is_success:
            said = answer.get("status")
            detail = str(said.get("error", ""))[:500] if isinstance(said, dict) else None
            raise refused(_NAME, response.status_code, retry_after_s=_hint_s(response), detail=detail)
        return answer

    async def _sent(self, method: str, target: Target, path: str, content: bytes, *, fresh: bool) -> httpx2.Response:
        url = (await self._credential("QDRANT_URL", fresh) or "").strip().rstrip("/")
        if not url:
            raise NoProviderAvailable(
                "Qdrant is not configured on this gateway.",
                provider=_NAME,
                code="missing_qdrant_url",
                detail="QDRANT_URL is not set.",
            )
        key = (await self._credential("QDRANT_API_KEY", fresh) or "").strip()
        headers = {"content-type": "application/json", **({"api-key": key} if key else {})}
        address = f"{url}/collections/{quote(target.name, safe='')}{path}"
        for pause_s in (_FIRST_BACKOFF_S, 2 * _FIRST_BACKOFF_S, None):
            try:
                # Everything that is asked may be asked twice: records are kept under ids of their own.
                response = await self._http.request(method, address, content=content, headers=headers, timeout=_TIMEOUT)
            except httpx2.TimeoutException as exc:
                raise too_slow(_NAME) from exc
            except (httpx2.RequestError, httpx2.InvalidURL) as exc:
                if pause_s is None or not isinstance(exc, httpx2.NetworkError):
                    raise unreachable(_NAME, exc) from exc
            else:
                if pause_s is None or response.status_code not in _WORTH_ANOTHER_TRY:
                    return response
            await asyncio.sleep(random.uniform(0, pause_s))  # noqa: S311 - not a secret
        raise AssertionError("the last attempt answers or raises")


def _of(owner: str) -> dict[str, Any]:
    """What an account may see: what is its own, and what is nobody's."""
    return {"should": [{"key": OWNER, "match": {"value": owner}}, {"is_empty": {"key": OWNER}}]}


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        answer = from_json(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _hint_s(response: httpx2.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None
