"""Periods follow each other without a gap, and quotas are told by whole percents."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.contracts.accounts import Period
from tollgate.errors import QuotaExceeded
from tollgate.ledger.quota import PERIOD_S, check_quota, notices_of, present

_START = 1_767_225_600
_MOMENTS = st.integers(min_value=_START, max_value=_START + 10 * PERIOD_S)


def _period(*, tokens: int = 500, limit: int | None = 1000) -> Period:
    return Period(started_at=_START, ends_at=_START + PERIOD_S, tokens=tokens, limit=limit)


@given(at=_MOMENTS)
def test_every_moment_is_in_exactly_one_period_of_thirty_days(at: int) -> None:
    found = present(_period(), datetime.fromtimestamp(at, UTC))

    assert found.started_at <= at < found.ends_at
    assert found.ends_at - found.started_at == PERIOD_S
    assert (found.started_at - _START) % PERIOD_S == 0
    assert found.tokens == (500 if found.started_at == _START else 0)
    assert found.limit == 1000


@given(first=_MOMENTS, second=_MOMENTS)
def test_it_does_not_matter_how_many_periods_were_seen_in_between(first: int, second: int) -> None:
    first, second = sorted((first, second))

    direct = present(_period(tokens=0), datetime.fromtimestamp(second, UTC))
    by_stages = present(
        present(_period(tokens=0), datetime.fromtimestamp(first, UTC)), datetime.fromtimestamp(second, UTC)
    )

    assert direct == by_stages


@pytest.mark.parametrize(("tokens", "is_refused"), [(0, False), (999, False), (1000, True), (1001, True)])
def test_a_quota_is_used_up_when_as_many_tokens_are_used_as_it_has(tokens: int, is_refused: bool) -> None:
    period = _period(tokens=tokens)

    if is_refused:
        with pytest.raises(QuotaExceeded):
            check_quota(period)
    else:
        check_quota(period)


@pytest.mark.parametrize(
    ("tokens", "events"),
    [
        (0, []),
        (799, []),
        (800, ["usage.warning"]),
        (999, ["usage.warning"]),
        (1000, ["usage.warning", "usage.quota_exceeded"]),
    ],
)
def test_owners_are_warned_at_eighty_percent_and_told_at_a_hundred(tokens: int, events: list[str]) -> None:
    assert notices_of(_period(tokens=tokens)) == events


def test_without_a_quota_nothing_is_used_up() -> None:
    period = _period(limit=None, tokens=10**12)

    check_quota(period)
    check_quota(None)
    assert notices_of(period) == []
