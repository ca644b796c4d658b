"""An adapter and the double that it talks to; and what is heard of an answer, as the router's clients see it."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Final, NamedTuple

import httpx2

from tests.builders import a_body
from tests.conformance.doubles import KEY_PLACE, Double
from tests.upstream import Received, Reply, Upstream, a_client
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta
from tollgate.contracts.usage import Usage
from tollgate.errors import TollgateError
from tollgate.providers.connection import Connection, Patience
from tollgate.providers.protocols import Chat
from tollgate.providers.registry import PROVIDERS
from tollgate.services.router.chat import _choice as shown_choice
from tollgate.services.router.chunks import ChunkWriter

KEY: Final = "sk-operator-0123456789abcdefghijklmnopqrstuvwxyz"
CAP: Final = 1000

Credential = Callable[[bool], Awaitable[str | None]]


async def the_key(_fresh: bool) -> str | None:
    """The operator's key, always the same."""
    return KEY


@dataclass(frozen=True)
class Play:
    """An adapter, its upstream, and what was asked of it."""

    double: Double
    adapter: Chat
    upstream: Upstream

    def request(self, model: Model | None = None, **fields: Any) -> ChatRequest:
        """What the adapter makes of a client's request."""
        model = model or self.double.model()
        plan = self.adapter.plan(a_body(**fields), model, is_strict=False)
        return ChatRequest(model=model, body=plan.body, max_output_tokens=CAP)

    async def complete(self, **fields: Any) -> Completion:
        """Ask for a whole answer."""
        return await self.adapter.complete(self.request(**fields))

    async def deltas(self, **fields: Any) -> list[Delta]:
        """Ask for a stream, and wait for its end."""
        async with aclosing(self.adapter.stream(self.request(**fields))) as stream:
            return [delta async for delta in stream]

    async def until_it_breaks(self, **fields: Any) -> tuple[list[Delta], TollgateError | None]:
        """Ask for a stream: what came, and what it broke off with."""
        came: list[Delta] = []
        try:
            async with aclosing(self.adapter.stream(self.request(**fields))) as stream:
                async for delta in stream:
                    came.append(delta)  # noqa: PERF401 - what came before the error counts
        except TollgateError as error:
            return came, error
        return came, None

    @property
    def received(self) -> Received:
        """The last request that the double got."""
        return self.upstream.requests[-1]


@asynccontextmanager
async def playing(
    double: Double, *replies: Reply, credential: Credential = the_key, patience: Patience | None = None
) -> AsyncIterator[Play]:
    """The double's adapter, over real connections to an upstream that gives these replies."""
    async with (
        Upstream(*(_with_key(reply) for reply in replies)) as upstream,
        a_client() as http,
    ):
        yield Play(double, adapter_of(double, upstream.url, http, credential, patience), upstream)


@asynccontextmanager
async def playing_pieces(
    double: Double, pieces: Iterable[bytes], *, patience: Patience | None = None
) -> AsyncIterator[Play]:
    """The double's adapter over a stream that comes in exactly these pieces, without a network in between."""
    content = _Pieces(list(pieces))

    async def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": double.media_type}, stream=content)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        yield Play(double, adapter_of(double, "http://upstream.test", http, the_key, patience), Upstream())


async def heard_in_pieces(double: Double, pieces: Iterable[bytes], **fields: Any) -> list[Delta]:
    """What the double's adapter makes of such a stream."""
    async with playing_pieces(double, pieces) as play:
        return await play.deltas(**fields)


def adapter_of(
    double: Double,
    url: str,
    http: httpx2.AsyncClient,
    credential: Credential = the_key,
    patience: Patience | None = None,
) -> Chat:
    """The adapter that the registry names for the double's provider, at that address."""
    provider = PROVIDERS[double.provider]
    environment = {**double.settings, provider.base_url_setting: url + double.base_path}
    connection = Connection(provider, http=http, environment=environment, credential=credential, patience=patience)
    module, _, name = provider.can["chat"].partition(":")
    adapter: Chat = getattr(import_module(f"tollgate.providers.{module}"), name)(connection)
    return adapter


class HeardCall(NamedTuple):
    """A tool call as a client gets it."""

    id: str
    name: str
    arguments: str


class Heard(NamedTuple):
    """An answer as a client gets it: one choice, and the usage."""

    text: str
    reasoning: str
    calls: tuple[HeardCall, ...]
    finish: str | None
    usage: Usage | None


def heard_whole(completion: Completion) -> Heard:
    """A whole answer, as the router shows it."""
    (given,) = completion.choices
    choice = shown_choice(given, with_functions=False)
    message = choice["message"]
    return Heard(
        text=message["content"] or "",
        reasoning=message.get("reasoning_content", ""),
        calls=tuple(
            HeardCall(call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in message.get("tool_calls", ())
        ),
        finish=choice["finish_reason"],
        usage=completion.usage,
    )


def heard_stream(deltas: Iterable[Delta]) -> Heard:
    """A streamed answer, written by the router and put together as clients do."""
    writer = ChunkWriter(completion_id="chatcmpl-1", created=0, model="m", with_usage=False)
    text = reasoning = ""
    calls: list[dict[str, str]] = []
    finish: str | None = None
    usage: Usage | None = None
    for delta in deltas:
        usage = delta.usage or usage
        for line in writer.write(delta).splitlines():
            if not line:
                continue
            (choice,) = json.loads(line.removeprefix(b"data: "))["choices"]
            said = choice["delta"]
            text += said.get("content") or ""
            reasoning += said.get("reasoning_content") or ""
            finish = choice["finish_reason"] or finish
            for fragment in said.get("tool_calls", ()):
                if "id" in fragment:
                    assert fragment["index"] == len(calls), "calls are numbered in the order in which they begin"
                    calls.append({"id": fragment["id"], "name": fragment["function"]["name"], "arguments": ""})
                calls[fragment["index"]]["arguments"] += fragment["function"]["arguments"]
    return Heard(text, reasoning, tuple(HeardCall(**call) for call in calls), finish, usage)


def _with_key(reply: Reply) -> Reply:
    place = KEY_PLACE.encode()
    if not any(place in piece for piece in reply.pieces):
        return reply
    return replace(reply, pieces=tuple(piece.replace(place, KEY.encode()) for piece in reply.pieces))


class _Pieces(httpx2.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces:
            yield piece


def with_new_fields(value: Any) -> Any:
    """The same JSON, in which every object has a field more than anybody knows."""
    if isinstance(value, Mapping):
        return {**{name: with_new_fields(inner) for name, inner in value.items()}, "brand_new": {"x": [1, None]}}
    if isinstance(value, list):
        return [with_new_fields(inner) for inner in value]
    return value
