"""Endpoints that pages of other sites call: the chat in a page.

They need no key and take no credentials. What is said to a page can be read by it, be it that its site may not embed
the chat; whether the site may, the service decides.

A visitor is told what a visitor can do something about. How the owner's account or a provider stands is nobody's
business in a page; the log has it.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from tollgate.contracts.shapes import Query, Shape
from tollgate.edge.aipuffer import PufferEndpoint, PufferExchange
from tollgate.edge.errors import nearest
from tollgate.edge.event import Scope
from tollgate.edge.streaming import Receive, Send
from tollgate.errors import (
    BadRequest,
    ContentFiltered,
    ContextLengthExceeded,
    Forbidden,
    NotFound,
    QuotaExhausted,
    RateLimited,
    RouteNotFound,
    TollgateError,
    TooLarge,
    Unavailable,
    UnsupportedParameter,
    UpstreamRejected,
    WrongEndpoint,
)
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

    def _status_of(self, error: TollgateError) -> int:
        return super()._status_of(for_visitors(error))

    def _body_of(self, error: TollgateError) -> dict[str, Any]:
        return super()._body_of(for_visitors(error))


_AS_IT_IS: Final = ""
# What visitors are told of each kind of failure; the empty text stands for the error's own.
_TOLD: Final[Mapping[type[TollgateError], str]] = {
    TollgateError: "The chat cannot answer now. Try again later.",
    BadRequest: _AS_IT_IS,
    ContextLengthExceeded: "The conversation has become too long. Begin a new one.",
    ContentFiltered: "This message cannot be answered.",
    UnsupportedParameter: "The chat cannot answer now. Try again later.",
    UpstreamRejected: "The chat cannot answer now. Try again later.",
    WrongEndpoint: "The chat cannot answer now. Try again later.",
    Forbidden: _AS_IT_IS,
    NotFound: "The chat cannot answer now. Try again later.",
    RouteNotFound: _AS_IT_IS,
    TooLarge: _AS_IT_IS,
    RateLimited: "Many are writing at the moment. Try again in a minute.",
    QuotaExhausted: _AS_IT_IS,
}


def for_visitors(error: TollgateError) -> TollgateError:
    """What a visitor is told of an error."""
    told = nearest(error, _TOLD)
    # The chat's own refusals say by their code that they are meant for visitors.
    if told == _AS_IT_IS or error.reason.startswith("rest_aipkit_") or type(error) is TollgateError:
        return error
    if isinstance(error, BadRequest):
        return BadRequest(told, code="rest_aipkit_widget_not_answered")
    if isinstance(error, RateLimited):
        return RateLimited(told, code="rest_aipkit_widget_busy", retry_after_s=error.retry_after_s)
    return Unavailable(told, code="rest_aipkit_widget_unavailable", retry_after_s=error.retry_after_s)
