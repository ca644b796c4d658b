"""API Gateway, as much of it as the functions can tell: routes, the authorizer, events, and its own answers."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

from tollgate.edge.authorizer import authorize
from tollgate.edge.endpoint import Endpoint
from tollgate.edge.streaming import Message, Receive, Send
from tollgate.resources import Resources
from tollgate_cli.template import ANY, ROOT, Function, Route, Template

_MAX_REQUEST_BYTES: Final = 10_000_000
_ARN: Final = "arn:aws:execute-api:us-east-1:000000000000:local/live"

_SENT: Final = "method.request.header."

_log: Final = logging.getLogger(__name__)

RUNNING: Final[ContextVar[str | None]] = ContextVar("RUNNING", default=None)
"""The function on whose behalf the current task runs."""

Line = Callable[[str, str, int, float], None]
"""Told of every request: its method, its path, the status, and how many seconds it took."""


class Context:
    """What a function can ask Lambda about its invocation."""

    def __init__(self, function: Function) -> None:
        self.function_name = function.name
        self._ends_at = time.monotonic() + function.timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function would be stopped."""
        return max(int((self._ends_at - time.monotonic()) * 1000), 0)


class LocalGateway:
    """An ASGI application that is the API of the template."""

    def __init__(self, template: Template, resources: Resources, *, on_request: Line | None = None) -> None:
        self._template = template
        self._resources = resources
        self._on_request = on_request
        self._endpoints = {
            name: load_handler(function, "app").with_resources(resources)
            for name, function in template.functions.items()
            if function.routes or name == template.unrouted
        }
        self._routes = sorted(
            (
                (_pattern(route.path), route)
                for function in template.functions.values()
                for route in (*function.routes, *function.stand_ins)
            ),
            key=lambda item: _specificity(item[1].path),
        )

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        started_at = time.perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._on_request:
                    self._on_request(scope["method"], scope["path"], status, time.perf_counter() - started_at)
            await send(message)

        try:
            await self._serve(scope, receive, watched)
        except Exception:
            if status:
                raise
            await self._answer_itself("INTEGRATION_FAILURE", {}, watched)
            raise

    async def _serve(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode("ascii")
        found = self._match(scope["method"], path.rstrip("/") or "/")
        route = found or Route(ANY, "/{proxy+}", self._template.unrouted, needs_authorizer=False)
        event = _event(scope, route, path)
        length = event["headers"].get("content-length", "0")
        if length.isdecimal() and int(length) > _MAX_REQUEST_BYTES:
            await self._answer_itself("REQUEST_TOO_LARGE", event, send)
            return
        if route.needs_authorizer:
            try:
                with _running(self._template.authorizer):
                    policy = await authorize({**event, "type": "REQUEST", "methodArn": _arn(route)}, self._resources)
            except Exception:
                await self._answer_itself("AUTHORIZER_FAILURE", event, send)
                raise
            event["requestContext"]["authorizer"] = {"principalId": policy["principalId"], **policy["context"]}
            if policy["policyDocument"]["Statement"][0]["Effect"] != "Allow":
                await self._answer_itself("ACCESS_DENIED", event, send)
                return
        function = self._template.functions[route.function]
        endpoint = self._endpoints[route.function]
        with _running(function.name):
            await endpoint({**scope, "aws.event": event, "aws.context": Context(function)}, receive, send)

    def _match(self, method: str, path: str) -> Route | None:
        # As API Gateway does: the most specific path first, then its methods.
        best = next((route.path for pattern, route in self._routes if pattern.fullmatch(path)), None)
        return next((route for _, route in self._routes if route.path == best and route.method in {method, ANY}), None)

    async def _answer_itself(self, kind: str, event: Mapping[str, Any], send: Send) -> None:
        response = self._template.gateway_responses[kind]
        context = event.get("requestContext", {})
        request_id = context.get("requestId", "")
        values = {
            "requestId": request_id,
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            **{f"authorizer.{name}": str(value) for name, value in (context.get("authorizer") or {}).items()},
        }
        body = re.sub(
            r"\$context\.(authorizer\.\w+|\w+)", lambda match: json.dumps(values.get(match[1], ""))[1:-1], response.body
        ).encode()
        sent = {name.lower(): value for name, value in event.get("headers", {}).items()}
        given = {name.lower(): _header(value, request_id, sent) for name, value in response.headers.items()}
        headers = {name: value for name, value in given.items() if value is not None}
        headers |= {"content-type": "application/json", "content-length": str(len(body))}
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})


@contextmanager
def _running(function: str) -> Iterator[None]:
    token = RUNNING.set(function)
    try:
        yield
    finally:
        RUNNING.reset(token)


def load_handler(function: Function, name: str, root: Path = ROOT) -> Any:
    """What a function's `app.py` calls by a name. Every folder has an `app.py`, so each is loaded under its own."""
    return _loaded(root / "functions" / function.folder / "app.py", function.folder, name)


@cache
def _loaded(path: Path, folder: str, name: str) -> Any:
    spec = util.spec_from_file_location(f"functions.{folder.replace('/', '.')}.app", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler = getattr(module, name)
    if name == "app" and not isinstance(handler, Endpoint):
        raise TypeError(f"{path}: `app` is not an endpoint")
    return handler


def _event(scope: Mapping[str, Any], route: Route, path: str) -> dict[str, Any]:
    """A REST API's proxy event, without the body."""
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        query.setdefault(name, []).append(value)
    match = _pattern(route.path).fullmatch(path.rstrip("/") or "/")
    client = scope.get("client") or ("127.0.0.1", 0)
    return {
        "resource": route.path,
        "path": path,
        "httpMethod": scope["method"],
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {name: unquote(value) for name, value in match.groupdict().items()} if match else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "stage": "live",
            "path": path,
            "resourcePath": route.path,
            "httpMethod": scope["method"],
            "requestId": str(uuid4()),
            "identity": {"sourceIp": client[0], "userAgent": headers.get("user-agent", [""])[-1]},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _arn(route: Route) -> str:
    return f"{_ARN}/{route.method}{route.path}"


def _pattern(path: str) -> re.Pattern[str]:
    pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(path))
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern))


def _specificity(path: str) -> tuple[int, ...]:
    """Sorts paths as API Gateway prefers them: at each segment a literal, then a parameter, then a greedy one."""
    return tuple(2 if "+}" in part else 1 if part.startswith("{") else 0 for part in path.split("/"))


def _header(value: str, request_id: str, sent: Mapping[str, str]) -> str | None:
    """A header of an answer; None where it is to repeat one that was not sent."""
    if value.startswith(_SENT):
        return sent.get(value.removeprefix(_SENT))
    return request_id if value == "context.requestId" else value.strip("'")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def run_every(seconds: float, job: Callable[[], Any]) -> None:
    """Run a scheduled worker until cancelled. One that fails runs again, as it would on Lambda."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await job()
        except Exception:  # noqa: BLE001 - whatever it was
            _log.exception("worker_failed")
