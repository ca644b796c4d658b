"""What an adapter makes of a stream that comes in exactly these pieces."""

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import Any

import httpx2

from tollgate.contracts.chat import ChatRequest, Delta


def answered_in(pieces: Iterable[bytes]) -> httpx2.AsyncClient:
    """A client to which every server answers in these pieces."""

    async def content() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=content())

    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))


async def all_of(adapter: Any, request: ChatRequest, came: list[Delta] | None = None) -> list[Delta]:
    """The deltas of a stream; `came` has those that came before it failed."""
    deltas = [] if came is None else came
    async with aclosing(adapter.stream(request)) as stream:
        async for delta in stream:
            deltas.append(delta)
    return deltas
