"""Errors as the WP LLM API words them."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from pydantic_core import ValidationError

from tollgate.errors import InMaintenance, InsufficientScope, TollgateError, Unauthenticated

_LONGEST_VALUE: Final = 200


class _Kind(NamedTuple):
    type: str
    code: str


# Clients branch on `type`, so every status has one of these.
_KINDS: Final[Mapping[HTTPStatus, _Kind]] = {
    HTTPStatus.BAD_REQUEST: _Kind("validation_error", "invalid_parameters"),
    HTTPStatus.UNAUTHORIZED: _Kind("authentication_error", "invalid_api_key"),
    HTTPStatus.PAYMENT_REQUIRED: _Kind("quota_error", "quota_exceeded"),
    HTTPStatus.FORBIDDEN: _Kind("authorization_error", "insufficient_permissions"),
    HTTPStatus.NOT_FOUND: _Kind("resource_error", "not_found"),
    HTTPStatus.METHOD_NOT_ALLOWED: _Kind("validation_error", "method_not_allowed"),
    HTTPStatus.CONFLICT: _Kind("resource_error", "invalid_state"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _Kind("validation_error", "payload_too_large"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _Kind("validation_error", "unsupported_media_type"),
    HTTPStatus.UNPROCESSABLE_ENTITY: _Kind("validation_error", "invalid_parameters"),
    HTTPStatus.TOO_MANY_REQUESTS: _Kind("rate_limit_error", "rate_limit_exceeded"),
    HTTPStatus.INTERNAL_SERVER_ERROR: _Kind("server_error", "internal_error"),
    HTTPStatus.BAD_GATEWAY: _Kind("server_error", "bad_gateway"),
    HTTPStatus.SERVICE_UNAVAILABLE: _Kind("server_error", "service_unavailable"),
    HTTPStatus.GATEWAY_TIMEOUT: _Kind("server_error", "timeout"),
}
# Codes of ours that the API has under the same name, or as another of its own.
_CODES: Final[Mapping[str, str]] = {
    "invalid_json": "invalid_json",
    "context_length_exceeded": "context_length_exceeded",
    "content_filter": "content_filtered",
    "model_not_found": "model_not_found",
    "key_expired": "token_expired",
    "webhook_not_found": "webhook_not_found",
    "file_not_found": "file_not_found",
    "fine_tune_not_found": "fine_tune_not_found",
}


def code_of(error: Unauthenticated) -> str:
    """What is wrong with a credential, as the API's clients know it."""
    return _CODES.get(error.reason, _KINDS[HTTPStatus.UNAUTHORIZED].code)


def body_of(error: TollgateError, request_id: str, *, status: HTTPStatus, wait_ms: int | None) -> dict[str, Any]:
    """The error as an object that readers of any of the API's pages understand."""
    kind = _KINDS[status]
    code = _CODES.get(error.reason, kind.code)
    details = _details(error, request_id, status, code)
    param = details.get("field", error.param)
    body: dict[str, Any] = {
        "type": "content_error" if code == "content_filtered" else kind.type,
        "code": code,
        "message": error.message,
        "param": param,
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS and wait_ms is not None:
        body["retry_after"] = details["retry_after"] = math.ceil(wait_ms / 1000)
    return {
        "error": {
            **body,
            "details": details,
            "request_id": request_id,
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    }


def _details(error: TollgateError, request_id: str, status: HTTPStatus, code: str) -> dict[str, Any]:
    known = error.metadata
    match code:
        case "invalid_parameters":
            return _failures(error)
        case "invalid_json":
            return {"issue": error.message}
        case "model_not_found":
            return {"model_id": known.get("model_id", ""), "available_models": known.get("available_models", [])}
        case "payload_too_large":
            return {"limit_bytes": known.get("limit_bytes"), "actual_bytes": known.get("received_bytes")}
        case "insufficient_permissions":
            needed = known.get("required") if isinstance(error, InsufficientScope) else None
            return {"reason": error.reason, "required_permission": needed, "resource": error.param}
        case "internal_error":
            return {"error_id": f"err_{request_id.removeprefix('req_')}", "component": "gateway"}
        case "service_unavailable":
            return {
                "estimated_recovery": known.get("estimated_recovery"),
                "maintenance_mode": isinstance(error, InMaintenance),
            }
    if status in {HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.UNAUTHORIZED}:
        return {"reason": error.reason, **known}
    return {} if status >= 500 else dict(known)


def _failures(error: TollgateError) -> dict[str, Any]:
    """Every field that is at fault; the first one stands for them where there is room for one."""
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return {"field": error.param, "issue": error.message, "value": None}
    failures = [
        {
            "field": ".".join(str(step) for step in detail["loc"])[:_LONGEST_VALUE],
            "issue": detail["msg"],
            "value": None if "secret" in detail["loc"] else _shown(detail["input"]),
        }
        for detail in cause.errors(include_url=False)
    ]
    return {**failures[0], "errors": failures}


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_LONGEST_VALUE]
    return value if isinstance(value, int | float) else None
