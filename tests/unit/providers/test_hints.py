"""When to come back, in every form in which a provider says it."""

import math
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tollgate.providers.hints import LONGEST_S, duration_s, retry_after_s

IN_40_S = NOW + timedelta(seconds=40)


def retry_info(delay: Any, violations: Any = None) -> dict[str, Any]:
    return {
        "error": {
            "code": 429,
            "details": [
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
            ],
        }
    }


@pytest.mark.parametrize(
    ("headers", "body", "expected_s"),
    [
        ({}, None, None),
        ({"retry-after-ms": "1500"}, None, 1.5),
        ({"x-ms-retry-after-ms": "250"}, None, 0.25),
        ({"retry-after": "40"}, None, 40),
        ({"retry-after": "0.5"}, None, 0.5),
        ({"retry-after": "Sat, 21 Nov 2026 09:00:40 GMT"}, None, 40),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:40 +0100"}, None, 40),
        ({}, retry_info("40s"), 40),
        ({}, retry_info("1.5s"), 1.5),
        ({}, retry_info("40s", [{"quotaId": "RequestsPerMinutePerProject"}, "x", {"quotaId": 7}]), 40),
        ({}, retry_info("40s", [{"quotaId": "RequestsPerMinute"}, {"quotaId": "RequestsPerDayPerProject"}]), 120),
        ({}, retry_info(None, [{"quotaId": "TokensPerDay"}]), 120),
        ({"x-ratelimit-reset-requests": "6m0s"}, None, 120),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "7.66s"}, None, 7.66),
        ({"x-ratelimit-reset-tokens": "12ms"}, None, 0.012),
        ({"anthropic-ratelimit-requests-reset": "2026-11-21T09:00:40Z"}, None, 40),
        (
            {
                "anthropic-ratelimit-requests-reset": "2026-11-21T09:00:10Z",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-21T09:00:40+00:00",
            },
            None,
            40,
        ),
        ({"x-ratelimit-reset": str(int(IN_40_S.timestamp() * 1000))}, None, 40),
    ],
)
def test_each_form_of_a_hint_is_read_as_seconds(
    headers: Mapping[str, str], body: Any, expected_s: float | None
) -> None:
    assert retry_after_s(headers, body, now=NOW) == pytest.approx(expected_s)


def test_of_several_hints_the_first_in_the_order_of_precedence_counts() -> None:
    hints: list[tuple[str, str, float]] = [
        ("retry-after-ms", "1000", 1),
        ("x-ms-retry-after-ms", "2000", 2),
        ("retry-after", "3", 3),
        ("", "", 4),
        ("x-ratelimit-reset-tokens", "5s", 5),
        ("anthropic-ratelimit-tokens-reset", "2026-11-21T09:00:06Z", 6),
        ("x-ratelimit-reset", str(int((NOW.timestamp() + 7) * 1000)), 7),
    ]

    found = []
    for first in range(len(hints)):
        headers = {name: text for name, text, _ in hints[first:] if name}
        found.append(retry_after_s(headers, retry_info("4s") if first <= 3 else None, now=NOW))

    assert found == pytest.approx([seconds for _, _, seconds in hints])


@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        ({"retry-after": "86400"}, LONGEST_S),
        ({"retry-after": format_datetime(NOW + timedelta(days=1))}, LONGEST_S),
        ({"x-ratelimit-reset-requests": "24h0m0s"}, LONGEST_S),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": format_datetime(NOW - timedelta(days=1))}, 0),
        ({"anthropic-ratelimit-tokens-reset": "2020-01-01T00:00:00Z"}, 0),
        ({"x-ratelimit-reset": "1"}, 0),
    ],
)
def test_a_hint_is_never_negative_and_never_longer_than_two_minutes(
    headers: Mapping[str, str], expected_s: float
) -> None:
    assert retry_after_s(headers, None, now=NOW) == expected_s


@pytest.mark.parametrize(
    "nonsense",
    ["", "soon", "nan", "inf", "-inf", "1e999", "Sat, 99 Nov 2026", "Sat, 21 Nov 99999999999 09:00:00 GMT", "²"],
)
@pytest.mark.parametrize(
    "name",
    [
        "retry-after-ms",
        "x-ms-retry-after-ms",
        "retry-after",
        "x-ratelimit-reset-requests",
        "anthropic-ratelimit-requests-reset",
        "x-ratelimit-reset",
    ],
)
def test_nonsense_is_no_hint_and_the_next_form_is_looked_at(name: str, nonsense: str) -> None:
    assert retry_after_s({name: nonsense}, None, now=NOW) is None
    assert retry_after_s({name: nonsense, "x-ratelimit-reset-tokens": "5s"}, None, now=NOW) == 5


@pytest.mark.parametrize(
    "body",
    [
        "text",
        [],
        {"error": None},
        {"error": {"details": "none"}},
        {"error": {"details": ["none", {"@type": 5}]}},
        retry_info(None),
        retry_info("soon"),
        retry_info({"seconds": 4}),
    ],
)
def test_a_body_without_a_readable_delay_gives_no_hint(body: Any) -> None:
    assert retry_after_s({}, body, now=NOW) is None


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("1s", 1),
        ("0s", 0),
        ("40.5s", 40.5),
        ("12ms", 0.012),
        ("6m0s", 360),
        ("1m30.951s", 90.951),
        ("1h2m3s", 3723),
        ("2h", 7200),
        (" 1s ", 1),
        ("", None),
        ("5", None),
        ("1d", None),
        ("s", None),
        ("-1s", None),
    ],
)
def test_durations_are_read_as_seconds(text: str, expected_s: float | None) -> None:
    assert duration_s(text) == pytest.approx(expected_s)


anything = st.text(alphabet=st.characters(codec="utf-8"), max_size=40) | st.from_regex(
    r"\A(\d{1,12}|\d{1,30}(ms|s|m|h)|[A-Z][a-z]{2}, \d{1,4} [A-Z][a-z]{2} \d{1,12} \d\d:\d\d:\d\d [+-]?\w{1,6})\Z"
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "retry-after-ms",
                "x-ms-retry-after-ms",
                "retry-after",
                "x-ratelimit-reset-requests",
                "x-ratelimit-reset-tokens",
                "anthropic-ratelimit-tokens-reset",
                "x-ratelimit-reset",
            ]
        ),
        anything,
    ),
    anything,
)
def test_whatever_a_provider_sends_a_hint_is_none_or_a_number_within_bounds(
    headers: Mapping[str, str], delay: str
) -> None:
    found = retry_after_s(headers, retry_info(delay), now=NOW)

    assert found is None or (math.isfinite(found) and 0 <= found <= LONGEST_S)
