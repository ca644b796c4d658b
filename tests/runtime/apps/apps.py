"""Applications for the runtime to serve. They talk with the test over a line of their own."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


async def _line(verb: str, word: str, content: Any = None) -> None:
    host, _, port = os.environ["STAGE"].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(json.dumps([verb, word, content]).encode() + b"\n")
    await reader.readline()
    writer.close()


async def tell(word: str, content: Any = None) -> None:
    await _line("tell", word, content)


async def wait_for(word: str) -> None:
    await _line("wait for", word)


async def work(name: str, *, until: str | None = None) -> None:
    await _line("begin work", name)
    if until is not None:
        await wait_for(until)
    await _line("end work", name)


def for_requests_alone(app: App) -> App:
    """An application that knows nothing of lifespans does as ASGI wants: it raises."""

    async def only(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(scope["type"])
        await app(scope, receive, send)

    return only


async def start(send: Send, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    fields = [(b"content-type", b"text/plain")] if headers is None else headers
    await send({"type": "http.response.start", "status": status, "headers": fields})


async def piece(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


@for_requests_alone
async def hello(scope: Message, receive: Receive, send: Send) -> None:
    await start(send)
    await piece(send, b"hello", more=False)


@for_requests_alone
async def mirror(scope: Message, receive: Receive, send: Send) -> None:
    """Answers with what the request looked like."""
    request = await receive()
    context = scope["aws.context"]
    seen = {
        **{name: scope[name] for name in ("method", "path", "scheme", "http_version", "client", "server")},
        "raw_path": scope["raw_path"].decode("ascii"),
        "query_string": scope["query_string"].decode("ascii"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "body": request["body"].decode("latin-1"),
        "event": scope["aws.event"],
        "trace_id": os.environ.get("_X_AMZN_TRACE_ID"),
        "context": {
            name: getattr(context, name)
            for name in (
                "aws_request_id",
                "invoked_function_arn",
                "function_name",
                "function_version",
                "memory_limit_in_mb",
                "log_group_name",
                "log_stream_name",
            )
        },
        "has_time_left": 0 < context.get_remaining_time_in_millis() <= 60_000,
    }
    await start(send, headers=[(b"content-type", b"application/json")])
    await piece(send, json.dumps(seen).encode(), more=False)


@for_requests_alone
async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """Answers with the request's body and its content type."""
    request = await receive()
    await start(send, headers=[item for item in scope["headers"] if item[0] == b"content-type"])
    await piece(send, request["body"], more=False)


@for_requests_alone
async def many_headers(scope: Message, receive: Receive, send: Send) -> None:
    fields = [
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"x-tag", b"one"),
        (b"set-cookie", b"a=1; Path=/"),
        (b"x-tag", b"two"),
        (b"set-cookie", b"b=2"),
        (b"x-name", "Zoë".encode("latin-1")),
        (b"transfer-encoding", b"chunked"),
    ]
    await start(send, 207, fields)
    await piece(send, b"text", more=False)


@for_requests_alone
async def too_many_headers(scope: Message, receive: Receive, send: Send) -> None:
    await start(send, headers=[(b"x-long", b"x" * 16_384)])
    await piece(send, b"text", more=False)


@for_requests_alone
async def nothing_to_say(scope: Message, receive: Receive, send: Send) -> None:
    await start(send, 204, [])
    await send({"type": "http.response.body"})


@for_requests_alone
async def two_pieces(scope: Message, receive: Receive, send: Send) -> None:
    await start(send)
    await piece(send, b"first ")
    await piece(send, b"")
    await wait_for("second piece")
    await piece(send, b"second", more=False)


@for_requests_alone
async def works_afterwards(scope: Message, receive: Receive, send: Send) -> None:
    await start(send)
    await piece(send, b"done", more=False)
    await work("settling", until="go on")


@for_requests_alone
async def thinks(scope: Message, receive: Receive, send: Send) -> None:
    await tell("thinking")
    await wait_for("go on")
    await hello(scope, receive, send)


@for_requests_alone
async def fails(scope: Message, receive: Receive, send: Send) -> None:
    await start(send)
    raise ValueError("no answer today")


@for_requests_alone
async def fails_midway(scope: Message, receive: Receive, send: Send) -> None:
    if scope["path"] == "/well":
        await hello(scope, receive, send)
        return
    await start(send)
    await piece(send, b"so far ")
    raise ValueError("no farther")


@for_requests_alone
async def fails_afterwards(scope: Message, receive: Receive, send: Send) -> None:
    await hello(scope, receive, send)
    raise ValueError("too late to matter")


@for_requests_alone
async def says_nothing(scope: Message, receive: Receive, send: Send) -> None:
    await receive()


@for_requests_alone
async def stops_midway(scope: Message, receive: Receive, send: Send) -> None:
    await start(send)
    await piece(send, b"so far")


@for_requests_alone
async def talks_out_of_turn(scope: Message, receive: Receive, send: Send) -> None:
    await hello(scope, receive, send)
    try:
        await piece(send, b"more", more=False)
    except RuntimeError as exc:
        await tell("refused", str(exc))


@for_requests_alone
async def is_slow(scope: Message, receive: Receive, send: Send) -> None:
    """Has last words only where it has begun to speak."""
    match scope["path"]:
        case "/mute":
            await wait_for("never")
        case "/cut":
            await start(send)
            await piece(send, b"so far ")
            await wait_for("never")
        case "/polite":
            await start(send)
            await piece(send, b"so far ")
            try:
                await wait_for("never")
            except asyncio.CancelledError:
                await piece(send, b"goodbye", more=False)
                raise
        case "/at-work":
            await hello(scope, receive, send)
            await wait_for("never")
        case _:
            await hello(scope, receive, send)


@for_requests_alone
async def watches_its_client(scope: Message, receive: Receive, send: Send) -> None:
    if scope["path"] == "/well":
        await hello(scope, receive, send)
        return
    await receive()
    await start(send)
    await piece(send, b"first")
    await tell("received", (await receive())["type"])
    try:
        await piece(send, b"second")
    except OSError as exc:
        await tell("sending raised", type(exc).__name__)
    await work("settling")


@for_requests_alone
async def lets_its_client_go(scope: Message, receive: Receive, send: Send) -> None:
    """Sends until that is no longer possible, and lets the error pass."""
    await start(send)
    while True:
        await piece(send, b"piece")
        await asyncio.sleep(0)


@for_requests_alone
async def hears_the_end(scope: Message, receive: Receive, send: Send) -> None:
    """Asks for another message after its answer."""
    await receive()
    await hello(scope, receive, send)
    await tell("received", (await receive())["type"])


@for_requests_alone
async def speaks_in_chorus(scope: Message, receive: Receive, send: Send) -> None:
    await start(send)
    await asyncio.gather(*(piece(send, bytes([letter]) * 3) for letter in b"abc"))
    await piece(send, b".", more=False)


@for_requests_alone
async def prints(scope: Message, receive: Receive, send: Send) -> None:
    print("a line of the application's")  # noqa: T201
    await hello(scope, receive, send)
    await wait_for("never")


async def gets_ready(scope: Message, receive: Receive, send: Send) -> None:
    """Has something to do before its first request and after its last."""
    if scope["type"] == "http":
        await hello(scope, receive, send)
        return
    assert (await receive())["type"] == "lifespan.startup"
    await work("getting ready", until="be ready")
    await send({"type": "lifespan.startup.complete"})
    assert (await receive())["type"] == "lifespan.shutdown"
    await work("coming to an end")
    await send({"type": "lifespan.shutdown.complete"})


async def cannot_start(scope: Message, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no table is named"})


not_callable = "a string"
