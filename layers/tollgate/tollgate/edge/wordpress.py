"""The conventions of WordPress's REST API, for the families that speak it.

| In a request | |
|---|---|
| `_fields=a,b.c` | only these fields of the answer; of each item where it is a list |
| `_envelope=1` | status and headers inside of the body, and 200 outside |
| `_pretty` | indented JSON |
| `_method`, `X-HTTP-Method-Override` | the method that a POST stands for |
| `_jsonp` | refused |

`HEAD` is `GET` without a body, and a slash at the end of a path makes no difference.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPMethod, HTTPStatus
from typing import Any, Final

from pydantic_core import from_json

from tollgate.auth.capabilities import may
from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.contracts.shapes import Query, Shape
from tollgate.edge.cors import rest_cors_headers, rest_preflight_headers
from tollgate.edge.endpoint import Endpoint, Exchange, query_of, serialized
from tollgate.edge.event import Scope, rest_family_of, root_of
from tollgate.edge.streaming import Receive, Send
from tollgate.edge.wordpress_validation import parse_rest_body, validate_rest
from tollgate.errors import BadRequest, RouteNotFound
from tollgate.resources import Resources
from tollgate.services.gateway.rest import describe_route

_MEDIA_TYPE: Final = "application/json; charset=UTF-8"
_NOT_KEPT: Final = {
    "cache-control": "no-cache, must-revalidate, max-age=0",
    "expires": "Wed, 11 Jan 1984 05:00:00 GMT",
}
CLOSED_TO_PAGES: Final = frozenset({"aipuffer"})
"""Families with keys that have no business in a page. A service says in `call.answer_headers` whose pages may call."""
_Fields = dict[str, "_Fields | None"]


class RestEndpoint(Endpoint):
    """An endpoint in WordPress's manner. `method` is the one that it answers, None where it answers any."""

    def __init__(self, service: Callable[..., Awaitable[Any]], *, method: str | None, **declared: Any) -> None:
        super().__init__(service, **declared)
        self.method = method

    def exchange(self, scope: Scope, receive: Receive, send: Send, resources: Resources) -> "RestExchange":
        """How one request is served."""
        return RestExchange(self, scope, receive, send, resources)


def rest_endpoint(
    service: Callable[..., Awaitable[Any]],
    *,
    capability: str | None,
    method: str = "",
    body: type[Shape] | None = None,
    query: type[Query] | None = None,
    answer: Any = None,
    status: int = 200,
    is_gated: bool | None = None,
) -> RestEndpoint:
    """Make an endpoint of a service, as `edge.endpoint.endpoint` does, with WordPress's conventions.

    Without a `method` it is POST where there is a body, and GET where there is none.
    """
    return RestEndpoint(
        service,
        method=method or ("GET" if body is None else "POST"),
        capability=capability,
        body=body,
        query=query,
        answer=answer,
        status=status,
        is_gated=capability == "prompt_ai" if is_gated is None else is_gated,
    )


class RestExchange(Exchange):
    """One request in WordPress's manner, and its answer."""

    def __init__(
        self, endpoint: RestEndpoint, scope: Scope, receive: Receive, send: Send, resources: Resources
    ) -> None:
        super().__init__(endpoint, scope, receive, send, resources)
        self._rest = endpoint
        self._asked = query_of(scope)

    async def _served(self) -> Answer | StreamedAnswer:
        if "_jsonp" in self._asked:
            raise BadRequest("JSONP support is disabled on this site.", code="rest_callback_disabled")
        if not self._is_matched:
            raise no_route()
        return await super()._served()

    def _parts(self) -> dict[str, Any]:
        return {**super()._parts(), "root": self._root}

    @property
    def _method(self) -> str:
        if self._call.method != HTTPMethod.POST:
            return self._call.method
        named = self._asked.get("_method") or self._call.headers.get("x-http-method-override") or HTTPMethod.POST
        return named.upper()

    @property
    def _is_matched(self) -> bool:
        method = HTTPMethod.GET if self._method == HTTPMethod.HEAD else self._method
        return self._rest.method in {None, method}

    @property
    def _root(self) -> str:
        return root_of(self._scope)

    def _parsed(self, content: bytes, shape: type[Shape]) -> dict[str, Any]:  # noqa: ARG002 - forms come later
        return parse_rest_body(content, self._call.headers.get("content-type", ""))

    def _validated(self, shape: type[Shape], values: Mapping[str, Any]) -> Shape:
        return validate_rest(shape, values)

    async def _send_whole(self, answer: Answer) -> None:
        headers = {**answer.headers}
        content, status = answer.content, answer.status
        if not self._call.caller.is_anonymous:
            headers |= _NOT_KEPT
        allow = headers.pop("allow", None) or self._allow
        is_redirect = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
        if not is_redirect:
            if "_fields" in self._asked and status < HTTPStatus.BAD_REQUEST:
                content = only(from_json(serialized(content)), fields_of(self._asked["_fields"]))
            if "_envelope" in self._asked:
                body = from_json(serialized(content))
                content = {"body": body, "status": status, "headers": {"Allow": allow} if allow else {}}
                status, allow = HTTPStatus.OK.value, None
            if "_pretty" in self._asked:
                content = json.dumps(from_json(serialized(content)), indent=4, ensure_ascii=False).encode()
        if allow:
            headers["allow"] = allow
        if self._method == HTTPMethod.HEAD:
            content = b""
        await super()._send_whole(Answer(content=content, status=status, headers=headers, media_type=_MEDIA_TYPE))

    @property
    def _allow(self) -> str | None:
        """The methods of the route that the caller may use."""
        needed, caller = self._rest.capability, self._call.caller
        if self._rest.method is None or not self._is_matched:
            return None
        is_allowed = needed is None or (not caller.is_anonymous and may(caller.capabilities, needed))
        return self._rest.method if is_allowed else None

    def _common_headers(self) -> dict[str, str]:
        return {
            "link": f'<{self._root}>; rel="https://api.w.org/"',
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex",
            **self._cors_headers(),
        }

    def _cors_headers(self) -> dict[str, str]:
        if self._endpoint.family in CLOSED_TO_PAGES:
            return {}
        return rest_cors_headers(
            self._call.headers.get("origin"),
            self._resources.settings.cors_origins,
            is_anonymous=self._call.caller.is_anonymous,
        )


def rest_unrouted(family: str) -> RestEndpoint:
    """The endpoint behind the paths and methods of a family that no endpoint takes, and behind its `OPTIONS`."""
    return RestEndpoint(
        answer_rest_unrouted,
        method=None,
        capability=None,
        body=None,
        query=None,
        answer=None,
        status=HTTPStatus.OK,
        is_gated=False,
        family=family,
    )


async def answer_rest_unrouted(call: Call, root: str, resources: Resources) -> Answer:
    """Describe a route to whoever asks for its `OPTIONS`, a page's preflight included; there is none otherwise.

    Raises RouteNotFound.
    """
    if call.method != HTTPMethod.OPTIONS:
        raise no_route()
    described = describe_route(call.path, root)
    is_closed = rest_family_of(call.path) in CLOSED_TO_PAGES
    headers = {} if is_closed else rest_preflight_headers(call.headers, resources.settings.cors_origins)
    if described is None:
        return Answer(content=[], headers=headers)
    return Answer(content=described, headers={**headers, "allow": ", ".join(described["methods"])})


def no_route() -> RouteNotFound:
    """What WordPress says of a path that does not exist, or does not take the method."""
    return RouteNotFound("No route was found matching the URL and request method.")


def fields_of(text: str) -> _Fields:
    """The fields that `_fields` names, those below others inside of them; None stands for all that there is below."""
    tree: _Fields = {}
    for name in text.replace(" ", ",").split(","):
        place: _Fields | None = tree
        steps = name.split(".") if name else []
        for number, step in enumerate(steps):
            if place is None:
                break
            if number == len(steps) - 1:
                place[step] = None
            else:
                place = place.setdefault(step, {})
    return tree


def only(value: Any, fields: _Fields | None) -> Any:
    """A value with nothing but these fields."""
    if fields is None:
        return value
    if isinstance(value, list):
        return [only(one, fields) for one in value]
    if isinstance(value, dict):
        return {name: only(one, fields[name]) for name, one in value.items() if name in fields}
    return value
