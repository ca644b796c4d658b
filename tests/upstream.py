"""A provider on loopback: it gives the next answer, and keeps each request."""

import asyncio
import json
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from struct import pack
from typing import Any, Final

import httpx2

from tests.loopback import LoopbackServer

# Reading the certificates takes a client longer than all the rest, and nobody here speaks TLS.
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def a_client() -> httpx2.AsyncClient:
    """An HTTP client as the gateway has it."""
    return httpx2.AsyncClient(verify=_NO_TLS, trust_env=False)


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `pieces` go out one by one; `then` is awaited after each; `is_cut` breaks the connection off."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    pieces: tuple[bytes, ...] = ()
    is_cut: bool = False
    before: Callable[[], Any] | None = None
    between: Callable[[int], Any] | None = None


def json_reply(body: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON answer."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"content-type": "application/json", **names}, (json.dumps(body).encode(),))


def event_reply(events: Iterable[Any], *, done: bool = True, is_cut: bool = False) -> Reply:
    """A stream of server-sent events; what is not bytes becomes JSON."""
    pieces = [event if isinstance(event, bytes) else f"data: {json.dumps(event)}\n\n".encode() for event in events]
    if done:
        pieces.append(b"data: [DONE]\n\n")
    return Reply(200, {"content-type": "text/event-stream"}, tuple(pieces), is_cut=is_cut)


def raw_reply(content: str | bytes, media_type: str = "text/html", status: int = 200) -> Reply:
    """An answer of any kind."""
    return Reply(status, {"content-type": media_type}, (content.encode() if isinstance(content, str) else content,))


def streamed_reply(pieces: Iterable[bytes], media_type: str = "text/event-stream", *, is_cut: bool = False) -> Reply:
    """A stream in any framing, piece by piece."""
    return Reply(200, {"content-type": media_type}, tuple(pieces), is_cut=is_cut)


def silence(_: int = 0) -> Awaitable[Any]:
    """What never ends: a provider that says nothing more."""
    return asyncio.Event().wait()


def a_completion(text: str = "Hello!", *, usage: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A whole answer in OpenAI's form, a dated upstream name and all."""
    return {
        "id": "chatcmpl-up1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-4o-2024-11-20",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": usage if usage is not None else a_usage(),
        "service_tier": "default",
        **changes,
    }


def a_usage(prompt: int = 19, completion: int = 10, *, cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    """OpenAI's usage object."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def an_embedding_answer(body: Mapping[str, Any], *, length: int = 1536) -> dict[str, Any]:
    """What OpenAI answers to a request for embeddings: each vector begins with the place and the length of its text."""
    given = body["input"]
    inputs = [given] if isinstance(given, str) or isinstance(given[0], int) else given
    rest = [0.0] * ((body.get("dimensions") or length) - 2)
    vectors = [[float(place), float(len(one)), *rest] for place, one in enumerate(inputs)]
    is_base64 = body.get("encoding_format") == "base64"
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": b64encode(pack(f"<{len(vector)}f", *vector)).decode() if is_base64 else vector,
            }
            for index, vector in enumerate(vectors)
        ],
        "model": body["model"],
        "usage": {"prompt_tokens": 5 * len(inputs), "total_tokens": 5 * len(inputs)},
    }


def chunks_of(*texts: str, usage: Mapping[str, Any] | None = None, finish: str | None = "stop") -> list[dict[str, Any]]:
    """A streamed answer in OpenAI's form."""

    def chunk(delta: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {
            "id": "chatcmpl-up1",
            "object": "chat.completion.chunk",
            "created": 1790000000,
            "model": "gpt-4o-2024-11-20",
            "service_tier": "default",
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}],
            "usage": None,
        }

    chunks = [
        chunk({"role": "assistant", "content": "", "refusal": None}),
        *(chunk({"content": text}) for text in texts),
    ]
    if finish:
        chunks.append(chunk({}, finish))
    if usage is not None:
        chunks.append({**chunk({}), "choices": [], "usage": usage})
    return chunks


class Upstream(LoopbackServer):
    """An HTTP/1.1 server that answers with what it was given, in that order; the last answer is given again.

    With `answer` it decides by the request instead.
    """

    def __init__(
        self,
        *replies: Reply,
        answer: Callable[[Received], Reply | Awaitable[Reply]] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls=tls)
        self.replies = list(replies)
        self._decide = answer
        self.requests: list[Received] = []
        self.gone = asyncio.Event()
        """Set when a client broke an answer off."""
        self.connections = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep each request, and answer it."""
        self.connections += 1
        try:
            while (request := await _read_request(reader)) is not None:
                self.requests.append(request)
                watching = asyncio.create_task(self._notice_leaving(reader))
                try:
                    reply = self._reply(request)
                    if not await self._answer(reply if isinstance(reply, Reply) else await reply, writer):
                        return
                finally:
                    watching.cancel()
        except ConnectionError:
            self.gone.set()

    async def _notice_leaving(self, reader: asyncio.StreamReader) -> None:
        """Notice a client that goes away while nothing is written to it."""
        # Who leaves with bytes unread resets the connection, which is no end of it.
        while not reader.at_eof() and reader.exception() is None:  # noqa: ASYNC110 - a reader has no event for its end
            await asyncio.sleep(0.005)
        self.gone.set()

    def _reply(self, request: Received) -> Reply | Awaitable[Reply]:
        if self._decide is not None:
            return self._decide(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    async def _answer(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        if reply.before is not None:
            await reply.before()
        head = [f"HTTP/1.1 {reply.status} x", *(f"{name}: {value}" for name, value in reply.headers.items())]
        writer.write(("\r\n".join([*head, "transfer-encoding: chunked"]) + "\r\n\r\n").encode())
        await writer.drain()
        for number, piece in enumerate(reply.pieces):
            if piece:
                writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                await writer.drain()
            if reply.between is not None:
                await reply.between(number)
        if reply.is_cut:
            writer.transport.abort()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _read_request(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body)
