"""Errors as AI Puffer's clients read them: `{"code", "message", "data": {"status", …}}`, keyed by `code`.

Codes of the plugin are kept where it has one. What it does not know, such as an empty balance, is called
`rest_aipkit_` and the gateway's own code.

A provider's status is passed on where it is about the caller's request. 401 and 403 are about the operator's key, and
would look like a refusal of the caller's own: they become 502, unless the deployment wants them as the plugin has them.
"""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from tollgate.edge.errors import STATUS, nearest, wordpress_body
from tollgate.errors import (
    BadRequest,
    ConnectFailed,
    ContentFiltered,
    ContextLengthExceeded,
    DimensionMismatch,
    InsufficientScope,
    InvalidJson,
    InvalidParams,
    MethodNotAllowed,
    MissingParams,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    RouteNotFound,
    StreamTimeout,
    TollgateError,
    Unauthenticated,
    UnsupportedMediaType,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)

_CODES: Final[Mapping[type[TollgateError], str]] = {
    BadRequest: "rest_aipkit_invalid_param",
    InvalidJson: "rest_invalid_json",
    MissingParams: "rest_missing_callback_param",
    InvalidParams: "rest_invalid_param",
    ContentFiltered: "content_filter",
    ContextLengthExceeded: "api_error",
    UpstreamRejected: "api_error",
    Unauthenticated: "rest_aipkit_invalid_api_key",
    InsufficientScope: "rest_forbidden",
    RouteNotFound: "rest_no_route",
    MethodNotAllowed: "rest_no_route",
    UpstreamError: "api_error",
    UpstreamInvalid: "invalid_response_structure",
    ConnectFailed: "http_request_failed",
    UpstreamTimeout: "http_request_failed",
    StreamTimeout: "http_request_failed",
    NoProviderAvailable: "missing_api_key",
}
_STATUS: Final[Mapping[type[TollgateError], HTTPStatus]] = {
    **STATUS,
    MethodNotAllowed: HTTPStatus.NOT_FOUND,
    UnsupportedMediaType: HTTPStatus.BAD_REQUEST,
    DimensionMismatch: HTTPStatus.INTERNAL_SERVER_ERROR,
    ContentFiltered: HTTPStatus.INTERNAL_SERVER_ERROR,
    UpstreamInvalid: HTTPStatus.INTERNAL_SERVER_ERROR,
    ConnectFailed: HTTPStatus.SERVICE_UNAVAILABLE,
}
_ABOUT_THE_OPERATOR: Final = frozenset({401, 402, 403})


def fault_of(error: TollgateError, *, passes_status: bool = False) -> tuple[str, int]:
    """The code and the status of an error; `passes_status` gives a provider's own whatever it is about."""
    status = nearest(error, _STATUS).value
    said = _said_by_provider(error)
    if said is None:
        return _code_of(error), status
    code = "api_error" if isinstance(error, UpstreamInvalid) and not _has_finer_code(error) else _code_of(error)
    if passes_status:
        return code, said
    if said in _ABOUT_THE_OPERATOR or isinstance(error, ProviderAuthFailed | ProviderBilling):
        return code, HTTPStatus.BAD_GATEWAY.value
    return code, said


def body_of(error: TollgateError, *, wait_ms: int | None, passes_status: bool = False) -> dict[str, Any]:
    """The whole body. What a service says in `metadata["data"]` stands in `data`."""
    body = wordpress_body(error, *fault_of(error, passes_status=passes_status))
    body["data"] |= error.metadata.get("data", {})
    if wait_ms is not None:
        body["data"]["retry_after"] = math.ceil(wait_ms / 1000)
    return body


def _code_of(error: TollgateError) -> str:
    if _has_finer_code(error):
        return error.reason
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), f"rest_aipkit_{error.reason}")


def _has_finer_code(error: TollgateError) -> bool:
    """Whether this occurrence was given a code of its own by a service of this family."""
    return error.reason != error.code


def _said_by_provider(error: TollgateError) -> int | None:
    if isinstance(error, ContentFiltered):
        # However a provider says so.
        return None
    said = error.upstream_status if isinstance(error, UpstreamError) else error.metadata.get("upstream_status")
    return said if isinstance(said, int) and 400 <= said < 600 else None
