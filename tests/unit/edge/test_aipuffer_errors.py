"""Codes and statuses that AI Puffer's clients know."""

import pytest

from tollgate import errors
from tollgate.edge.aipuffer_errors import body_of, fault_of
from tollgate.errors import TollgateError


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.MissingKey("x"), "rest_aipkit_invalid_api_key", 401),
        (errors.KeyExpired("x"), "rest_aipkit_invalid_api_key", 401),
        (errors.InsufficientScope("x"), "rest_forbidden", 403),
        (errors.RouteNotFound("x"), "rest_no_route", 404),
        (errors.MethodNotAllowed("x"), "rest_no_route", 404),
        (errors.InvalidJson("x"), "rest_invalid_json", 400),
        (errors.UnsupportedParameter("x"), "rest_aipkit_invalid_param", 400),
        (errors.UnsupportedMediaType("x"), "rest_aipkit_unsupported_media_type", 400),
        (errors.BalanceReserved("x"), "rest_aipkit_balance_reserved", 402),
        (errors.IdempotencyInProgress("x"), "rest_aipkit_idempotency_in_progress", 409),
        (errors.IdempotencyKeyReused("x"), "rest_aipkit_idempotency_key_reused", 422),
        (errors.TooLarge("x"), "rest_aipkit_request_too_large", 413),
        (errors.GateBusy("x"), "rest_aipkit_gate_busy", 503),
        (TollgateError("x"), "rest_aipkit_internal_error", 500),
        (errors.ContentFiltered("x", metadata={"upstream_status": 400}), "content_filter", 500),
        (errors.NoProviderAvailable("x"), "missing_api_key", 503),
        (errors.ConnectFailed("x"), "http_request_failed", 503),
        (errors.UpstreamTimeout("x"), "http_request_failed", 504),
        (errors.UpstreamInvalid("x"), "invalid_response_structure", 500),
        (errors.UpstreamInvalid("x", upstream_status=500), "api_error", 500),
        (errors.ProviderAuthFailed("x", upstream_status=401), "api_error", 502),
        (errors.ProviderBilling("x", upstream_status=402), "api_error", 502),
        (errors.UpstreamRejected("x", metadata={"upstream_status": 403}), "api_error", 502),
        (errors.UpstreamRejected("x", metadata={"upstream_status": 413}), "api_error", 413),
        (errors.ProviderOverloaded("x", upstream_status=529), "api_error", 529),
        (errors.Forbidden("x", code="ip_banned"), "ip_banned", 403),
    ],
)
def test_each_failure_has_its_code_and_its_status(error: TollgateError, code: str, status: int) -> None:
    assert fault_of(error) == (code, status)


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500])
def test_a_deployment_may_pass_on_what_a_provider_said(status: int) -> None:
    error = errors.ProviderAuthFailed("x", upstream_status=status)

    assert fault_of(error, passes_status=True) == ("api_error", status)


def test_a_body_has_what_its_service_says_and_the_wait_in_whole_seconds() -> None:
    error = errors.QuotaExhausted("Enough.", code="token_limit", metadata={"data": {"quota_notice": {"a": 1}}})

    assert body_of(error, wait_ms=1_500) == {
        "code": "token_limit",
        "message": "Enough.",
        "data": {"status": 429, "quota_notice": {"a": 1}, "retry_after": 2},
    }


def test_facts_that_nobody_asked_for_stay_inside() -> None:
    error = errors.ProviderAuthFailed("x", upstream_status=401, detail="sk-secret", metadata={"provider": "openai"})

    assert body_of(error, wait_ms=None)["data"] == {"status": 502}
