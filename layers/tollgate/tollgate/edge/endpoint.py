"""An endpoint: who may call it, what it takes, the service that does it, and errors in its family's shape.

`endpoint(...)` makes an ASGI application. It is the same object on Lambda, under the local gateway and in a test.
"""

import asyncio
import copy
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_json

from tollgate.auth.capabilities import may
from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call, Caller
from tollgate.contracts.shapes import Form, Query, Shape
from tollgate.edge.cors import cors_headers
from tollgate.edge.errors import body_of, headers_of, internal_error, status_of
from tollgate.edge.event import address_of, caller_of, path_parameters_of
from tollgate.edge.idempotency import HEADER, Claim, claim, hash_body, incomplete, route_of
from tollgate.edge.maintenance import check_open
from tollgate.edge.observe import log_failure, observe
from tollgate.edge.streaming import ClientGone, Message, Receive, Send, send_pieces
from tollgate.edge.validation import parse_body, validate
from tollgate.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Impossible,
    InsufficientScope,
    NotFound,
    TollgateError,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from tollgate.resources import Resources
from tollgate.services.gate import check_balance, check_requests

MAX_BODY_BYTES: Final = 4_500_000
"""What fits a synchronous Lambda payload of 6 MB when it has to travel in base64."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# API Gateway takes 10,240 bytes of headers in all.
_LONGEST_HEADER: Final = 4_096
_KEEPING_REQUEST_IDS: Final = frozenset({"wpllm"})
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})

# What is found out after the balance would have been looked at. See `_first_error`.
_LATER_THAN_GATE_A: Final = (BadRequest, UnsupportedMediaType, NotFound, Forbidden, Conflict, Impossible)

Service = Callable[..., Awaitable[Any]]


class Endpoint:
    """One endpoint as an ASGI application, and its declaration for whoever describes it."""

    def __init__(
        self,
        service: Service,
        *,
        capability: str | None,
        body: type[Shape] | None,
        query: type[Query] | None,
        answer: Any,
        status: int,
        is_gated: bool,
        family: str | None = None,
        is_private: bool = False,
        resources: Resources | None = None,
    ) -> None:
        self.service = service
        self.capability = capability
        self.body = body
        self.query = query
        self.answer = answer
        self.status = status
        self.is_gated = is_gated
        self.is_private = is_private
        # `tollgate.services.<family>.<module>`
        self.family = family or service.__module__.split(".")[2]
        self.name = service.__name__
        # The service names what it wants to be given.
        code = service.__code__
        self._wants = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        self._resources = resources

    def with_resources(self, resources: Resources) -> "Endpoint":
        """The same endpoint over other resources."""
        same = copy.copy(self)
        same._resources = resources  # noqa: SLF001 - its own
        return same

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        resources = self._resources = self._resources or Resources.from_environment(os.environ)
        await self.exchange(scope, receive, send, resources).run()

    def exchange(self, scope: Mapping[str, Any], receive: Receive, send: Send, resources: Resources) -> "Exchange":
        """How one request is served."""
        return Exchange(self, scope, receive, send, resources)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._prepare()
            elif self._resources is not None:
                await self._resources.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _prepare(self) -> None:
        """Do what the first request would wait for. What fails now fails again then, and is answered.

        The runtime that tells of a start is that of the functions that call a model.
        """
        try:
            resources = self._resources = self._resources or Resources.from_environment(os.environ)
            await resources.prepare()
            for shape in filter(None, (self.body, self.query)):
                shape.model_rebuild()
        except Exception as exc:  # noqa: BLE001 - as above
            log_failure("startup", exc, endpoint=self.name)

    async def serve(self, parts: Mapping[str, Any]) -> Any:
        """Call the service with what it wants of these."""
        return await self.service(**{name: value for name, value in parts.items() if name in self._wants})


def endpoint(
    service: Service,
    *,
    capability: str | None,
    body: type[Shape] | None = None,
    query: type[Query] | None = None,
    answer: Any = None,
    status: int = 200,
    is_gated: bool | None = None,
    is_private: bool = False,
) -> Endpoint:
    """Make an endpoint of a service.

    `capability` is what a key needs for it, None where anybody may call it; `body` and `query` are the contracts that
    the service gets as `request` and `query`; `answer` is, for the documentation, the contract of what it returns, or
    one for each media type; `status` is that of success. A gated endpoint refuses an account without a balance before
    it looks at the body: unless told otherwise, those that call a model are. A private one answers with a secret, which
    is not kept for a client that repeats its request.
    """
    return Endpoint(
        service,
        capability=capability,
        body=body,
        query=query,
        answer=answer,
        status=status,
        is_gated=capability == "prompt_ai" if is_gated is None else is_gated,
        is_private=is_private,
    )


class Exchange:
    """One request and its answer. Families with manners of their own have their own kind."""

    def __init__(
        self, endpoint: Endpoint, scope: Mapping[str, Any], receive: Receive, send: Send, resources: Resources
    ) -> None:
        self._endpoint = endpoint
        self._scope = scope
        self._receive = receive
        self._raw_send = send
        self._resources = resources
        self._started_at = time.perf_counter()
        self._first_byte_at: float | None = None
        self._status = 0
        self._claim: Claim | None = None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        context = scope.get("aws.context")
        self._call = Call(
            request_id=_request_id(endpoint.family, headers) or resources.new_id("req"),
            caller=caller_of(scope),
            method=scope["method"],
            path=scope.get("aws.event", {}).get("path") or scope["path"],
            operation=f"{endpoint.family}/{endpoint.name}",
            address=address_of(scope),
            headers=headers,
            time_left_s=context.get_remaining_time_in_millis() / 1000 if context is not None else 900.0,
        )

    async def run(self) -> None:
        """Answer, and do afterwards what nobody waits for."""
        pulse = self._resources.pulse if self._endpoint.capability is not None else None
        if pulse is not None:
            pulse.began()
        try:
            await self._answer()
        finally:
            if pulse is not None:
                took_ms = (time.perf_counter() - self._started_at) * 1000
                pulse.ended(took_ms, is_error=self._status >= HTTPStatus.INTERNAL_SERVER_ERROR)
            await self._afterwards()

    async def _answer(self) -> None:
        try:
            answer = await self._served()
        except TollgateError as exc:
            await self._send_error(await self._first_error(exc))
        except Exception as exc:  # noqa: BLE001 - the edge is where everything ends
            log_failure("unexpected", exc, request_id=self._call.request_id, endpoint=self._endpoint.name)
            await self._send_error(internal_error())
        else:
            if isinstance(answer, StreamedAnswer):
                await self._send_stream(answer)
            else:
                await self._send_whole(answer)

    async def _served(self) -> Answer | StreamedAnswer:
        endpoint, call = self._endpoint, self._call
        content = await self._read_body()
        if endpoint.capability is not None:
            await self._identify(content)
            _authorize(call.caller, endpoint.capability)
            check_requests(call, self._resources)
        check_open(call, self._resources, capability=endpoint.capability)
        parts = self._parts()
        if endpoint.body is not None:
            call.body = self._parsed(content, endpoint.body)
            parts["request"] = self._validated(endpoint.body, call.body)
        if endpoint.query is not None:
            parts["query"] = self._validated(endpoint.query, query_of(self._scope))
        if HEADER in call.headers and (replayed := await self._claimed(content)) is not None:
            return replayed
        result = await endpoint.serve(parts)
        if isinstance(result, Answer | StreamedAnswer):
            return result
        return Answer(content=result, status=endpoint.status)

    async def _claimed(self, content: bytes) -> Answer | StreamedAnswer | None:
        """Claim the request's idempotency key; the answer, where it has one already."""
        route = route_of(self._endpoint.family, self._endpoint.name, path_parameters_of(self._scope))
        body_hash = hash_body(content, self._scope["query_string"], self._call.headers.get("content-type", ""))
        claimed = await claim(route, body_hash, self._call, self._resources, is_private=self._endpoint.is_private)
        self._claim = claimed if isinstance(claimed, Claim) else None
        return None if isinstance(claimed, Claim) else claimed

    async def _identify(self, content: bytes) -> None:
        """Find out who calls where the authorizer could not: it sees no body."""

    def _parts(self) -> dict[str, Any]:
        # The scope is for the one service that is part of the edge.
        parts = {"call": self._call, "resources": self._resources, "scope": self._scope}
        return {**parts, **path_parameters_of(self._scope)}

    def _parsed(self, content: bytes, shape: type[Shape]) -> dict[str, Any]:
        return _parsed(content, self._call.headers.get("content-type", ""), shape)

    def _validated(self, shape: type[Shape], values: Mapping[str, Any]) -> Shape:
        return validate(shape, values)

    async def _read_body(self) -> bytes:
        declared = self._call.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
            raise _too_large(int(declared), self._endpoint.body)
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise BadRequest("The body was not received in full.")
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > MAX_BODY_BYTES:
                raise _too_large(size, self._endpoint.body)
            if not message.get("more_body", False):
                return b"".join(pieces)

    async def _first_error(self, error: TollgateError) -> TollgateError:
        """The error that comes first in the order of checks.

        An empty balance is told before a bad body. Looking at the balance first would cost every call a read of its
        own, where the reservation finds it out anyway; so it is looked at only when something else is wrong.
        """
        if not self._endpoint.is_gated or self._call.caller.is_anonymous or not isinstance(error, _LATER_THAN_GATE_A):
            return error
        if isinstance(error, InsufficientScope):
            return error
        try:
            await check_balance(self._call, self._resources)
        except TollgateError as exc:
            return exc
        except Exception as exc:  # noqa: BLE001 - the error that is known is the better answer
            log_failure("gate_a", exc, request_id=self._call.request_id)
        return error

    async def _send_error(self, error: TollgateError) -> None:
        self._call.facts["error"] = error.reason
        body = self._body_of(error)
        await self._send_whole(
            Answer(
                content=body,
                status=self._status_of(error),
                headers={**headers_of(error, family=self._endpoint.family), "cache-control": "no-store"},
            )
        )

    def _status_of(self, error: TollgateError) -> int:
        return status_of(error, family=self._endpoint.family)

    def _body_of(self, error: TollgateError) -> dict[str, Any]:
        return body_of(
            error,
            family=self._endpoint.family,
            request_id=self._call.request_id,
            is_for_operator=may(self._call.caller.capabilities, "operate"),
        )

    async def _send_whole(self, answer: Answer) -> None:
        has_body = answer.status not in _WITHOUT_BODY
        content = serialized(answer.content) if has_body else b""
        length = {"content-length": str(len(content))} if has_body else {}
        if self._claim is not None:
            # Before it is sent: whoever has the answer, or loses it, can ask for it again.
            await self._claim.close(answer, content)
        # A client that has gone misses its answer; the work after it is done all the same.
        with suppress(OSError):
            await self._start(answer.status, {**length, **answer.headers}, answer.media_type)
            await self._send({"type": "http.response.body", "body": content, "more_body": False})

    async def _send_stream(self, answer: StreamedAnswer) -> None:
        pieces = answer.pieces if self._claim is None else self._claim.recording(answer)
        try:
            await self._start_stream(answer)
            await send_pieces(pieces, self._receive, self._send, keep_alive=answer.keep_alive)
        except ClientGone:
            self._call.facts["error"] = "client_disconnected"
            await pieces.aclose()
            await answer.pieces.aclose()
            return
        except Exception as exc:
            error = exc if isinstance(exc, TollgateError) else internal_error()
            if error is not exc:
                log_failure("unexpected", exc, request_id=self._call.request_id, endpoint=self._endpoint.name)
            self._call.facts["error"] = error.reason
            if answer.piece_of_error is None:
                raise
            body = self._body_of(error)
            last = answer.piece_of_error(body)
        else:
            last = b""
        if self._claim is not None:
            await self._claim.close_stream(last)
        with suppress(OSError):
            await self._send({"type": "http.response.body", "body": last, "more_body": False})

    async def _start_stream(self, answer: StreamedAnswer) -> None:
        try:
            await self._start(answer.status, answer.headers, answer.media_type)
        except OSError as exc:
            raise ClientGone from exc

    async def _start(self, status: int, headers: Mapping[str, str], media_type: str) -> None:
        self._status = status
        all_headers = {
            **({"content-type": media_type} if status not in _WITHOUT_BODY else {}),
            "x-request-id": self._call.request_id,
            **self._common_headers(),
            **self._call.answer_headers,
            **headers,
        }
        if client_id := self._call.headers.get("x-request-id"):
            all_headers["x-client-request-id"] = client_id[:255]
        await self._send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.encode("latin-1"), _header(value)) for name, value in all_headers.items()],
            }
        )

    def _common_headers(self) -> dict[str, str]:
        return cors_headers(self._call.headers.get("origin"), self._resources.settings.cors_origins)

    async def _send(self, message: Message) -> None:
        await self._raw_send(message)
        if self._first_byte_at is None and message.get("body"):
            self._first_byte_at = time.perf_counter()

    async def _afterwards(self) -> None:
        """What nobody waits for. One failure does not keep the rest from being done."""
        call = self._call
        for work in self._works():
            try:
                # A server that shuts down cancels what it serves; what has been charged is written down first.
                await asyncio.shield(asyncio.ensure_future(work()))
            except Exception as exc:  # noqa: BLE001 - as above
                log_failure("afterwards", exc, request_id=call.request_id, endpoint=self._endpoint.name)
        observe(
            call,
            family=self._endpoint.family,
            endpoint=self._endpoint.name,
            status=self._status,
            took_s=time.perf_counter() - self._started_at,
            first_byte_s=None if self._first_byte_at is None else self._first_byte_at - self._started_at,
        )

    def _works(self) -> Iterator[Callable[[], Awaitable[object]]]:
        yield from self._call.later
        if (claim := self._claim) is not None and claim.is_open:
            # Only now is it known whether something was charged.
            yield lambda: claim.close_broken(self._body_of(incomplete()))


def _request_id(family: str, headers: Mapping[str, str]) -> str | None:
    """The client's own id of a request, in families that go on with it."""
    sent = headers.get("x-request-id", "") if family in _KEEPING_REQUEST_IDS else ""
    return sent if _REQUEST_ID.fullmatch(sent) else None


def _authorize(caller: Caller, capability: str) -> None:
    if caller.is_anonymous:
        raise Unauthenticated("Unauthorized: Invalid or expired API key")
    if not may(caller.capabilities, capability):
        raise InsufficientScope(
            f"This key lacks the capability '{capability}' that this route needs.", metadata={"required": capability}
        )


def query_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """The query; of equal names the last wins."""
    from urllib.parse import parse_qsl  # noqa: PLC0415 - few endpoints have a query

    return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))


def serialized(content: Any) -> bytes:
    """A body as it goes out."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, BaseModel):
        return content.__pydantic_serializer__.to_json(content, by_alias=True)
    return to_json(content)


def _header(value: str) -> bytes:
    # A header is one short line of Latin-1, whatever a provider or a client put into what is shown in it: a server that
    # is given anything else answers with an error of its own, and the call has been paid for by then.
    return _CONTROL.sub(" ", value)[:_LONGEST_HEADER].strip().encode("latin-1", "replace")


def _parsed(content: bytes, content_type: str, shape: type[Shape]) -> dict[str, Any]:
    if shape.may_be_absent and not content:
        return {}
    if not issubclass(shape, Form):
        return parse_body(content, content_type)
    from tollgate.edge.forms import parse_form  # noqa: PLC0415 - few endpoints take forms

    return parse_form(content, content_type, shape)


def _too_large(received: int, shape: type[Shape] | None) -> TooLarge:
    facts: dict[str, Any] = {"limit_bytes": MAX_BODY_BYTES, "received_bytes": received}
    if shape is None or not issubclass(shape, Form):
        return TooLarge(f"The body of {received} bytes exceeds {MAX_BODY_BYTES}.", metadata=facts)
    hint = shape.too_large_hint
    return TooLarge(
        f"Upload of {received} bytes exceeds {MAX_BODY_BYTES}. {hint}".rstrip(),
        param="file",
        metadata={**facts, **({"hint": hint} if hint else {})},
    )
