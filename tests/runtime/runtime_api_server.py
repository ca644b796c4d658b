"""A Runtime API on loopback that lets nothing pass which AWS's documentation does not allow.

What the runtime says is kept in the order in which it came. The applications under test have a line of their own to the
test (`tell`, `wait_for`, `work`), whose words go into the same order: so a test knows what came first without a clock.
"""

import asyncio
import base64
import json
import re
import time
from asyncio import StreamReader, StreamWriter
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

PATIENCE_S: Final = 20.0
"""How long anything is waited for that should come at once."""
_ROOT: Final = "/2018-06-01/runtime"
_ERROR_TYPE: Final = "lambda-runtime-function-error-type"
_ERROR_BODY: Final = "lambda-runtime-function-error-body"
_STREAMED: Final = "application/vnd.awslambda.http-integration-response"
_DELIMITER: Final = b"\0" * 8


class BrokenRuleError(Exception):
    """The runtime said something that the documentation does not allow."""


@dataclass
class Request:
    """One HTTP request of the runtime's. The names of its headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Error:
    """An error report."""

    kind: str
    document: dict[str, Any]


@dataclass
class Invocation:
    """One invocation, and what became of it."""

    request_id: str
    event: Any
    headers: dict[str, str]
    prelude: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    """The whole answer, where it was not streamed."""
    error: Error | None = None
    is_streamed: bool = False
    state: str = "queued"
    is_closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether the connection of a streamed answer was closed after it."""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _writer: StreamWriter | None = None

    async def answered(self) -> "Invocation":
        """The invocation, once its answer or its error has arrived to the end."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: self.state == "done")
        return self

    async def streamed(self, payload: bytes) -> None:
        """Wait until so much of the answer has arrived."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: self.payload.startswith(payload))

    async def hang_up(self) -> None:
        """Close the connection over which the answer is coming."""
        assert self._writer is not None
        self._writer.transport.abort()
        self.is_closed.set()
        await self.becomes("done")

    async def becomes(self, state: str) -> None:
        """Change the state."""
        self.state = state
        await self.announce()

    async def announce(self) -> None:
        """Let those look who wait for something."""
        async with self._changed:
            self._changed.notify_all()

    @property
    def trailing_error(self) -> Error:
        """The error in the trailers."""
        return Error(
            self.trailers[_ERROR_TYPE], json.loads(base64.b64decode(self.trailers[_ERROR_BODY], validate=True))
        )


class RuntimeApiServer:
    """The Runtime API, and the applications' line to the test. Leaving it raises what the runtime did wrong."""

    def __init__(self) -> None:
        self.said: list[str] = []
        """What was heard, in order: `poll`, `begin <id>`, `end <id>`, `error <id>`, and what the applications told."""
        self.told: dict[str, Any] = {}
        self.init_error: Error | None = None
        self.polls = 0
        self.verdict = "202 Accepted"
        """The status that an answer or an error gets."""
        self._broken_rules: list[BrokenRuleError] = []
        self._queue: deque[Invocation] = deque()
        self._last: Invocation | None = None
        self._ids = count(1)
        self._at_work: set[str] = set()
        self._released: set[str] = set()
        self._changed = asyncio.Condition()
        self._polling: StreamWriter | None = None
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def address(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API."""
        return _address(self._servers[0])

    @property
    def stage(self) -> str:
        """Where the applications talk with the test."""
        return _address(self._servers[1])

    async def __aenter__(self) -> Self:
        for serve in (self._serve, self._listen):
            self._servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._broken_rules:
            raise self._broken_rules[0] from exc

    def invoke(
        self,
        event: Any,
        *,
        time_left_s: float = 60,
        headers: Mapping[str, str] | None = None,
    ) -> Invocation:
        """Let the runtime have an event at its next poll."""
        request_id = f"request-{next(self._ids)}"
        invocation = Invocation(
            request_id,
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + time_left_s) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:tried",
                **(headers or {}),
            },
        )
        self._queue.append(invocation)
        task = asyncio.ensure_future(self._announce())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return invocation

    async def answer(self, event: Any, **options: Any) -> Invocation:
        """Invoke, and wait for what comes of it."""
        return await self.invoke(event, **options).answered()

    async def polled(self, times: int) -> None:
        """Wait until the runtime has asked so many times."""
        await self._until(lambda: self.polls >= times)

    async def heard(self, word: str) -> None:
        """Wait until something was said."""
        await self._until(lambda: word in self.said)

    async def release(self, word: str) -> None:
        """Let the application go on that waits for this word."""
        self._released.add(word)
        await self._announce()

    def drop_connection(self) -> None:
        """Close the connection on which the runtime asked last."""
        assert self._polling is not None
        self._polling.transport.abort()

    def stop_listening(self) -> None:
        """Take no further connections."""
        self._servers[0].close()

    async def _until(self, condition: Any) -> None:
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(condition)

    async def _announce(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _say(self, word: str) -> None:
        self.said.append(word)
        await self._announce()

    # The Runtime API

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._keep_task()
        try:
            while request := await _read_request(reader, self.address):
                await self._dispatch(request, reader, writer)
        except BrokenRuleError as exc:
            self._broken_rules.append(exc)
            await self._say(f"broken rule: {exc}")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _dispatch(self, request: Request, reader: StreamReader, writer: StreamWriter) -> None:
        _expect(request.path.startswith(_ROOT + "/"), f"{request.path} is not under {_ROOT}")
        match request.method, request.path.removeprefix(_ROOT).split("/")[1:]:
            case "GET", ["invocation", "next"]:
                await self._next(request, reader, writer)
            case "POST", ["invocation", request_id, "response"]:
                await self._response(self._running(request_id, request), request, reader, writer)
            case "POST", ["invocation", request_id, "error"]:
                invocation = self._running(request_id, request)
                invocation.error = await _read_error(request, reader)
                await self._accept(writer)
                await self._say(f"error {request_id}")
                await invocation.becomes("done")
            case "POST", ["init", "error"]:
                _expect(self.polls == 0, "an init error after the first poll")
                _expect(self.init_error is None, "two init errors")
                self.init_error = await _read_error(request, reader)
                await self._accept(writer)
                await self._say("init error")
            case _:
                raise BrokenRuleError(f"there is no {request.method} {request.path}")

    async def _next(self, request: Request, reader: StreamReader, writer: StreamWriter) -> None:
        _expect("content-length" not in request.headers, "a poll has no body")
        _expect(not self._at_work, f"a poll while the application is at work: {self._at_work}")
        _expect(self._last is None or self._last.state == "done", "a poll before the last request was answered")
        _expect(self.init_error is None, "a poll after an init error")
        self.polls += 1
        await self._say("poll")
        self._polling = writer
        async with self._changed:
            await self._changed.wait_for(lambda: self._queue or writer.is_closing())
        if writer.is_closing():
            raise ConnectionResetError
        if self._last is not None and self._last.is_streamed:
            await self._closed(self._last)
        invocation = self._queue.popleft()
        self._last = invocation
        await invocation.becomes("running")
        body = json.dumps(invocation.event).encode()
        # Go's server, which the emulator is made with, sends what is long in chunks.
        if len(body) > 2048:
            framing, body = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        else:
            framing = f"Content-Length: {len(body)}"
        fields = [f"{name}: {value}" for name, value in invocation.headers.items()]
        head = "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: application/json", framing, *fields, "", ""])
        writer.write(head.encode() + body)
        await writer.drain()

    async def _closed(self, invocation: Invocation) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S / 2):
                await invocation.is_closed.wait()
        except TimeoutError:
            raise BrokenRuleError("the connection is to be closed after a streamed answer") from None

    def _running(self, request_id: str, request: Request) -> Invocation:
        invocation = self._last
        if invocation is None or invocation.request_id != request_id:
            raise BrokenRuleError(f"{request_id} is not the request that is being served")
        _expect(invocation.state == "running", f"{request_id} is {invocation.state} and is answered again")
        attempt = invocation.headers.get("Lambda-Runtime-Invocation-Id")
        _expect(request.headers.get("lambda-runtime-invocation-id") == attempt, "the invocation id was not given back")
        return invocation

    async def _response(
        self, invocation: Invocation, request: Request, reader: StreamReader, writer: StreamWriter
    ) -> None:
        headers = request.headers
        if "lambda-runtime-function-response-mode" not in headers:
            _expect(headers.get("content-type") == "application/json", "a whole answer is JSON")
            invocation.document = json.loads(await reader.readexactly(int(headers["content-length"])))
            await self._accept(writer)
            await self._say(f"end {invocation.request_id}")
            await invocation.becomes("done")
            return
        _expect(headers["lambda-runtime-function-response-mode"] == "streaming", "the mode is 'streaming'")
        _expect(headers.get("transfer-encoding") == "chunked", "a streamed answer is chunked")
        _expect("content-length" not in headers, "a chunked body has no Content-Length")
        _expect(headers.get("content-type") == _STREAMED, f"the content type is {_STREAMED}")
        invocation._writer = writer
        invocation.is_streamed = True
        await self._say(f"begin {invocation.request_id}")
        await invocation.becomes("streaming")
        await self._read_stream(invocation, reader)
        declared = {name.strip().lower() for name in headers.get("trailer", "").split(",")}
        invocation.trailers = await _read_fields(reader)
        _expect(invocation.trailers.keys() <= declared, f"trailers that were not declared: {invocation.trailers}")
        await self._accept(writer)
        await self._say(f"end {invocation.request_id}")
        await invocation.becomes("done")
        _expect(await reader.read(1) == b"", "nothing follows a streamed answer on its connection")
        invocation.is_closed.set()

    async def _read_stream(self, invocation: Invocation, reader: StreamReader) -> None:
        head = b""
        while piece := await _read_chunk(reader):
            if invocation.prelude:
                invocation.payload += piece
            else:
                head += piece
                prelude, delimiter, payload = head.partition(_DELIMITER)
                _expect(len(head) <= 16384 or bool(delimiter), "the prelude is longer than API Gateway reads")
                if delimiter:
                    invocation.prelude, invocation.payload = _prelude(prelude), payload
            await invocation.announce()
        _expect(bool(invocation.prelude), "a streamed answer begins with a prelude and eight NULs")

    async def _accept(self, writer: StreamWriter) -> None:
        body = '{"status":"OK"}\n'
        head = f"HTTP/1.1 {self.verdict}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()

    def _keep_task(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The applications' line to the test

    async def _listen(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._keep_task()
        try:
            verb, word, content = json.loads(await reader.readline())
            await self._hear(verb, word, content)
            writer.write(b"ok\n")
        finally:
            writer.close()

    async def _hear(self, verb: str, word: str, content: Any) -> None:
        match verb:
            case "tell":
                self.told[word] = content
                await self._say(word)
            case "begin work":
                self._at_work.add(word)
                await self._say(f"{word} begins")
            case "end work":
                self._at_work.discard(word)
                await self._say(f"{word} ends")
            case "wait for":
                async with self._changed:
                    await self._changed.wait_for(lambda: word in self._released)


async def _read_request(reader: StreamReader, address: str) -> Request | None:
    line = await reader.readline()
    if not line:
        return None
    match = re.fullmatch(rb"([A-Z]+) (/[!-~]*) HTTP/1\.1\r\n", line)
    if match is None:
        raise BrokenRuleError(f"{line!r} begins no request")
    headers = await _read_fields(reader)
    _expect(headers.get("host") == address, "HTTP/1.1 wants the host")
    return Request(match[1].decode(), match[2].decode(), headers)


async def _read_fields(reader: StreamReader) -> dict[str, str]:
    fields: dict[str, str] = {}
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        match = re.fullmatch(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([ -~]*)\r\n", line)
        if match is None:
            raise BrokenRuleError(f"{line!r} is no header")
        name = match[1].decode().lower()
        _expect(name not in fields, f"{name} twice")
        fields[name] = match[2].decode()
    return fields


async def _read_chunk(reader: StreamReader) -> bytes:
    size = await reader.readuntil(b"\r\n")
    _expect(re.fullmatch(rb"[0-9a-fA-F]+\r\n", size) is not None, f"{size!r} is no size of a chunk")
    piece = await reader.readexactly(int(size, 16))
    if piece:
        _expect(await reader.readexactly(2) == b"\r\n", "a chunk ends with a line break")
    return piece


async def _read_error(request: Request, reader: StreamReader) -> Error:
    document = json.loads(await reader.readexactly(int(request.headers["content-length"])))
    _expect(set(document) == {"errorType", "errorMessage", "stackTrace"}, f"{document} is no error")
    _expect(isinstance(document["stackTrace"], list), "a stack trace is a list")
    kind = request.headers.get(_ERROR_TYPE, "")
    _expect(kind == document["errorType"], "the header names the type of the error")
    return Error(kind, document)


def _prelude(text: bytes) -> dict[str, Any]:
    prelude: dict[str, Any] = json.loads(text)
    _expect(set(prelude) == {"statusCode", "headers", "multiValueHeaders", "cookies"}, f"{prelude} is no prelude")
    _expect(type(prelude["statusCode"]) is int, "a status is a number")
    _expect(all(isinstance(value, str) for value in prelude["headers"].values()), "a header is a string")
    _expect(all(isinstance(value, list) for value in prelude["multiValueHeaders"].values()), "several are a list")
    _expect(isinstance(prelude["cookies"], list), "cookies are a list")
    return prelude


def _expect(is_so: bool, rule: str) -> None:
    if not is_so:
        raise BrokenRuleError(rule)


def _address(server: asyncio.Server) -> str:
    host, port = server.sockets[0].getsockname()
    return f"{host}:{port}"
