"""Failures as statuses, headers and bodies."""

import math
from collections.abc import Iterator

import pytest

from tollgate.edge.errors import body_of, headers_of, internal_error, status_of
from tollgate.errors import (
    AmbiguousCredentials,
    BadRequest,
    BalanceReserved,
    Conflict,
    ConnectFailed,
    ContentFiltered,
    ContextLengthExceeded,
    GateBusy,
    GateUnavailable,
    Impossible,
    InsufficientBalance,
    InsufficientScope,
    InvalidJson,
    InvalidModelId,
    KeyDisabled,
    KeyExpired,
    KeyLimitReached,
    KeyNotFound,
    MethodNotAllowed,
    MissingKey,
    ModelNotAllowed,
    ModelNotFound,
    ModelUnpriced,
    NoProviderAvailable,
    NotFound,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    RateLimited,
    RequestExceedsBalance,
    RouteNotFound,
    StreamTimeout,
    TollgateError,
    TooLarge,
    Unauthenticated,
    UnknownModelInScope,
    UnsupportedMediaType,
    UnsupportedParameter,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
    WrongEndpoint,
)

NO_NUMBER = math.nan


@pytest.mark.parametrize(
    ("wait_s", "seconds", "milliseconds"),
    [
        (7, "7", "7000"),
        (1.2, "2", "1200"),
        (0.25, "1", "250"),
        (0, "1", "1"),
        (-5, "1", "1"),
        (119.5, "120", "119500"),
        (120, "120", "120000"),
        (3_600, "120", "120000"),
        (math.inf, "120", "120000"),
        (-math.inf, "1", "1"),
        (NO_NUMBER, "1", "1000"),
    ],
)
def test_a_wait_is_told_in_whole_seconds_from_1_to_120_and_in_milliseconds(
    wait_s: float, seconds: str, milliseconds: str
) -> None:
    headers = headers_of(RateLimited("Slow down.", retry_after_s=wait_s))

    assert (headers["retry-after"], headers["retry-after-ms"]) == (seconds, milliseconds)


@pytest.mark.parametrize("wait_s", [None, 0.25, 7, 3_600, math.inf, NO_NUMBER])
def test_the_body_says_the_same_wait_as_the_header(wait_s: float | None) -> None:
    error = RateLimited("Slow down.", retry_after_s=wait_s)

    body = body_of(error, family="router", request_id="req_1")

    assert str(body["error"]["metadata"]["retry_after"]) == headers_of(error)["retry-after"]


@pytest.mark.parametrize(
    "kind",
    [BalanceReserved, Conflict, RateLimited, GateBusy, GateUnavailable, ProviderRateLimited, ProviderOverloaded],
)
def test_what_is_worth_another_try_says_when_even_where_nobody_gave_a_hint(kind: type[TollgateError]) -> None:
    headers = headers_of(kind("Later."))

    assert (headers["x-should-retry"], headers["retry-after"]) == ("true", "1")


@pytest.mark.parametrize("kind", [InsufficientBalance, ModelUnpriced, UpstreamTimeout, NotFound, TollgateError])
def test_there_is_no_wait_where_waiting_does_not_help_or_has_no_place(kind: type[TollgateError]) -> None:
    headers = headers_of(kind("No."))

    assert not {"retry-after", "retry-after-ms"} & headers.keys()


def test_a_failure_of_a_provider_names_it_and_what_it_said() -> None:
    error = ProviderOverloaded("Busy.", provider="openai", upstream_status=529, upstream_code="overloaded_error")

    metadata = body_of(error, family="router", request_id="req_1")["error"]["metadata"]

    assert metadata == {
        "provider": "openai",
        "upstream_status": 529,
        "upstream_code": "overloaded_error",
        "retry_after": 1,
        "request_id": "req_1",
    }


def test_a_provider_that_never_answered_is_named_alone() -> None:
    error = ConnectFailed("Unreachable.", provider="openai")

    metadata = body_of(error, family="router", request_id="req_1")["error"]["metadata"]

    assert metadata == {"provider": "openai", "request_id": "req_1"}


@pytest.mark.parametrize("family", ["router", "gateway"])
def test_what_is_for_the_operator_is_told_to_nobody_else(family: str) -> None:
    error = ProviderAuthFailed("Refused.", provider="openai", detail="Your account is suspended.")

    kept = body_of(error, family=family, request_id="req_1")
    told = body_of(error, family=family, request_id="req_1", is_for_operator=True)

    assert "suspended" not in str(kept)
    assert told["error"]["metadata"]["detail"] == "Your account is suspended."


def every_kind(kind: type[TollgateError] = TollgateError) -> Iterator[type[TollgateError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from every_kind(child)


EVERY_KIND: list[type[TollgateError]] = sorted(every_kind(), key=lambda kind: kind.__name__)

CATALOGUE: list[tuple[type[TollgateError], int, str, str, bool]] = [
    (InvalidJson, 400, "invalid_request_error", "invalid_json", False),
    (BadRequest, 400, "invalid_request_error", "invalid_request", False),
    (InvalidModelId, 400, "invalid_request_error", "invalid_model_id", False),
    (WrongEndpoint, 400, "invalid_request_error", "wrong_endpoint", False),
    (UnsupportedParameter, 400, "invalid_request_error", "unsupported_parameter", False),
    (ContextLengthExceeded, 400, "invalid_request_error", "context_length_exceeded", False),
    (ContentFiltered, 400, "invalid_request_error", "content_filter", False),
    (UpstreamRejected, 400, "invalid_request_error", "upstream_rejected", False),
    (Unauthenticated, 401, "authentication_error", "invalid_api_key", False),
    (MissingKey, 401, "authentication_error", "missing_api_key", False),
    (AmbiguousCredentials, 401, "authentication_error", "ambiguous_credentials", False),
    (KeyDisabled, 401, "authentication_error", "key_disabled", False),
    (KeyExpired, 401, "authentication_error", "key_expired", False),
    (InsufficientBalance, 402, "insufficient_quota", "insufficient_balance", False),
    (RequestExceedsBalance, 402, "insufficient_quota", "request_exceeds_balance", False),
    (BalanceReserved, 402, "insufficient_quota", "balance_reserved", True),
    (KeyLimitReached, 402, "insufficient_quota", "key_limit_reached", False),
    (ModelNotAllowed, 403, "permission_error", "model_not_allowed", False),
    (InsufficientScope, 403, "permission_error", "insufficient_scope", False),
    (ModelNotFound, 404, "invalid_request_error", "model_not_found", False),
    (RouteNotFound, 404, "invalid_request_error", "route_not_found", False),
    (KeyNotFound, 404, "invalid_request_error", "key_not_found", False),
    (MethodNotAllowed, 405, "invalid_request_error", "method_not_allowed", False),
    (Conflict, 409, "invalid_request_error", "conflict", True),
    (TooLarge, 413, "invalid_request_error", "request_too_large", False),
    (UnsupportedMediaType, 415, "invalid_request_error", "unsupported_media_type", False),
    (Impossible, 422, "invalid_request_error", "invalid_request", False),
    (UnknownModelInScope, 422, "invalid_request_error", "unknown_model_in_scope", False),
    (RateLimited, 429, "rate_limit_error", "rate_limit_exceeded", True),
    (ProviderRateLimited, 429, "rate_limit_error", "rate_limit_exceeded", True),
    (TollgateError, 500, "api_error", "internal_error", True),
    (UpstreamInvalid, 502, "upstream_error", "upstream_invalid_response", False),
    (ConnectFailed, 502, "upstream_error", "upstream_invalid_response", False),
    (ProviderAuthFailed, 502, "upstream_error", "provider_auth_failed", False),
    (ProviderBilling, 502, "upstream_error", "provider_billing", False),
    (ProviderOverloaded, 503, "upstream_error", "provider_overloaded", True),
    (NoProviderAvailable, 503, "upstream_error", "no_provider_available", True),
    (ModelUnpriced, 503, "service_unavailable", "model_unpriced", False),
    (GateBusy, 503, "service_unavailable", "gate_busy", True),
    (GateUnavailable, 503, "service_unavailable", "gate_unavailable", True),
    (UpstreamTimeout, 504, "upstream_error", "upstream_timeout", False),
    (StreamTimeout, 504, "upstream_error", "stream_timeout", False),
]


@pytest.mark.parametrize(
    ("kind", "status", "word", "code", "is_worth_retrying"), CATALOGUE, ids=[row[0].__name__ for row in CATALOGUE]
)
def test_a_failure_has_the_status_the_type_the_code_and_the_advice_of_the_catalogue(
    kind: type[TollgateError], status: int, word: str, code: str, is_worth_retrying: bool
) -> None:
    error = kind("What happened.")

    body = body_of(error, family="router", request_id="req_1")["error"]

    assert (status_of(error), body["type"], body["code"]) == (status, word, code)
    assert headers_of(error)["x-should-retry"] == ("true" if is_worth_retrying else "false")


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_failure_there_is_fits_the_envelope(kind: type[TollgateError]) -> None:
    error = kind("What happened.", param="messages[0].content", metadata={"limit": 3})

    body = body_of(error, family="router", request_id="req_1")

    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code", "metadata"}
    assert (body["error"]["message"], body["error"]["param"]) == ("What happened.", "messages[0].content")
    assert body["error"]["metadata"].items() >= {"limit": 3, "request_id": "req_1"}.items()
    assert 400 <= status_of(error) < 600


TYPES = {
    "invalid_request_error": {400, 404, 405, 409, 413, 415, 422, 431},
    "authentication_error": {401},
    "insufficient_quota": {402},
    "permission_error": {403},
    "rate_limit_error": {429},
    "api_error": {500},
    "upstream_error": {502, 503, 504},
    "service_unavailable": {503},
}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_failure_has_a_type_that_goes_with_its_status(kind: type[TollgateError]) -> None:
    error = kind("What happened.")

    word = body_of(error, family="router", request_id="req_1")["error"]["type"]

    assert status_of(error) in TYPES[word]


def test_a_finer_code_takes_the_place_of_the_one_of_the_class() -> None:
    error = TooLarge("Too much sound.", code="audio_too_large")

    assert body_of(error, family="router", request_id="req_1")["error"]["code"] == "audio_too_large"


def test_a_missing_credential_is_told_with_the_scheme_that_is_taken() -> None:
    assert headers_of(MissingKey("No key."))["www-authenticate"] == 'Token realm="tollgate"'


def test_a_method_that_is_not_taken_is_told_with_those_that_are() -> None:
    error = MethodNotAllowed("Not DELETE.", metadata={"allow": ["GET", "POST"]})

    assert headers_of(error)["allow"] == "GET, POST"


def test_a_mistake_of_ours_says_nothing_about_itself() -> None:
    error = internal_error()

    assert (status_of(error), error.reason, error.metadata) == (500, "internal_error", {})


def test_an_unknown_route_answers_in_a_form_that_clients_of_every_family_read() -> None:
    body = body_of(RouteNotFound("There is no route."), family="gateway", request_id="req_1")

    assert body.keys() == {"error", "code", "message", "data"}
    assert body["error"].keys() >= {
        "message",
        "type",
        "param",
        "code",
        "details",
        "metadata",
        "request_id",
        "timestamp",
    }
    assert (body["code"], body["message"], body["data"]) == (
        "route_not_found",
        "There is no route.",
        {"status": 404},
    )


def test_the_metadata_of_an_error_is_its_own() -> None:
    facts = {"limit": 3}

    error = BadRequest("No.", metadata=facts)
    error.metadata["usage"] = {}

    assert facts == {"limit": 3}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_failure_there_is_fits_wordpress_too(kind: type[TollgateError]) -> None:
    error = kind("What happened.", metadata={"secret": 1, "params": ["x"]})

    body = body_of(error, family="wpai", request_id="req_1")

    assert body.keys() == {"code", "message", "data"}
    assert body["code"].startswith(("rest_", "prompt_", "ai_"))
    # On this code its client asks for a new nonce, and the page never sees the error.
    assert body["code"] != "rest_cookie_invalid_nonce"
    assert body["data"].items() >= {"status": status_of(error, family="wpai"), "params": ["x"]}.items()
    assert "secret" not in body["data"]


@pytest.mark.parametrize(
    ("upstream_status", "expected"),
    [
        (302, ("prompt_builder_error", 502)),
        (404, ("prompt_client_error", 404)),
        (403, ("prompt_client_error", 502)),
        (418, ("prompt_client_error", 502)),
        (529, ("prompt_upstream_server_error", 529)),
        (999, ("prompt_builder_error", 502)),
    ],
)
def test_a_providers_own_status_is_told_to_wordpress_where_it_helps(
    upstream_status: int, expected: tuple[str, int]
) -> None:
    error = UpstreamInvalid("No.", upstream_status=upstream_status)

    assert (body_of(error, family="wpai", request_id="req_1")["code"], status_of(error, family="wpai")) == expected
