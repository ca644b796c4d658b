"""Calling an ASGI application as a server calls it, down to the single message."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from tests.builders import a_caller, an_event
from tollgate.contracts.caller import Caller
from tollgate.edge.event import context_of

Message = MutableMapping[str, Any]
App = Callable[[Any, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

A_CALLER = a_caller()


@dataclass
class Client:
    """Who asks, and what was answered so far."""

    status: int = 0
    raw_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    is_whole: bool = False
    breaks_at_piece: int | None = None
    """The connection breaks when so many pieces have come."""
    leaves: asyncio.Event = field(default_factory=asyncio.Event)
    log: list[str] = field(default_factory=list)
    """The kinds of messages in the order in which they came; tests add to it what they want to see among them."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.raw_headers}

    @property
    def body(self) -> bytes:
        """The body of the answer."""
        return b"".join(self.pieces)

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The error in the body."""
        return self.json["error"]

    async def send(self, message: Message) -> None:
        """Take a message of the application's."""
        self.log.append(message["type"])
        if message["type"] == "http.response.start":
            self.status, self.raw_headers = message["status"], message["headers"]
            return
        if self.breaks_at_piece == len(self.pieces):
            raise BrokenPipeError
        if message["body"]:
            self.pieces.append(message["body"])
        self.is_whole = not message.get("more_body", False)


async def ask(
    app: App,
    body: Any = None,
    *,
    client: Client | None = None,
    method: str = "POST",
    path: str = "/v1/things",
    resource: str | None = None,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    caller: Caller | None = A_CALLER,
    pieces: Iterable[bytes] | None = None,
    is_cut: bool = False,
) -> Client:
    """Send one request and wait until the application has done everything that it does about it.

    `pieces` are those in which the body comes, `is_cut` breaks it off after them.
    """
    client = client or Client()
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    waiting = list([content] if pieces is None else pieces)

    async def receive() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting) or is_cut}
        if not is_cut:
            await client.leaves.wait()
        return {"type": "http.disconnect"}

    event = an_event(method, path, resource=resource, context=context_of(caller) if caller else None)
    await app(
        {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
            "aws.event": event,
        },
        receive,
        client.send,
    )
    return client
