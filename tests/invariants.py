"""The invariants of the gate and of usage, checked on the stored items (contracts: balance gate, G1 to G5)."""

from collections import Counter
from decimal import Decimal
from typing import Any

from tollgate.contracts.usage_lines import Counts, Line
from tollgate.resources import Resources
from tollgate.stores.table import Table


async def check_books(resources: Resources, account_id: str, *, usage_only_after: Decimal | None = None) -> None:
    """Fail unless the account and its ledger agree to the last decimal.

    `usage_only_after` is what was credited in all, where nothing was adjusted below zero.
    """
    item = await _table(resources, "accounts_table").get({"account_id": account_id})
    assert item is not None
    holds = sum((hold["amount"] for hold in item["holds"].values()), Decimal(0))
    assert item["available"] >= 0, "G1: available never falls below zero through usage"
    assert item["reserved"] == holds, "G2: what is reserved is the sum of the open holds"
    assert item["balance"] == item["available"] + item["reserved"]
    assert not item["outbox"], "every entry has left the outbox"
    assert item["outbox"].keys() == item["marks"].keys()

    entries = await _entries(resources, account_id)
    counted = Counter(entry["hold_id"] for entry in entries if "hold_id" in entry)
    assert not [hold for hold, times in counted.items() if times > 1], "G3: a hold is settled once"
    assert not counted.keys() & item["holds"].keys(), "G3: an open hold has no entry"
    assert sum((entry["amount"] for entry in entries), Decimal(0)) == item["balance"], "G5: the ledger adds up"
    for entry in entries:
        assert entry["balance_after"] == entry["balance_before"] + entry["amount"], "G4"
        assert entry["type"] != "usage" or entry["amount"] <= 0, "G4: a charge is never negative"
    if usage_only_after is not None:
        charged = -sum((entry["amount"] for entry in entries if entry["type"] == "usage"), Decimal(0))
        assert item["balance"] == usage_only_after - charged
    _check_chain(entries)


async def usage_of(resources: Resources, account_id: str) -> dict[Line, Counts]:
    """What was counted of an account."""
    return dict(await resources.usage.read(account_id, first_day="2026-01-01", last_day="2027-12-31"))


async def check_usage(resources: Resources, account_id: str) -> dict[Line, Counts]:
    """What was counted of an account, which has to be what its ledger says."""
    charged: dict[Line, Counts] = {}
    for entry in await _entries(resources, account_id):
        if entry["type"] == "usage":
            line = Line(entry["created_at"][:10], entry["model"], entry["key_id"], entry.get("operation", ""))
            used = entry["usage"]
            counts = Counts(
                -entry["amount"], 1, int(used.get("prompt_tokens", 0)), int(used.get("completion_tokens", 0))
            )
            charged[line] = charged.get(line, Counts()).plus(counts)
    usage = await usage_of(resources, account_id)
    assert usage == charged, f"counted: {usage}\ncharged: {charged}"
    return usage


def _check_chain(entries: list[dict[str, Any]]) -> None:
    """Every balance that an entry left behind is the one that exactly one other entry found, from zero to now."""
    before = Counter(entry["balance_before"] for entry in entries if entry["amount"] != 0)
    after = Counter(entry["balance_after"] for entry in entries if entry["amount"] != 0)
    loose = (before - after) + (after - before)
    # The opening zero is left by nobody, the last balance is found by nobody.
    assert sum(loose.values()) <= 2, f"G5: the balances do not form a chain: {loose}"


async def _entries(resources: Resources, account_id: str) -> list[dict[str, Any]]:
    table = _table(resources, "ledger_table")
    items = await table.query("account_id = :a", values={":a": account_id})
    return [item for item in items if item["entry"].startswith("led_")]


def _table(resources: Resources, setting: str) -> Table:
    return Table(resources._dynamodb, getattr(resources.settings, setting))
