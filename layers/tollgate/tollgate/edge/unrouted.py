"""What is asked of a path that does not exist, or with a method that its path does not take; and preflights.

API Gateway would answer these itself, with a 403 about signatures where the request has an Authorization header. So
every path of the API has this function behind the methods that no endpoint takes, and every other path altogether.
"""

import json
import re
from functools import cache
from http import HTTPMethod, HTTPStatus
from importlib import resources as files
from typing import Final
from urllib.parse import quote

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.edge.cors import preflight_headers
from tollgate.edge.endpoint import Endpoint, Exchange
from tollgate.edge.event import Scope, rest_family_of
from tollgate.edge.streaming import Receive, Send
from tollgate.errors import MethodNotAllowed, RouteNotFound
from tollgate.resources import Resources

# Their paths hold nothing but words and numbers. https://developer.wordpress.org/rest-api/
_CASELESS: Final = frozenset({"aipuffer"})


async def answer_unrouted(call: Call, scope: Scope, resources: Resources) -> Answer:
    """Answer a preflight, point to the path without its last slash, or say what is wrong with the path or the method.

    Raises RouteNotFound, MethodNotAllowed.
    """
    methods = methods_of(call.path)
    if _is_only_in_capitals(call.method, call.path):
        return Answer(content=b"", status=HTTPStatus.PERMANENT_REDIRECT, headers={"location": _in_lower_case(scope)})
    if not methods:
        raise RouteNotFound(f"There is no route {call.method} {call.path[:200]}. See /docs for those that there are.")
    if call.method == HTTPMethod.OPTIONS:
        headers = preflight_headers(call.headers, resources.settings.cors_origins, [*methods, "OPTIONS"])
        return Answer(content=b"", status=HTTPStatus.NO_CONTENT, headers={"allow": ", ".join(methods), **headers})
    if call.method in methods and call.path.endswith("/"):
        # 308: the second request has the method and the body of the first.
        return Answer(content=b"", status=HTTPStatus.PERMANENT_REDIRECT, headers={"location": _without_slash(scope)})
    raise MethodNotAllowed(
        f"{call.path[:200]} does not take {call.method}; it takes {', '.join(methods)}.", metadata={"allow": methods}
    )


class Unrouted(Endpoint):
    """The endpoint that answers each family in its own manner."""

    def exchange(self, scope: Scope, receive: Receive, send: Send, resources: Resources) -> Exchange:
        """How one request is served."""
        path = scope.get("aws.event", {}).get("path") or scope["path"]
        family = rest_family_of(path)
        is_elsewhere = _is_only_a_slash_too_much(scope["method"], path) or _is_only_in_capitals(scope["method"], path)
        if family is None or is_elsewhere:
            return super().exchange(scope, receive, send, resources)
        from tollgate.edge.wordpress import rest_unrouted  # noqa: PLC0415 - only WordPress's families need it

        return rest_unrouted(family).exchange(scope, receive, send, resources)


def _is_only_a_slash_too_much(method: str, path: str) -> bool:
    return path.endswith("/") and method in methods_of(path)


def _is_only_in_capitals(method: str, path: str) -> bool:
    """Whether there is such a route in lower case, in a family whose clients write paths in either."""
    lowered = path.lower()
    return lowered != path and rest_family_of(lowered) in _CASELESS and method in methods_of(lowered)


def unrouted() -> Endpoint:
    """The endpoint behind everything that no other endpoint is behind."""
    return Unrouted(
        answer_unrouted,
        capability=None,
        body=None,
        query=None,
        answer=None,
        status=HTTPStatus.OK,
        is_gated=False,
        family="gateway",
    )


def methods_of(path: str) -> list[str]:
    """The methods that a path takes; none where there is no such path."""
    trimmed = path.rstrip("/") or "/"
    return sorted({method for pattern, methods in _routes() if pattern.fullmatch(trimmed) for method in methods})


def _without_slash(scope: Scope) -> str:
    """Where a request meant to go, as its client sees the gateway: below the stage, or what a custom domain puts there.

    Of slashes in front one is left, or the rest would be taken for another host.
    """
    return _address(scope["aws.event"]["requestContext"]["path"], scope)


def _in_lower_case(scope: Scope) -> str:
    """The same for a path in capitals. What stands in front of it is not the gateway's own, and stays as it is."""
    event = scope["aws.event"]
    path: str = event["path"]
    return _address(event["requestContext"]["path"].removesuffix(path) + path.lower(), scope)


def _address(path: str, scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return quote(f"/{path.strip('/')}", safe="/%:@!$&'()*+,;=") + (f"?{query}" if query else "")


@cache
def _routes() -> list[tuple[re.Pattern[str], list[str]]]:
    routes = json.loads((files.files("tollgate.documents") / "routes.json").read_bytes())
    return [(_pattern(resource), methods) for resource, methods in routes.items()]


def _pattern(resource: str) -> re.Pattern[str]:
    pattern = re.sub(r"\\\{\w+\\\+\\\}", ".+", re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(resource)))
    return re.compile(pattern)
