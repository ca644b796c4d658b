"""Rate limits: who has to wait, for how long, and what is told of it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tollgate.contracts.rates import AT_ONCE, RateClaim, counter_of, minute_of, slot_of
from tollgate.errors import RateLimited
from tollgate.ledger.rates import check_rates, duration, rate_headers, seconds_left, standings

_MINUTE = minute_of(NOW)
_NAMES = ["requests_per_minute", "tokens_per_minute", AT_ONCE]
_LIMITS = st.dictionaries(st.sampled_from(_NAMES), st.integers(1, 5))


def _counters(**counts: int) -> dict[str, int]:
    """Such as `key_requests`, `account_tokens`."""
    scopes = {"key": "key_1", "account": "account"}
    return {
        counter_of(scopes[scope], what, _MINUTE): count
        for name, count in counts.items()
        for scope, what in [name.split("_")]
    }


def _claim(**limits: int) -> RateClaim:
    return RateClaim("key_1", limits, _MINUTE)


def _refusal(found: Any, now: datetime = NOW) -> RateLimited:
    with pytest.raises(RateLimited) as refused:
        check_rates(found, now)
    return refused.value


def test_a_key_that_used_up_its_requests_waits_for_the_next_minute() -> None:
    found = standings(_claim(requests_per_minute=60), {}, _counters(key_requests=60), 0)

    error = _refusal(found, NOW + timedelta(seconds=53))

    assert error.message == "Rate limit reached: 60 requests per minute. Retry after 7 seconds."
    assert (error.retry_after_s, error.metadata) == (
        7,
        {"limit_source": "key", "limit": 60, "remaining": 0, "reset_time": int(NOW.timestamp()) + 60},
    )


def test_an_account_that_used_up_its_tokens_says_so() -> None:
    found = standings(_claim(), {"tokens_per_minute": 100}, _counters(account_tokens=130), 0)

    error = _refusal(found)

    assert error.message == "Rate limit reached: 100 tokens per minute. Retry after 60 seconds."
    assert error.metadata["limit_source"] == "account"


def test_calls_in_flight_are_waited_for_a_moment() -> None:
    found = standings(_claim(concurrent_requests=2), {}, {slot_of("key_1"): 2}, 9)

    assert _refusal(found).message == "Rate limit reached: 2 requests at the same time. Retry after 1 second."


def test_the_limit_of_the_key_is_told_before_that_of_the_account() -> None:
    found = standings(
        _claim(requests_per_minute=1),
        {"requests_per_minute": 1},
        _counters(key_requests=1, account_requests=1),
        0,
    )

    assert _refusal(found).metadata["limit_source"] == "key"


@given(_LIMITS, _LIMITS, st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_a_call_passes_exactly_while_every_limit_has_room(
    key: dict[str, int], account: dict[str, int], requests: int, tokens: int, in_flight: int
) -> None:
    used = {"requests_per_minute": requests, "tokens_per_minute": tokens, AT_ONCE: in_flight}
    counters = _counters(key_requests=requests, key_tokens=tokens, account_requests=requests, account_tokens=tokens)
    found = standings(_claim(**key), account, {**counters, slot_of("key_1"): in_flight}, in_flight)
    has_room = all(used[name] < limit for limits in (key, account) for name, limit in limits.items())

    try:
        check_rates(found, NOW)
    except RateLimited:
        assert not has_room
    else:
        assert has_room


def test_counts_of_another_minute_and_of_another_key_do_not_count() -> None:
    counters = {counter_of("key_1", "requests", "2026-11-21T08:59"): 9, counter_of("key_2", "requests", _MINUTE): 9}

    check_rates(standings(_claim(requests_per_minute=1), {}, counters, 0), NOW)


def test_the_headers_tell_of_the_limit_that_has_less_left() -> None:
    found = standings(
        _claim(requests_per_minute=60, tokens_per_minute=1000),
        {"requests_per_minute": 100},
        _counters(key_requests=1, account_requests=98, key_tokens=1200),
        0,
    )

    assert rate_headers(found, NOW + timedelta(seconds=43)) == {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-reset-requests": "17s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "17s",
    }


def test_without_limits_there_is_nothing_to_tell() -> None:
    assert rate_headers(standings(_claim(), {}, _counters(account_requests=5), 3), NOW) == {}


@given(st.integers(0, 4_000_000_000))
def test_whoever_waits_as_long_as_told_comes_in_another_minute(seconds: int) -> None:
    now = datetime.fromtimestamp(seconds, NOW.tzinfo)

    assert 1 <= seconds_left(now) <= 60
    assert minute_of(now + timedelta(seconds=seconds_left(now))) > minute_of(now)


@pytest.mark.parametrize(("seconds", "text"), [(1, "1s"), (59, "59s"), (60, "1m0s"), (360, "6m0s"), (361, "6m1s")])
def test_a_time_is_written_as_openai_writes_it(seconds: int, text: str) -> None:
    assert duration(seconds) == text
    assert re.fullmatch(r"(\d+m)?\d+s", text)
