"""Adapters of vendors that speak OpenAI's language, and what they make of streams."""

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from typing import Any, Final, cast

import httpx2

from tests.builders import a_chat_request, a_model
from tests.upstream import Reply, Upstream, a_client
from tollgate.contracts.chat import ChatRequest, Delta
from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.connection import Connection
from tollgate.providers.registry import PROVIDERS

KEY: Final = "key-0123456789"


def a_request(vendor: str, **changes: Any) -> ChatRequest:
    """A request for a model of the vendor."""
    model = a_model(id=f"{vendor}/m", provider=vendor, upstream_model="m")
    return a_chat_request(**{"model": model, **changes})


def an_adapter(
    vendor: str, http: httpx2.AsyncClient | None = None, url: str = "http://upstream.test", **environment: str
) -> CompatibleChat:
    """A vendor's adapter, at that address; without a client it can think, and not send."""

    async def credential(_fresh: bool) -> str:
        return KEY

    provider = PROVIDERS[vendor]
    module, _, name = provider.can["chat"].partition(":")
    settings = {provider.base_url_setting: url, **environment}
    connection = Connection(provider, http=http or a_client(), environment=settings, credential=credential)
    return cast("CompatibleChat", getattr(import_module(f"tollgate.providers.{module}"), name)(connection))


@asynccontextmanager
async def upstream(vendor: str, *replies: Reply) -> AsyncIterator[CompatibleChat]:
    """A vendor's adapter, and an upstream that gives it these replies."""
    async with Upstream(*replies) as server, a_client() as http:
        yield an_adapter(vendor, http, server.url)


class _Pieces(httpx2.AsyncByteStream):
    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


async def streamed(vendor: str, pieces: Iterable[bytes], came: list[Delta] | None = None) -> list[Delta]:
    """What is made of a stream in exactly these pieces; `came` holds it even if the stream goes wrong."""
    deltas = [] if came is None else came

    async def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=_Pieces(pieces))

    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http,
        aclosing(an_adapter(vendor, http).stream(a_request(vendor))) as stream,
    ):
        async for delta in stream:
            deltas.append(delta)
    return deltas
