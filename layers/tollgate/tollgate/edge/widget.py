"""Endpoints that pages of other sites call: the chat in a page.

They need no key and take no credentials. What is said to a page can be read by it, be it that its site may not embed
the chat; whether the site may, the service decides.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from tollgate.contracts.shapes import Query, Shape
from tollgate.edge.aipuffer import PufferEndpoint, PufferExchange
from tollgate.edge.event import Scope
from tollgate.edge.streaming import Receive, Send
from tollgate.resources import Resources


class WidgetEndpoint(PufferEndpoint):
    """An endpoint for pages."""

    def exchange(self, scope: Scope, receive: Receive, send: Send, resources: Resources) -> "WidgetExchange":
        """How one request is served."""
        return WidgetExchange(self, scope, receive, send, resources)


def widget_endpoint(
    service: Callable[..., Awaitable[Any]],
    *,
    body: type[Shape] | None = None,
    query: type[Query] | None = None,
    answer: Any = None,
    is_gated: bool = False,
) -> WidgetEndpoint:
    """Make an endpoint of a service, as `edge.aipuffer.puffer_endpoint` does, for pages.

    Where it is gated, the service says in `call.caller` who pays.
    """
    return WidgetEndpoint(
        service,
        method="GET" if body is None else "POST",
        capability=None,
        body=body,
        query=query,
        answer=answer,
        status=HTTPStatus.OK,
        is_gated=is_gated,
    )


class WidgetExchange(PufferExchange):
    """One request of a page, and its answer."""

    def _cors_headers(self) -> dict[str, str]:
        # Of a page without an origin there is nobody to name: it is the gateway's own, or no page at all.
        return {"access-control-allow-origin": self._call.headers.get("origin") or "*", "vary": "Origin"}
