"""The one place where a failure becomes a status and a body."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from tollgate.errors import (
    BadRequest,
    BalanceReserved,
    Conflict,
    ConnectFailed,
    ContentFiltered,
    ContextLengthExceeded,
    DayLimited,
    Forbidden,
    IdempotencyIncomplete,
    IdempotencyNotKept,
    IdempotencyTooLarge,
    Impossible,
    InsufficientScope,
    InvalidJson,
    InvalidParams,
    MethodNotAllowed,
    MissingParams,
    ModelUnpriced,
    NoProviderAvailable,
    NotFound,
    PaymentRequired,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    QuotaExhausted,
    RateLimited,
    RouteNotFound,
    StreamTimeout,
    TollgateError,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    UpstreamError,
    UpstreamRejected,
    UpstreamTimeout,
)

Row = TypeVar("Row")

STATUS: Final[Mapping[type[TollgateError], HTTPStatus]] = {
    TollgateError: HTTPStatus.INTERNAL_SERVER_ERROR,
    BadRequest: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    PaymentRequired: HTTPStatus.PAYMENT_REQUIRED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Impossible: HTTPStatus.UNPROCESSABLE_ENTITY,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamError: HTTPStatus.BAD_GATEWAY,
    ProviderOverloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    NoProviderAvailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ProviderRateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    UpstreamTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    StreamTimeout: HTTPStatus.GATEWAY_TIMEOUT,
}

# The router's `type`; what is not listed is `invalid_request_error`.
_ROUTER_TYPES: Final[Mapping[type[TollgateError], str]] = {
    TollgateError: "api_error",
    BadRequest: "invalid_request_error",
    NotFound: "invalid_request_error",
    MethodNotAllowed: "invalid_request_error",
    Conflict: "invalid_request_error",
    TooLarge: "invalid_request_error",
    UnsupportedMediaType: "invalid_request_error",
    Impossible: "invalid_request_error",
    Unauthenticated: "authentication_error",
    PaymentRequired: "insufficient_quota",
    Forbidden: "permission_error",
    RateLimited: "rate_limit_error",
    ProviderRateLimited: "rate_limit_error",
    Unavailable: "service_unavailable",
    UpstreamError: "upstream_error",
}

# WordPress's `code`. What a key or an account may not do is, to a page, a prompt that was prevented.
_WPAI_CODES: Final[Mapping[type[TollgateError], str]] = {
    TollgateError: "prompt_builder_error",
    BadRequest: "prompt_invalid_argument",
    InvalidJson: "rest_invalid_json",
    MissingParams: "rest_missing_callback_param",
    InvalidParams: "rest_invalid_param",
    ContentFiltered: "prompt_client_error",
    ContextLengthExceeded: "prompt_client_error",
    UpstreamRejected: "prompt_client_error",
    Unauthenticated: "rest_forbidden",
    InsufficientScope: "rest_forbidden",
    Forbidden: "prompt_prevented",
    PaymentRequired: "prompt_prevented",
    RateLimited: "prompt_prevented",
    Unavailable: "prompt_prevented",
    NotFound: "rest_not_found",
    RouteNotFound: "rest_no_route",
    MethodNotAllowed: "rest_no_route",
    TooLarge: "rest_content_too_large",
    Conflict: "rest_conflict",
    UpstreamError: "prompt_builder_error",
    ProviderAuthFailed: "prompt_client_error",
    ProviderBilling: "prompt_client_error",
    ProviderRateLimited: "prompt_client_error",
    ProviderOverloaded: "prompt_upstream_server_error",
    NoProviderAvailable: "prompt_network_error",
    ConnectFailed: "prompt_network_error",
    UpstreamTimeout: "prompt_network_error",
    StreamTimeout: "prompt_network_error",
}
_WPAI_STATUS: Final[Mapping[type[TollgateError], HTTPStatus]] = {
    **STATUS,
    MethodNotAllowed: HTTPStatus.NOT_FOUND,
    UnsupportedMediaType: HTTPStatus.BAD_REQUEST,
    Impossible: HTTPStatus.BAD_REQUEST,
    ConnectFailed: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Statuses of a provider that are passed on: they are about the caller's request. 401 to 403 are about the operator.
_WPAI_PASSED_ON: Final = frozenset({400, 404, 408, 409, 413, 422, 429})
REST_FORBIDDEN: Final[Mapping[str, str]] = {
    "prompt_ai": "Sorry, you are not allowed to prompt AI models directly.",
    "list_ai_providers": "Sorry, you are not allowed to list AI providers.",
    "list_ai_models": "Sorry, you are not allowed to list AI models.",
}
"""What WordPress says to a caller who lacks a capability."""

# Whether OpenAI's SDKs shall try again by themselves. Not after a time-out: the provider may still work, and bill.
_WORTH_RETRYING: Final[Mapping[type[TollgateError], bool]] = {
    TollgateError: True,
    BadRequest: False,
    Unauthenticated: False,
    PaymentRequired: False,
    BalanceReserved: True,
    Forbidden: False,
    NotFound: False,
    MethodNotAllowed: False,
    Conflict: True,
    IdempotencyTooLarge: False,
    IdempotencyNotKept: False,
    IdempotencyIncomplete: False,
    TooLarge: False,
    UnsupportedMediaType: False,
    Impossible: False,
    RateLimited: True,
    QuotaExhausted: False,
    Unavailable: True,
    ModelUnpriced: False,
    UpstreamError: False,
    ProviderOverloaded: True,
    ProviderRateLimited: True,
    NoProviderAvailable: True,
}

_WAITING_STATUSES: Final = frozenset({402, 409, 429, 503})
_USUAL_WAIT_S: Final = 1
_LONGEST_WAIT_S: Final = 120
_DAY_S: Final = 86_400


def status_of(error: TollgateError, *, family: str = "router") -> int:
    """Status of the nearest ancestor that has a row; a family may see it otherwise."""
    return _STATUSES[family](error) if family in _STATUSES else nearest(error, STATUS).value


def body_of(error: TollgateError, *, family: str, request_id: str, is_for_operator: bool = False) -> dict[str, Any]:
    """The error in the family's own shape. What only the operator may know of it is told to nobody else."""
    if is_for_operator and isinstance(error, UpstreamError) and error.detail:
        error.metadata["detail"] = error.detail
    return _BODIES.get(family, _router_body)(error, request_id)


def headers_of(error: TollgateError, *, family: str = "router") -> dict[str, str]:
    """What clients act on before they read the body."""
    status = status_of(error, family=family)
    headers = {"x-should-retry": "true" if nearest(error, _WORTH_RETRYING) else "false"}
    if (milliseconds := wait_ms(error, family=family)) is not None:
        headers["retry-after"] = str(math.ceil(milliseconds / 1000))
        headers["retry-after-ms"] = str(milliseconds)
    if status == HTTPStatus.UNAUTHORIZED and family not in _WITHOUT_CHALLENGE:
        headers["www-authenticate"] = 'Token realm="tollgate"'
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.metadata.get("allow", ()))
    return headers


def internal_error() -> TollgateError:
    """What a caller is told of a mistake of ours: that it happened."""
    return TollgateError("An internal error occurred. It has been recorded under this request id.")


def wait_ms(error: TollgateError, *, family: str = "router") -> int | None:
    """How long to wait before another try; None where waiting does not help.

    From a millisecond to two minutes, or to the end of the day where a limit of ours is one by day.
    """
    status, wait_s = status_of(error, family=family), error.retry_after_s
    if status not in _WAITING_STATUSES or (wait_s is None and not nearest(error, _WORTH_RETRYING)):
        return None
    # A provider's hint may be infinite, or no number at all. A limit of ours may be one of a day.
    wait_s = _USUAL_WAIT_S if wait_s is None or math.isnan(wait_s) else wait_s
    longest = _DAY_S if isinstance(error, DayLimited) else _LONGEST_WAIT_S
    return math.ceil(min(max(wait_s, 0.001), longest) * 1000)


def _upstream_facts(error: TollgateError) -> dict[str, Any]:
    if not isinstance(error, UpstreamError):
        return {}
    facts = {
        "provider": error.provider or None,
        "upstream_status": error.upstream_status,
        "upstream_code": error.upstream_code,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _router_body(error: TollgateError, request_id: str) -> dict[str, Any]:
    metadata = {**_upstream_facts(error), **error.metadata, "request_id": request_id}
    if (milliseconds := wait_ms(error)) is not None:
        metadata["retry_after"] = math.ceil(milliseconds / 1000)
    return {
        "error": {
            "message": error.message,
            "type": nearest(error, _ROUTER_TYPES),
            "param": error.param,
            "code": error.reason,
            "metadata": metadata,
        }
    }


def _superset_body(error: TollgateError, request_id: str) -> dict[str, Any]:
    """Readable by the clients of every family: what API Gateway answers itself has the same fields (template.yaml)."""
    inner = _router_body(error, request_id)["error"]
    return {
        "error": {
            **inner,
            "details": {},
            "request_id": request_id,
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "code": error.reason,
        "message": error.message,
        "data": {"status": status_of(error)},
    }


def wordpress_body(error: TollgateError, code: str, status: int) -> dict[str, Any]:
    """An error as every client of WordPress's REST API reads it. What contracts found wrong is in `data`."""
    facts = ("params", "details", "json_error_code", "json_error_message", "urls")
    data = {"status": status, **{name: error.metadata[name] for name in facts if name in error.metadata}}
    if code == "prompt_prevented":
        data["reason"] = error.reason
    return {"code": code, "message": error.message, "data": data}


def _wpai_body(error: TollgateError, _request_id: str) -> dict[str, Any]:
    code, status = _wpai_fault(error)
    body = wordpress_body(error, code, status)
    if isinstance(error, InsufficientScope):
        body["message"] = REST_FORBIDDEN.get(error.metadata.get("required", ""), error.message)
    return body


def _wpai_fault(error: TollgateError) -> tuple[str, int]:
    """The code and the status of an error: a provider's own status where it helps the caller."""
    code = nearest(error, _WPAI_CODES)
    if error.reason.startswith(("rest_", "ai_", "prompt_")):
        # This occurrence has a finer one.
        code = error.reason
    status = nearest(error, _WPAI_STATUS).value
    said = error.upstream_status if isinstance(error, UpstreamError) else error.metadata.get("upstream_status")
    if not isinstance(said, int) or isinstance(error, ProviderAuthFailed | ProviderBilling):
        return code, status
    if said in _WPAI_PASSED_ON:
        return "prompt_client_error", said
    if 400 <= said < 500:
        return "prompt_client_error", HTTPStatus.BAD_GATEWAY.value
    return ("prompt_upstream_server_error", said) if 500 <= said < 600 else (code, status)


def _wpllm_body(error: TollgateError, request_id: str) -> dict[str, Any]:
    # A module of its own: only this family pays for it at a cold start.
    from tollgate.edge.wpllm_errors import body_of as wpllm_body_of  # noqa: PLC0415 - as above

    return wpllm_body_of(error, request_id, status=nearest(error, STATUS), wait_ms=wait_ms(error))


def _aipuffer_body(error: TollgateError, _request_id: str) -> dict[str, Any]:
    from tollgate.edge.aipuffer_errors import body_of as aipuffer_body_of  # noqa: PLC0415 - as above

    return aipuffer_body_of(error, wait_ms=wait_ms(error, family="aipuffer"))


def _aipuffer_status(error: TollgateError) -> int:
    from tollgate.edge.aipuffer_errors import fault_of  # noqa: PLC0415 - as above

    return fault_of(error)[1]


# A family that is not here answers with the status of the class.
_STATUSES: Final[Mapping[str, Callable[[TollgateError], int]]] = {
    "aipuffer": _aipuffer_status,
    "wpai": lambda error: _wpai_fault(error)[1],
}
# Families whose own clients have never been told how to send a key.
_WITHOUT_CHALLENGE: Final = frozenset({"aipuffer"})
# A family that is not here answers in the router's shape.
_BODIES: Final[Mapping[str, Callable[[TollgateError, str], dict[str, Any]]]] = {
    "aipuffer": _aipuffer_body,
    "gateway": _superset_body,
    "wpai": _wpai_body,
    "wpllm": _wpllm_body,
}


def nearest(error: TollgateError, table: Mapping[type[TollgateError], Row]) -> Row:
    """The row of an error's class, or of its nearest ancestor that has one."""
    return next(table[kind] for kind in type(error).__mro__ if kind in table)
