"""Lambda's Runtime API, as little of it as it takes to drive one function and see when things happen."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import LoopbackServer

_PREFIX = "/2018-06-01/runtime"


@dataclass(slots=True)
class Invocation:
    """One event on its way through a function. Times are those of `time.perf_counter`, in seconds."""

    event: Mapping[str, Any]
    handed_out_at: float = 0.0
    first_byte_at: float = 0.0
    last_byte_at: float = 0.0
    body: bytearray = field(default_factory=bytearray)
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    """When pieces of the answer came, and how long they were."""
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def took_s(self) -> float:
        """From the event's leaving to the answer's last byte."""
        return self.last_byte_at - self.handed_out_at


class RuntimeApi(LoopbackServer):
    """The server; `invoke` hands an event to whoever polls next and waits for the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.first_poll_at = 0.0
        self.idle = asyncio.Event()
        """Set while the function waits for an event: what it does after an answer is done then."""
        self._waiting: asyncio.Queue[Invocation] = asyncio.Queue()
        self._running: dict[str, Invocation] = {}

    async def invoke(self, event: Mapping[str, Any], *, timeout_s: float = 60) -> Invocation:
        """Run one event through the function."""
        invocation = Invocation(event)
        self._waiting.put_nowait(invocation)
        async with asyncio.timeout(timeout_s):
            await invocation.answered.wait()
        return invocation

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand out events, and take what a function says of them."""
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            method, path, _ = first.split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if method == "GET":
                await self._next(writer)
            else:
                await self._answer(path, headers, reader, writer)

    async def _next(self, writer: asyncio.StreamWriter) -> None:
        self.first_poll_at = self.first_poll_at or time.perf_counter()
        self.idle.set()
        invocation = await self._waiting.get()
        self.idle.clear()
        request_id = f"{len(self._running):08d}-0000-4000-8000-000000000000"
        self._running[request_id] = invocation
        body = json.dumps(invocation.event).encode()
        deadline = int(time.time() * 1000) + 900_000
        invocation.handed_out_at = time.perf_counter()
        writer.write(
            (
                f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
                f"lambda-runtime-aws-request-id: {request_id}\r\nlambda-runtime-deadline-ms: {deadline}\r\n"
                "lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:000000000000:function:bench\r\n"
                "lambda-runtime-trace-id: Root=1-00000000-000000000000000000000000;Sampled=0\r\n\r\n"
            ).encode()
            + body
        )
        await writer.drain()

    async def _answer(
        self, path: str, headers: Mapping[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        invocation = self._running.pop(path.removeprefix(f"{_PREFIX}/invocation/").partition("/")[0], None)
        async for piece in _body(headers, reader):
            now = time.perf_counter()
            if invocation is not None:
                invocation.first_byte_at = invocation.first_byte_at or now
                invocation.arrivals.append((now, len(piece)))
                invocation.body += piece
        if invocation is not None:
            invocation.last_byte_at = time.perf_counter()
            if path.endswith("/error"):
                raise RuntimeError(f"the function failed: {invocation.body.decode()}")
            invocation.answered.set()
        writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()


async def _body(headers: Mapping[str, str], reader: asyncio.StreamReader) -> Any:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        yield await reader.readexactly(int(headers.get("content-length", "0")))
        return
    while size := int((await reader.readline()).partition(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass
