"""The windows of a key's spend limit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tollgate.ledger.windows import window_of


@pytest.mark.parametrize(
    ("reset", "moment", "window"),
    [
        ("daily", "2026-11-21T09:00:00Z", "2026-11-21"),
        ("daily", "2026-11-21T23:59:59Z", "2026-11-21"),
        ("daily", "2026-11-22T00:00:00Z", "2026-11-22"),
        ("weekly", "2026-11-22T23:59:59Z", "2026-W47"),
        ("weekly", "2026-11-23T00:00:00Z", "2026-W48"),
        ("weekly", "2026-12-31T12:00:00Z", "2026-W53"),
        ("weekly", "2027-01-03T23:59:59Z", "2026-W53"),
        ("weekly", "2027-01-04T00:00:00Z", "2027-W01"),
        ("weekly", "2024-12-30T00:00:00Z", "2025-W01"),
        ("monthly", "2026-11-30T23:59:59Z", "2026-11"),
        ("monthly", "2026-12-01T00:00:00Z", "2026-12"),
        (None, "2026-11-21T09:00:00Z", "ever"),
    ],
)
def test_a_window_begins_at_midnight_and_a_week_on_monday(reset: str | None, moment: str, window: str) -> None:
    assert window_of(reset, datetime.fromisoformat(moment)) == window


@given(
    st.sampled_from(("daily", "weekly", "monthly")),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC)),  # noqa: DTZ001
    st.integers(0, 400 * 24),
)
def test_the_names_of_windows_sort_as_time_goes_by(reset: str, moment: datetime, hours: int) -> None:
    later = moment + timedelta(hours=hours)

    assert window_of(reset, moment) <= window_of(reset, later)


def test_windows_of_different_lengths_have_different_names() -> None:
    assert len({window_of(reset, NOW) for reset in ("daily", "weekly", "monthly", None)}) == 4
