"""AI Puffer's endpoints: WordPress's conventions, and three of its own.

| In a request | |
|---|---|
| the body | JSON, or a form whose names may have brackets; beside it the query, and before both the path |
| `aipkit_api_key` | a key in the query or the body, where no header has a valid one |
| `bot_id` in the path | digits; of anything else there is no route |

Pages of other origins may call none of them, unless a service says in `call.answer_headers` that its caller's may.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qsl

from tollgate.auth.credentials import keys_in_headers
from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.shapes import Query, Shape
from tollgate.edge.aipuffer_errors import body_of, fault_of
from tollgate.edge.brackets import MOST_FIELDS, nested
from tollgate.edge.errors import wait_ms
from tollgate.edge.event import Scope, path_parameters_of
from tollgate.edge.streaming import Receive, Send
from tollgate.edge.wordpress import RestEndpoint, RestExchange, no_route
from tollgate.edge.wordpress_validation import parse_rest_body
from tollgate.errors import BadRequest, Forbidden, TollgateError, Unauthenticated, UnsupportedMediaType
from tollgate.resources import Resources
from tollgate.services.authentication import caller_of_first

KEY_PARAMETER: Final = "aipkit_api_key"


class PufferEndpoint(RestEndpoint):
    """An endpoint in AI Puffer's manner."""

    def exchange(self, scope: Scope, receive: Receive, send: Send, resources: Resources) -> "PufferExchange":
        """How one request is served."""
        return PufferExchange(self, scope, receive, send, resources)


def puffer_endpoint(
    service: Callable[..., Awaitable[Any]],
    *,
    capability: str | None,
    method: str = "",
    body: type[Shape] | None = None,
    query: type[Query] | None = None,
    answer: Any = None,
    status: int = 200,
    is_gated: bool | None = None,
    is_private: bool = False,
) -> PufferEndpoint:
    """Make an endpoint of a service, as `edge.wordpress.rest_endpoint` does, with AI Puffer's conventions."""
    return PufferEndpoint(
        service,
        method=method or ("GET" if body is None else "POST"),
        capability=capability,
        body=body,
        query=query,
        answer=answer,
        status=status,
        is_gated=capability == "prompt_ai" if is_gated is None else is_gated,
        is_private=is_private,
    )


class PufferExchange(RestExchange):
    """One request in AI Puffer's manner, and its answer."""

    _sent: Mapping[str, Any] | None = None

    async def _served(self) -> Answer | StreamedAnswer:
        bot_id = path_parameters_of(self._scope).get("bot_id", "0")
        if not (bot_id.isascii() and bot_id.isdigit()):
            raise no_route()
        return await super()._served()

    async def _identify(self, content: bytes) -> None:
        if not self._resources.settings.is_puffer_on:
            raise Forbidden("The API of AI Puffer is switched off here.", code="rest_aipkit_api_access_disabled")
        if self._call.caller.is_anonymous:
            route = self._scope.get("aws.event", {}).get("resource") or self._call.path
            self._call.caller = await caller_of_first(self._keys(content), route, self._resources)

    async def _first_error(self, error: TollgateError) -> TollgateError:
        # Nobody's balance matters where nobody is let in.
        return await super()._first_error(error) if self._resources.settings.is_puffer_on else error

    def _keys(self, content: bytes) -> Iterator[str]:
        """The keys of a request in the order in which they count."""
        with suppress(Unauthenticated):
            yield from keys_in_headers(self._call.headers, basic=False)
        # Who has no key is told that, and not what is wrong with the body.
        sent: Mapping[str, Any] = {}
        with suppress(BadRequest, UnsupportedMediaType):
            sent = self._body_of_request(content)
        for place in (sent, self._asked):
            key = place.get(KEY_PARAMETER)
            if isinstance(key, str) and key:
                yield key

    def _parsed(self, content: bytes, shape: type[Shape]) -> dict[str, Any]:  # noqa: ARG002 - WordPress's manner
        query = parse_qsl(self._scope["query_string"].decode("latin-1"), keep_blank_values=True)
        sent = {**nested(query), **self._body_of_request(content)}
        # A service has no business with it, nor has a log.
        sent.pop(KEY_PARAMETER, None)
        return sent

    def _body_of_request(self, content: bytes) -> Mapping[str, Any]:
        if self._sent is None:
            content_type = self._call.headers.get("content-type", "")
            match content_type.partition(";")[0].strip().lower():
                case "application/x-www-form-urlencoded":
                    self._sent = nested(_form_fields(content))
                case "multipart/form-data":
                    from tollgate.edge.forms import read_parts  # noqa: PLC0415 - few requests are such forms

                    parts = read_parts(content, content_type)
                    self._sent = nested((name, value) for name, value in parts if isinstance(value, str))
                case _:
                    self._sent = parse_rest_body(content, content_type)
        return self._sent

    def _status_of(self, error: TollgateError) -> int:
        return fault_of(error, passes_status=self._resources.settings.passes_upstream_status)[1]

    def _body_of(self, error: TollgateError) -> dict[str, Any]:
        passes_status = self._resources.settings.passes_upstream_status
        return body_of(error, wait_ms=wait_ms(error, family="aipuffer"), passes_status=passes_status)


def _form_fields(content: bytes) -> list[tuple[str, str]]:
    # As the plugin has it, what is no UTF-8 is left out.
    text = content.decode(errors="ignore")
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="ignore")
    except ValueError as exc:
        raise BadRequest(f"The form has more than {MOST_FIELDS} fields.") from exc
