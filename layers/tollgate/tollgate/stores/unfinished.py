"""What the sweeper finds to do in an account."""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from tollgate.contracts.accounts import Entry, Hold, Period
from tollgate.stores.account_items import entry_of, hold_of, marked, period_of, told_of
from tollgate.stores.table import Item
from tollgate.stores.usage import has_usage


class Unfinished(Struct, frozen=True):
    """What the sweeper looks at: the holds of an account, and entries that are not in the ledger yet."""

    account_id: str
    holds: tuple[Hold, ...]
    entries: tuple[Entry, ...]
    spend: tuple[str, ...]
    rates: tuple[str, ...]
    days: tuple[str, ...] = ()
    has_usage: bool = False
    period: Period | None = None
    told: Mapping[str, int] = field(default_factory=dict)
    pays: bool = False
    """Whether it pays for a plan, or is about to."""


def unfinished_of(item: Item) -> Unfinished:
    """What may be left to do in an account as it is stored."""
    account_id, period = item["account_id"], period_of(item)
    return Unfinished(
        account_id=account_id,
        holds=tuple(_in_its_period(hold_of(account_id, name, hold), period) for name, hold in item["holds"].items()),
        entries=tuple(marked(entry_of(waiting), item["marks"][name]) for name, waiting in item["outbox"].items()),
        spend=tuple(item["spend"]),
        rates=tuple(item["rates"]),
        days=tuple(item.get("day_counts", ())),
        has_usage=has_usage(item),
        period=period,
        told=told_of(item),
        pays="plan_change" in item or "subscription" in item.get("payment", {}),
    )


def _in_its_period(hold: Hold, period: Period | None) -> Hold:
    """A hold that was found in an account, with the end of the period that admitted it: now or earlier."""
    if period is None or hold.marks is None:
        return hold
    return replace(hold, period_ends_at=period.ends_at if hold.marks.at >= period.started_at else period.started_at)
