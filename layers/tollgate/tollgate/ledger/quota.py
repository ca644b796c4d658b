"""What follows from the tokens that an account has used in its period."""

from datetime import UTC, datetime
from typing import Any, Final

from tollgate.contracts.accounts import Period
from tollgate.errors import QuotaExceeded

PERIOD_S: Final = 30 * 86_400

# What the owner of an account is told, and from which share of the quota on.
_NOTICES: Final = (("usage.warning", 80), ("usage.quota_exceeded", 100))


def check_quota(period: Period | None) -> None:
    """Refuse a call where the tokens of the plan are used up. A call that crosses the limit is not refused.

    Raises QuotaExceeded.
    """
    if period is not None and period.limit is not None and period.tokens >= period.limit:
        raise QuotaExceeded(
            f"The plan's {period.limit:,} tokens are used up until {iso_of(period.ends_at)}. Choose a larger plan, "
            "or wait for the next period.",
            metadata=facts_of(period),
        )


def facts_of(period: Period) -> dict[str, Any]:
    """How a quota stands, as errors and events tell it."""
    return {"quota_limit": period.limit, "quota_used": period.tokens, "reset_date": iso_of(period.ends_at)}


def notices_of(period: Period) -> list[str]:
    """The events that the use of a quota has come to, by now; each is told once in a period."""
    if period.limit is None:
        return []
    return [event for event, percent in _NOTICES if period.tokens * 100 >= period.limit * percent]


def present(period: Period, now: datetime) -> Period:
    """The period that `now` falls into: the same one, or a later one in which nothing has been used."""
    passed = (int(now.timestamp()) - period.started_at) // PERIOD_S
    if passed <= 0:
        return period
    started_at = period.started_at + passed * PERIOD_S
    return period._replace(started_at=started_at, ends_at=started_at + PERIOD_S, tokens=0)


def iso_of(at: int) -> str:
    """A time in Unix seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
