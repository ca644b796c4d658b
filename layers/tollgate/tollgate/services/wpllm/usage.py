"""What an account was charged, by day and by model, key or endpoint."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.usage_lines import Counts, Line
from tollgate.contracts.wpllm.usage import DailyCosts, UsageItem, UsageQuery, UsageReport
from tollgate.errors import BadRequest, GateBusy
from tollgate.ledger.money import EXACT, ZERO, text
from tollgate.resources import Resources
from tollgate.stores.usage import UsageMoving

MOST_DAYS: Final = 90
_MICRODOLLAR: Final = Decimal("0.000001")


async def get_usage(query: UsageQuery, call: Call, resources: Resources) -> Answer:
    """The charges of some days, exactly those that the ledger has for them, calls that have just ended included.

    Raises BadRequest, GateBusy.
    """
    first, last = _range(query, resources.now().date())
    try:
        lines = await resources.usage.read(
            call.caller.account_id, first_day=first.isoformat(), last_day=last.isoformat()
        )
    except UsageMoving as exc:
        raise GateBusy("Usage changes too fast to be read now. Try again.", retry_after_s=1) from exc
    days: dict[str, dict[str, Counts]] = {day.isoformat(): {} for day in _days(first, last)}
    for line, counts in lines:
        items, name = days[line.day], _name(line, query.group_by)
        items[name] = items.get(name, Counts()).plus(counts)
    buckets = [_bucket(day, items) for day, items in days.items()]
    content = UsageReport(
        daily_costs=buckets,
        # Of the rounded costs, so that the document adds up for whoever adds it up.
        total_usage=float(sum((Decimal(str(item.cost)) for one in buckets for item in one.line_items), ZERO)),
        total_usage_exact=text(sum((counts.cost_usd for _, counts in lines), ZERO)),
    )
    return Answer(content=content, headers={"cache-control": "no-store"})


def _range(query: UsageQuery, today: date) -> tuple[date, date]:
    if query.start_date is None and query.end_date is None:
        day = query.date or today
        return day, day
    if query.date is not None:
        raise BadRequest("'date' goes alone, without 'start_date' and 'end_date'.", param="date")
    if query.start_date is None:
        raise BadRequest("'end_date' needs a 'start_date'.", param="start_date")
    last = query.end_date or today
    if last < query.start_date:
        raise BadRequest("'end_date' must not be before 'start_date'.", param="end_date")
    if (last - query.start_date).days >= MOST_DAYS:
        raise BadRequest(f"A range has at most {MOST_DAYS} days.", param="start_date")
    return query.start_date, last


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _name(line: Line, group_by: str) -> str:
    return {"model": line.model, "key": line.key_id, "operation": line.operation}[group_by]


def _bucket(day: str, items: dict[str, Counts]) -> DailyCosts:
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return DailyCosts(
        timestamp=int(midnight.timestamp()), line_items=[_item(name, items[name]) for name in sorted(items)]
    )


def _item(name: str, counts: Counts) -> UsageItem:
    return UsageItem(
        name=name,
        cost=float(counts.cost_usd.quantize(_MICRODOLLAR, ROUND_HALF_UP, EXACT)),
        cost_exact=text(counts.cost_usd),
        requests=counts.requests,
        prompt_tokens=counts.prompt_tokens,
        completion_tokens=counts.completion_tokens,
        total_tokens=counts.total_tokens,
    )
