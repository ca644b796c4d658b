"""The endpoints of the gateway itself, called as ASGI applications. None of them reads anything from AWS."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.builders import an_event
from tollgate.edge.endpoint import Endpoint
from tollgate.resources import Resources
from tollgate.settings import Settings
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.template import Template


@dataclass(frozen=True)
class Received:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask = Callable[..., Awaitable[Received]]
Invoke = Callable[[str, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def invoke(template: Template) -> Invoke:
    """Give an event to the handler of a buffered function, as Lambda does."""

    def hand_over(function: str, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = load_handler(template.functions[function], "handler")(event, None)
        return answer

    return hand_over


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Send a request to an endpoint: its method, its path, and further parts by name."""
    async with httpx2.AsyncClient() as http:

        async def send_to(
            app: Endpoint,
            method: str = "GET",
            path: str = "/",
            *,
            query: str = "",
            headers: Mapping[str, str] | None = None,
            stage: str = "/live",
            cors_origins: tuple[str, ...] = ("*",),
        ) -> Received:
            settings = Settings(cors_origins=cors_origins)
            event = an_event(method, path, headers=headers)
            event["requestContext"]["path"] = stage + path
            scope = {
                "type": "http",
                "method": method,
                "path": path,
                "raw_path": path.encode(),
                "query_string": query.encode(),
                "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
                "aws.event": event,
            }
            return await _exchange(app.with_resources(Resources(settings=settings, http=http)), scope)

        yield send_to


async def _exchange(app: Endpoint, scope: Mapping[str, Any]) -> Received:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *pieces = sent
    return Received(
        status=start["status"],
        headers={name.decode(): value.decode() for name, value in start["headers"]},
        body=b"".join(piece["body"] for piece in pieces),
    )
