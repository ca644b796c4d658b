"""One request and its answer, as an ASGI application deals with them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from tollgate_runtime.events import prelude_of, proxy_response_of
from tollgate_runtime.faults import Fault
from tollgate_runtime.runtime_api import Invocation, ResponseStream, RuntimeApi

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class Exchange:
    """The two ends that an application is given, and what became of them."""

    def __init__(self, api: RuntimeApi, invocation: Invocation) -> None:
        self._api = api
        self._invocation = invocation
        self._start: Message | None = None
        self._over = asyncio.Event()
        # An application may send from several tasks; a message is sent as a whole.
        self._turn = asyncio.Lock()
        self.body: bytes | None = b""
        """The body of the request, until the application has asked for it."""
        self.is_whole = False
        """Whether the answer was sent to its end."""

    @property
    def is_gone(self) -> bool:
        """Whether the answer was given up on the other side before it was whole."""
        return self._over.is_set() and not self.is_whole

    async def receive(self) -> Message:
        """The request, which is whole at once; then, when there is nobody left to answer, the disconnect."""
        if self.body is not None:
            body, self.body = self.body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a message of the application's.

        Raises OSError when nobody takes the answer any more, RuntimeError when the message does not fit the last one.
        """
        async with self._turn:
            kind = message["type"]
            if kind == "http.response.start" and self._start is None:
                # Kept until there is a body: so long, a failure can still be reported as one.
                self._start = message
            elif kind == "http.response.body" and self._start is not None and not self.is_whole:
                is_last = not message.get("more_body", False)
                await self._write(self._start, message.get("body", b""), is_last=is_last)
                if is_last:
                    self.is_whole = True
                    self._over.set()
            else:
                raise RuntimeError(f"An ASGI message of type '{kind}' is out of place here.")

    async def fail(self, fault: Fault) -> None:
        """Report why there is no whole answer."""
        await self._api.fail(self._invocation, fault)

    async def close(self, *, within_s: float) -> None:
        """Wait until the answer has arrived."""

    async def _write(self, start: Mapping[str, Any], piece: bytes, *, is_last: bool) -> None:
        raise NotImplementedError


class StreamedExchange(Exchange):
    """Every message is sent at once."""

    _stream: ResponseStream | None = None

    async def fail(self, fault: Fault) -> None:  # noqa: D102 - as above
        if self._stream is None:
            await super().fail(fault)
        elif not self.is_gone:
            self._stream.fail(fault)

    async def close(self, *, within_s: float) -> None:  # noqa: D102 - as above
        if self._stream is not None:
            await self._stream.close(within_s=within_s)

    async def _write(self, start: Mapping[str, Any], piece: bytes, *, is_last: bool) -> None:
        if self._stream is None:
            self._stream = await self._api.stream(self._invocation, prelude_of(start))
            self._stream.reply.add_done_callback(lambda _: self._over.set())
        await self._stream.write(piece, is_last=is_last)


class BufferedExchange(Exchange):
    """The answer is sent in one piece, as `sam local` needs it."""

    def __init__(self, api: RuntimeApi, invocation: Invocation) -> None:
        super().__init__(api, invocation)
        self._pieces: list[bytes] = []

    async def _write(self, start: Mapping[str, Any], piece: bytes, *, is_last: bool) -> None:
        self._pieces.append(piece)
        if is_last:
            await self._api.respond(self._invocation, proxy_response_of(start, b"".join(self._pieces)))
