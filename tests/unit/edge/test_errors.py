"""Failures as statuses, headers and bodies."""

import math

import pytest

from tollgate.edge.errors import body_of, headers_of
from tollgate.errors import (
    BalanceReserved,
    Conflict,
    ConnectFailed,
    GateBusy,
    GateUnavailable,
    InsufficientBalance,
    ModelUnpriced,
    NotFound,
    ProviderOverloaded,
    ProviderRateLimited,
    RateLimited,
    TollgateError,
    UpstreamTimeout,
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
