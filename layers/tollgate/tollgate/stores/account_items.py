"""Accounts, holds and ledger entries as they are stored."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from tollgate.contracts.accounts import Account, Entry, Funds, Hold, Period
from tollgate.contracts.rates import AT_ONCE, PER_DAY, PER_MINUTE, REQUESTS
from tollgate.stores.rates import PLAN_LIMIT, PLAN_TOKENS, marks_item, marks_of
from tollgate.stores.table import Item

SCHEMA: Final = 1
ENTRY_KEY: Final = "entry"
PERIOD: Final = timedelta(days=30)


def account_of(item: Item) -> Account:
    """An account that was stored."""
    return Account(
        id=item["account_id"],
        name=item["name"],
        funds=funds_of(item),
        created_at=item["created_at"],
        updated_at=item["updated_at"],
        limits=limits_of(item),
        spent=item["spend"],
        plan=item.get("plan_id"),
    )


def funds_of(item: Item) -> Funds:
    """The money of an account, with its rate limits and what counts towards them."""
    return Funds(
        balance=item["balance"],
        available=item["available"],
        reserved=item["reserved"],
        open_holds=len(item["holds"]),
        limits=limits_of(item),
        rates={**item.get("rates", {}), **item.get("day_counts", {})},
        plan_limits=plan_limits_of(item),
        period=period_of(item),
    )


def only_set(limits: Mapping[str, int | None]) -> dict[str, int]:
    """Limits as they are stored: the condition of a reservation takes one that is there for one that holds."""
    return {name: limit for name, limit in limits.items() if limit is not None}


def limits_of(item: Item) -> dict[str, int | None]:
    """The rate limits of an account; None where there is none."""
    found = item.get("limits", {})
    return {name: int(found[name]) if found.get(name) is not None else None for name in (*PER_MINUTE.values(), AT_ONCE)}


def plan_limits_of(item: Item) -> dict[str, int]:
    """The rate limits of an account's plan."""
    found = item.get("limits", {})
    names = (PER_MINUTE[REQUESTS], PER_DAY)
    return {name: int(found[PLAN_LIMIT + name]) for name in names if PLAN_LIMIT + name in found}


def first_period(created_at: str) -> Item:
    """The attributes of an account's first period, which begins when it is opened."""
    started_at = int(datetime.fromisoformat(created_at).timestamp())
    return {
        "period_started_at": started_at,
        "period_ends_at": started_at + int(PERIOD.total_seconds()),
        "period_tokens": 0,
        "period_told": {},
    }


def period_of(item: Item) -> Period | None:
    """The period that an account was last seen in; it may be over."""
    if "period_ends_at" not in item:
        return None
    limit = item.get("limits", {}).get(PLAN_TOKENS)
    return Period(
        started_at=int(item["period_started_at"]),
        ends_at=int(item["period_ends_at"]),
        tokens=int(item["period_tokens"]),
        limit=None if limit is None else int(limit),
    )


def hold_item(hold: Hold) -> Item:
    """A hold as it stands in its account."""
    return {
        "amount": hold.amount_usd,
        "expires_at": int(hold.expires_at.timestamp()),
        "request_id": hold.request_id,
        "key_id": hold.key_id,
        "model": hold.model,
        "window": hold.window,
        "operation": hold.operation,
        **({"rates": marks_item(hold.marks)} if hold.marks else {}),
    }


def hold_of(account_id: str, hold_id: str, item: Item) -> Hold:
    """A hold that stands in an account."""
    return Hold(
        id=hold_id,
        account_id=account_id,
        amount_usd=item["amount"],
        expires_at=datetime.fromtimestamp(int(item["expires_at"]), UTC),
        request_id=item["request_id"],
        key_id=item["key_id"],
        model=item["model"],
        window=item["window"],
        checkpoint_usd=item.get("checkpoint"),
        marks=marks_of(item.get("rates")),
        operation=item.get("operation", ""),
    )


def entry_item(entry: Entry) -> Item:
    """A ledger entry as it is stored."""
    item: Item = {
        "account_id": entry.account_id,
        ENTRY_KEY: entry.id,
        "schema": SCHEMA,
        "type": entry.type,
        "amount": entry.amount_usd,
        "created_at": entry.created_at,
        "estimated": entry.is_estimated,
        "usage": dict(entry.usage),
        "details": dict(entry.details),
    }
    optional = {
        "hold_id": entry.hold_id,
        "request_id": entry.request_id,
        "key_id": entry.key_id,
        "model": entry.model,
        "outcome": entry.outcome,
        "operation": entry.operation or None,
        "credit_id": entry.credit_id,
        "balance_before": entry.balance_before_usd,
        "balance_after": entry.balance_after_usd,
    }
    return item | {name: value for name, value in optional.items() if value is not None}


def entry_of(item: Item) -> Entry:
    """A ledger entry that was stored."""
    return Entry(
        id=item[ENTRY_KEY],
        account_id=item["account_id"],
        type=item["type"],
        amount_usd=item["amount"],
        created_at=item["created_at"],
        hold_id=item.get("hold_id"),
        request_id=item.get("request_id"),
        key_id=item.get("key_id"),
        model=item.get("model"),
        outcome=item.get("outcome"),
        operation=item.get("operation", ""),
        is_estimated=item["estimated"],
        usage=_counts(item["usage"]),
        details=item["details"],
        credit_id=item.get("credit_id"),
        balance_before_usd=item.get("balance_before"),
        balance_after_usd=item.get("balance_after"),
    )


def _counts(usage: Item) -> dict[str, Any]:
    """Counts as whole numbers again: the store has decimals only."""
    return {name: _counts(value) if isinstance(value, dict) else int(value) for name, value in usage.items()}


def marked(entry: Entry, balance_before: Decimal) -> Entry:
    """An entry with the balance before and after it."""
    return replace(entry, balance_before_usd=balance_before, balance_after_usd=balance_before + entry.amount_usd)


def told_of(item: Item) -> dict[str, int]:
    """What the owner was told of the present period, by event, with the time of it in Unix seconds."""
    return {event: int(at) for event, at in item.get("period_told", {}).items()}
