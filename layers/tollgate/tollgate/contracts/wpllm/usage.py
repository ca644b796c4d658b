"""`GET /v1/usage`."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tollgate.contracts.shapes import Query, Shape


def _calendar_date(value: Any) -> date:
    # Pydantic also takes numbers of seconds for dates, and Python also weeks.
    if isinstance(value, str) and len(value) == len("2026-11-21") and value[4] == value[7] == "-" and value.isascii():
        return date.fromisoformat(value)
    raise ValueError("expected a date such as 2026-11-21")


_Day = Annotated[date, BeforeValidator(_calendar_date), Field(json_schema_extra={"format": "date"})] | None


class UsageQuery(Query):
    """Which days to tell of, in UTC: one, or all from `start_date` to `end_date`."""

    date: _Day = None
    """The day, `YYYY-MM-DD`; today unless something else is said."""
    start_date: _Day = None
    """The first day of a range of at most 90."""
    end_date: _Day = None
    """The last day of the range; today unless it is said."""
    group_by: Literal["model", "key", "operation"] = "model"
    """What a line item is: a model, a key, or an endpoint."""


class UsageItem(Shape):
    """What one model, key or endpoint came to on one day."""

    name: str
    """The id of the model or key, or the endpoint, as in `wpllm/analyze_code`."""
    cost: float
    """US dollars, rounded to 6 decimals."""
    cost_exact: str
    """The cost with all of its 12 decimals."""
    requests: int
    """Calls that were charged."""
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class DailyCosts(Shape):
    """One day. `timestamp` is its first second in UTC, in Unix seconds."""

    timestamp: int
    line_items: list[UsageItem]
    """Sorted by name; none for a day on which nothing was charged."""


class UsageReport(Shape):
    """What the account was charged, day by day."""

    object: Literal["usage"] = "usage"
    daily_costs: list[DailyCosts]
    """One for each day, in their order."""
    total_usage: float
    """The sum of all costs above, in US dollars."""
    total_usage_exact: str
    """What was charged in all, with 12 decimals: what the ledger adds up to for these days."""
