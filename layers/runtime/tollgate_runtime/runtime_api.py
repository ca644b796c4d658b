"""The Lambda Runtime API, spoken over one HTTP/1.1 connection at a time.

Source: "Using the Lambda runtime API for custom runtimes" and "Building a custom runtime for AWS Lambda" in AWS's
Lambda developer guide.
"""

import asyncio
import base64
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from typing import Final, NamedTuple

from tollgate_runtime.faults import Fault

_ROOT: Final = "/2018-06-01/runtime"
_ERROR_TYPE: Final = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY: Final = "Lambda-Runtime-Function-Error-Body"
_MAX_HEAD_BYTES: Final = 1 << 20
# The Runtime API closes a connection now and then; when it stays away, the environment is coming to its end.
_PAUSES_S: Final = (0.02, 0.2, 1.0)
_STREAMED: Final = {
    "Content-Type": "application/vnd.awslambda.http-integration-response",
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Transfer-Encoding": "chunked",
    "Trailer": f"{_ERROR_TYPE}, {_ERROR_BODY}",
    # The guide asks for it: "close the underlying connection" after a streamed response.
    "Connection": "close",
}


class RuntimeApiError(Exception):
    """The Runtime API refused what it was told, or can no longer be reached: the process should end."""


class Invocation(NamedTuple):
    """One event, and what the Runtime API says about it."""

    request_id: str
    deadline_ms: int
    """Milliseconds since 1970."""
    payload: bytes
    function_arn: str = ""
    trace_id: str | None = None
    invocation_id: str | None = None
    """Tells one attempt at a request from another; given back with what answers it."""


class Reply(NamedTuple):
    """An HTTP response. The names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RuntimeApi:
    """The Runtime API at an address such as `127.0.0.1:9001`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: tuple[StreamReader, StreamWriter] | None = None

    async def next(self) -> Invocation:
        """Wait for the next invocation, however long: the environment may be frozen meanwhile.

        Raises RuntimeApiError.
        """
        reply = await self._call("GET", "/invocation/next", {})
        if reply.status != 200:
            raise RuntimeApiError(f"Asked for an invocation, the Runtime API answered {reply.status}.")
        return Invocation(
            request_id=reply.headers["lambda-runtime-aws-request-id"],
            deadline_ms=int(reply.headers["lambda-runtime-deadline-ms"]),
            payload=reply.body,
            function_arn=reply.headers.get("lambda-runtime-invoked-function-arn", ""),
            trace_id=reply.headers.get("lambda-runtime-trace-id"),
            invocation_id=reply.headers.get("lambda-runtime-invocation-id"),
        )

    async def respond(self, invocation: Invocation, body: bytes) -> None:
        """Answer an invocation at once, with one JSON document."""
        headers = {"Content-Type": "application/json", **_echo(invocation)}
        _check(await self._call("POST", f"/invocation/{invocation.request_id}/response", headers, body))

    async def fail(self, invocation: Invocation, fault: Fault) -> None:
        """Report that an invocation failed. Possible until a byte of its answer was sent."""
        headers = {"Content-Type": "application/json", _ERROR_TYPE: fault.kind, **_echo(invocation)}
        _check(await self._call("POST", f"/invocation/{invocation.request_id}/error", headers, fault.to_json()))

    async def fail_init(self, fault: Fault) -> None:
        """Report that the application could not be loaded. Nothing may follow."""
        headers = {"Content-Type": "application/json", _ERROR_TYPE: fault.kind}
        _check(await self._call("POST", "/init/error", headers, fault.to_json()))

    async def stream(self, invocation: Invocation, first: bytes) -> "ResponseStream":
        """Begin a streamed answer with its first chunk. Raises OSError."""
        reader, writer = await self._connected()
        # The stream closes it; what comes after opens another.
        self._connection = None
        head = self._head("POST", f"/invocation/{invocation.request_id}/response", {**_STREAMED, **_echo(invocation)})
        return ResponseStream(reader, writer, head + _chunk(first))

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None

    async def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        if method == "POST":
            headers = {**headers, "Content-Length": str(len(body))}
        request = self._head(method, path, headers) + body
        pauses = iter(_PAUSES_S)
        while True:
            try:
                return await self._ask(request)
            except (OSError, EOFError) as exc:
                self.close()
                if (pause_s := next(pauses, None)) is None:
                    raise RuntimeApiError(f"The Runtime API cannot be reached: {exc}") from exc
                await asyncio.sleep(pause_s)

    async def _ask(self, request: bytes) -> Reply:
        reader, writer = await self._connected()
        writer.write(request)
        await writer.drain()
        reply = await _read(reader)
        if reply.headers.get("connection", "").lower() == "close":
            self.close()
        return reply

    def _head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        lines = [f"{method} {_ROOT}{path} HTTP/1.1", f"Host: {self._address}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("ascii", "replace")

    async def _connected(self) -> tuple[StreamReader, StreamWriter]:
        if self._connection is not None and self._connection[0].at_eof():
            self.close()
        if self._connection is None:
            host, _, port = self._address.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port), limit=_MAX_HEAD_BYTES)
            # To drain is then to wait until the system has taken every byte, and not merely most of them.
            writer.transport.set_write_buffer_limits(0)
            self._connection = reader, writer
        return self._connection


class ResponseStream:
    """A streamed answer on its way."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, unsent: bytes) -> None:
        self._writer = writer
        self._unsent = unsent
        # Before the answer was sent to its end, a reply or the end of the connection means that nobody wants it.
        self.reply = asyncio.ensure_future(_read(reader))

    async def write(self, piece: bytes, *, is_last: bool) -> None:
        """Send a piece of the answer; it has left when this returns. Raises OSError when nobody takes it."""
        if self.reply.done():
            raise ConnectionAbortedError("The Runtime API takes no more of this answer.")
        unsent, self._unsent = self._unsent, b""
        self._writer.write(b"".join((unsent, _chunk(piece), b"0\r\n\r\n" if is_last else b"")))
        await self._writer.drain()

    def fail(self, fault: Fault) -> None:
        """End the answer with an error in its trailers."""
        body = base64.b64encode(fault.to_json()).decode()
        trailers = f"0\r\n{_ERROR_TYPE}: {fault.kind}\r\n{_ERROR_BODY}: {body}\r\n\r\n"
        # Not drained: when nobody reads, `close` knows how long to wait.
        self._writer.write(self._unsent + trailers.encode("ascii", "replace"))

    async def close(self, *, within_s: float) -> None:
        """Wait until the Runtime API has the whole answer. Raises RuntimeApiError."""
        await asyncio.wait({self.reply}, timeout=within_s)
        if not self.reply.done():
            self.reply.cancel()
        elif self.reply.exception() is None:
            _check(self.reply.result())
        self._writer.transport.abort()


async def _read(reader: StreamReader) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1")
    status, *lines = head.split("\r\n")
    fields = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Reply(int(status.split(" ", 2)[1]), headers, body)


async def _read_chunks(reader: StreamReader) -> bytes:
    pieces = []
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return b"".join(pieces)


def _chunk(piece: bytes) -> bytes:
    # A chunk of no bytes would be the last one.
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""


def _echo(invocation: Invocation) -> dict[str, str]:
    return {} if invocation.invocation_id is None else {"Lambda-Runtime-Invocation-Id": invocation.invocation_id}


def _check(reply: Reply) -> None:
    # What is refused with 4xx concerns one invocation, and the next one may do better. After 5xx the guide wants the
    # runtime to exit promptly.
    if reply.status >= 500:
        raise RuntimeApiError(f"The Runtime API answered {reply.status}.")
