"""Usage: counters by UTC day, model, key and operation, that add up to the ledger exactly.

A charge is counted by the write that settles it: the account's item holds *open* counters, and they grow in the same
conditional write that takes the money, so that nothing is counted that was not charged, and nothing twice. From there
they move to the table of usage many at a time, which is a *batch*:

    close   open counters become the batch, under the next number; only if none is on its way
    add     each line of the batch is added to the table; only if the line has not seen that number yet
    drop    the batch leaves the account; only if it is still that one

Whoever dies in between, or is one of several, changes nothing: each step is conditional, and the sweeper does it again.
A line is written once in a batch, however many calls it counts, so a hot line costs a few writes in a minute.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from tollgate.attempts import Attempts
from tollgate.contracts.accounts import Entry
from tollgate.contracts.usage_lines import Counts, Line, counts_of, line_of
from tollgate.stores.table import ConditionFailed, Item, Table

SCHEMA: Final = 1
_WHAT: Final = Counts._fields
_READ_ATTEMPTS: Final = 8

MOST_OPEN_LINES: Final = 6
"""So many lines stay in an account's item, where every byte makes each of its writes dearer."""


class UsageMoving(Exception):
    """Lines kept moving while they were read."""


def counting(entry: Entry) -> tuple[str, dict[str, Any], dict[str, str]]:
    """What settling adds to its write to count a charge: assignments, values, names."""
    line = line_of(entry).name
    sets = "".join(f", usage_open.#u_{what} = if_not_exists(usage_open.#u_{what}, :zero) + :u_{what}" for what in _WHAT)
    values = {f":u_{what}": value for what, value in counts_of(entry)._asdict().items()}
    return sets, values, {f"#u_{what}": f"{what}|{line}" for what in _WHAT}


def is_crowded(item: Item) -> bool:
    """Whether an account's open counters should move now, and nobody is at it."""
    return len(item.get("usage_open", ())) > MOST_OPEN_LINES * len(_WHAT) and "usage_batch" not in item


def has_usage(item: Item) -> bool:
    """Whether an account has counters that are not in the table yet."""
    return bool(item.get("usage_open")) or "usage_batch" in item


class UsageLines:
    """The table of usage, and the counters that are still in the accounts' items."""

    def __init__(self, accounts: Table, usage: Table) -> None:
        self._accounts = accounts
        self._usage = usage

    async def move(self, account_id: str) -> bool:
        """Move the open counters of an account to the table; False where somebody else is at it.

        Raises AwsError, AwsUnavailable.
        """
        try:
            item = await self._accounts.update(
                {"account_id": account_id},
                "SET usage_batch = usage_open, usage_open = :none,"
                " usage_batches = if_not_exists(usage_batches, :zero) + :one",
                values={":none": {}, ":zero": 0, ":one": 1},
                condition="attribute_exists(account_id) AND attribute_not_exists(usage_batch)",
                returning="ALL_NEW",
            )
        except ConditionFailed:
            return False
        await self._finish(account_id, item)
        return True

    async def finish(self, account_id: str) -> None:
        """Move what somebody left on its way, and then what is open.

        Raises AwsError, AwsUnavailable.
        """
        item = await self._accounts.get({"account_id": account_id})
        if item and "usage_batch" in item:
            await self._finish(account_id, item)
        if item and has_usage(item):
            await self.move(account_id)

    async def _finish(self, account_id: str, item: Item) -> None:
        number = item["usage_batches"]
        for line, counts in _lines(item["usage_batch"]):
            await self._add(account_id, line, counts, number)
        try:
            await self._accounts.update(
                {"account_id": account_id},
                "REMOVE usage_batch",
                values={":number": number},
                condition="usage_batches = :number",
            )
        except ConditionFailed:
            return  # Somebody else was faster.

    async def _add(self, account_id: str, line: Line, counts: Counts, number: Decimal) -> None:
        sums = ", ".join(f"{what} :{what}" for what in _WHAT)
        try:
            await self._usage.update(
                {"account_id": account_id, "usage_line": line.name},
                f"ADD {sums} SET last_batch = :number, #schema = :schema",
                values={**{f":{what}": count for what, count in counts._asdict().items()}, ":number": number}
                | {":schema": SCHEMA},
                names={"#schema": "schema"},
                condition="attribute_not_exists(last_batch) OR last_batch < :number",
            )
        except ConditionFailed:
            return  # It has been added before.

    async def read(self, account_id: str, *, first_day: str, last_day: str) -> list[tuple[Line, Counts]]:
        """Every line of some days, both included, in the order of their names; no charge is missing or there twice.

        Raises UsageMoving, AwsError, AwsUnavailable.
        """
        async for _ in Attempts(_READ_ATTEMPTS):
            item = await self._accounts.get(
                {"account_id": account_id}, projection="account_id, usage_open, usage_batch, usage_batches"
            )
            if item is None:
                return []
            rows = await self._usage.query(
                "account_id = :account AND usage_line BETWEEN :first AND :last",
                values={":account": account_id, ":first": first_day, ":last": f"{last_day}|\uffff"},
            )
            number = item.get("usage_batches", Decimal(0))
            if all(row["last_batch"] <= number for row in rows):
                return sorted(_together(item, rows, first_day, last_day).items())
        raise UsageMoving


def _together(item: Item, rows: list[Item], first_day: str, last_day: str) -> dict[Line, Counts]:
    """The table, and what has not reached it: all that is open, and of the batch the lines that are not added yet."""
    number = item.get("usage_batches", Decimal(0))
    added = {row["usage_line"] for row in rows if "usage_batch" in item and row["last_batch"] == number}
    found = {Line.of(row["usage_line"]): _counts(row) for row in rows}
    on_their_way = [one for one in _lines(item.get("usage_batch", {})) if one[0].name not in added]
    for line, counts in (*_lines(item.get("usage_open", {})), *on_their_way):
        if first_day <= line.day <= last_day:
            found[line] = found.get(line, Counts()).plus(counts)
    return found


def _lines(counters: Mapping[str, Any]) -> Iterator[tuple[Line, Counts]]:
    """Counters, each under what it counts and the name of its line, as lines."""
    lines: dict[str, dict[str, Any]] = {}
    for counter, value in counters.items():
        what, _, line = counter.partition("|")
        lines.setdefault(line, {})[what] = value
    for line, counted in lines.items():
        yield Line.of(line), _counts(counted)


def _counts(counted: Mapping[str, Any]) -> Counts:
    return Counts(
        counted["cost_usd"],
        int(counted["requests"]),
        int(counted["prompt_tokens"]),
        int(counted["completion_tokens"]),
    )
