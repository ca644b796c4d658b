"""Accounts and their ledger.

All money of an account is in one item, and every change of it is one conditional write of that item: nothing is read
first, so nothing can have changed in between. The item holds

    balance, available, reserved    what the account owns; what may still be held; the sum of the open holds
    holds                           the calls in flight, by hold id
    outbox, marks                   changes whose ledger entry is still to be written, and the balance before each
    spend                           what each key has used in its window, calls in flight included
    limits, rates, day_counts       the account's rate limits, and what counts towards them and those of its keys
    plan_…, period_…                the plan that was chosen, its 30 days and the tokens used in them
    usage_open, usage_batch         what charges come to by day, model, key and operation, until it is in its own table

A change and its entry cannot be written at once without a transaction, which costs double and has conflicts of its own.
Instead the change leaves the whole entry in the outbox, in the same write; the entry is then put into the ledger under
an id that is already fixed, and taken out of the outbox. Whoever dies in between is finished by the sweeper, and an
entry that is put twice is put once.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from tollgate.contracts.accounts import Account, Entry, Funds, Hold, Period, SpendWindow
from tollgate.contracts.rates import AT_ONCE, PER_MINUTE, RateClaim
from tollgate.errors import GateBusy, GateUnavailable
from tollgate.stores.account_items import (
    ENTRY_KEY,
    SCHEMA,
    account_of,
    entry_item,
    entry_of,
    first_period,
    funds_of,
    hold_item,
    marked,
    only_set,
    period_of,
    told_of,
)
from tollgate.stores.aws import AwsBusy, AwsUnavailable
from tollgate.stores.rates import Parts, admission, correction, period_correction
from tollgate.stores.table import ConditionFailed, Item, Table
from tollgate.stores.unfinished import Unfinished, unfinished_of
from tollgate.stores.usage import counting, is_crowded

# An item may have 400 KB; a hold has about 300 bytes. Far below that, writes already cost more than they should.
_MOST_HOLDS: Final = 500

_MOST_SEEN: Final = 10_000
_MOST_FORGOTTEN_AT_ONCE: Final = 100
"""Names in one expression, which may have 4 KB."""

_CREDIT_PREFIX: Final = "credit#"


class Refused(Exception):
    """A reservation that the account's funds do not cover. `funds` are those that it met."""

    def __init__(self, funds: Funds) -> None:
        super().__init__("the funds do not cover the hold")
        self.funds = funds


class Settled(NamedTuple):
    """A charge that was made, and what is to be done for its account because of it."""

    entry: Entry
    period: Period | None
    is_crowded: bool
    """Whether its open counters of usage should move to their table now."""
    told: Mapping[str, int]
    """What the owner was told of the period, by event, with the time of it."""


class Accounts:
    """The accounts table and the ledger table."""

    def __init__(self, accounts: Table, ledger: Table) -> None:
        self._accounts = accounts
        self._ledger = ledger
        self._limits: dict[str, Mapping[str, Any]] = {}
        """The rate limits of accounts as they were last seen. Every write that relies on them makes sure of it."""

    async def create(self, account: Account) -> None:
        """Store a new account, with its opening balance of zero."""
        await self._accounts.create(
            {
                "account_id": account.id,
                "schema": SCHEMA,
                "name": account.name,
                "balance": Decimal(0),
                "available": Decimal(0),
                "reserved": Decimal(0),
                "holds": {},
                "outbox": {},
                "marks": {},
                "spend": {},
                "credits_applied": 0,
                "limits": only_set(account.limits),
                "rates": {},
                "day_counts": {},
                "usage_open": {},
                **first_period(account.created_at),
                "created_at": account.created_at,
                "updated_at": account.updated_at,
            },
            key="account_id",
        )

    async def get(self, account_id: str) -> Account | None:
        """Read an account, strongly consistent."""
        item = await self._accounts.get({"account_id": account_id})
        return account_of(item) if item else None

    async def update(self, account_id: str, *, changes: Mapping[str, Any], now: str) -> Account | None:
        """Change the name or the limits of an account; None where there is no such account.

        The limits of its plan stand beside its own, and stay.
        """
        paths = {f"#{name}": value for name, value in changes.items() if name != "limits"}
        names = {f"#{name}": name for name in changes}
        if "limits" in changes:
            own = {**dict.fromkeys((*PER_MINUTE.values(), AT_ONCE)), **changes["limits"]}
            paths |= {f"#limits.{name}": limit for name, limit in own.items()}
        sets = {path: f":v{number}" for number, (path, value) in enumerate(paths.items()) if value is not None}
        gone = [path for path in paths if path not in sets]
        try:
            item = await self._accounts.update(
                {"account_id": account_id},
                f"SET {', '.join(f'{path} = {value}' for path, value in sets.items())}{', ' if sets else ''}"
                f"updated_at = :now{' REMOVE ' if gone else ''}{', '.join(gone)}",
                values={**{value: paths[path] for path, value in sets.items()}, ":now": now},
                names=names,
                condition="attribute_exists(account_id)",
                returning="ALL_NEW",
            )
        except ConditionFailed:
            return None
        return account_of(item)

    async def reserve(
        self, hold: Hold, spend: SpendWindow, claim: RateClaim | None = None
    ) -> tuple[Hold, Funds | None]:
        """Set a hold's amount aside, in one write; the same hold a second time changes nothing.

        The write counts the call towards the rate limits as well, where there are any; then it answers what the account
        has now, with the hold as it was made.

        Raises Refused, GateBusy, GateUnavailable.
        """
        parts = Parts()
        if claim is not None:
            # An account that was not seen yet may have limits.
            known = self._limits.get(hold.account_id, {"unknown": 1})
            parts, marks = admission(claim, with_account=bool(known))
            hold = replace(hold, marks=marks if parts.sets else None)
        values: dict[str, Any] = {
            ":amount": hold.amount_usd,
            ":zero": Decimal(0),
            ":most": _MOST_HOLDS,
            ":hold": hold_item(hold),
            **parts.values,
        }
        names = {"#hold": hold.id, "#window": spend.name, **parts.names}
        sets = (
            "SET available = available - :amount, reserved = reserved + :amount, holds.#hold = :hold,"
            " spend.#window = if_not_exists(spend.#window, :zero) + :amount"
        ) + parts.sets
        condition = (
            "attribute_exists(account_id) AND available >= :amount AND balance > :zero"
            " AND attribute_not_exists(holds.#hold) AND size(holds) < :most"
        ) + parts.condition
        if spend.limit_usd is not None:
            values[":room"] = spend.limit_usd - hold.amount_usd
            never_spent = "" if hold.amount_usd > spend.limit_usd else "attribute_not_exists(spend.#window) OR "
            condition += f" AND ({never_spent}spend.#window <= :room)"
        try:
            item = await self._accounts.update(
                {"account_id": hold.account_id},
                sets,
                values=values,
                names=names,
                condition=condition,
                returning="ALL_NEW" if parts.sets else "NONE",
            )
        except ConditionFailed as exc:
            self._see(exc.item)
            self._explain(exc.item, hold, spend)
            item = exc.item or {}
        except AwsBusy as exc:
            raise GateBusy("The account is under too much load. Try again.", retry_after_s=1) from exc
        except AwsUnavailable as exc:
            raise GateUnavailable("The balance cannot be confirmed now. Try again.", retry_after_s=2) from exc
        self._see(item)
        funds = funds_of(item) if item else None
        if funds is not None and funds.period is not None:
            hold = replace(hold, period_ends_at=funds.period.ends_at)
        return hold, funds

    def _see(self, item: Item | None) -> None:
        if item:
            if len(self._limits) >= _MOST_SEEN:
                self._limits.clear()
            self._limits[item.get("account_id", "")] = item.get("limits", {})

    @staticmethod
    def _explain(item: Item | None, hold: Hold, spend: SpendWindow) -> None:
        if item is None:
            raise Refused(Funds())
        if hold.id in item["holds"]:
            return  # The first attempt succeeded and its answer was lost.
        funds = funds_of(item)
        if spend.limit_usd is not None:
            funds = replace(funds, key_room=spend.limit_usd - item["spend"].get(spend.name, Decimal(0)))
        covered = funds.balance > 0 and hold.amount_usd <= funds.spendable
        if covered and funds.open_holds >= _MOST_HOLDS:
            raise GateBusy("The account has too many calls in flight. Try again.", retry_after_s=1)
        # Where the funds cover it by now, something changed in between: the caller tries again with what it learned.
        raise Refused(funds)

    async def checkpoint(self, hold: Hold, cost_usd: Decimal) -> None:
        """Note what a call has cost so far, should nobody live to settle it."""
        try:
            await self._accounts.update(
                {"account_id": hold.account_id},
                "SET holds.#hold.checkpoint = :cost",
                values={":cost": min(cost_usd, hold.amount_usd)},
                names={"#hold": hold.id},
                condition="attribute_exists(holds.#hold)",
            )
        except ConditionFailed:
            return  # Settled in the meantime.

    async def prolong(self, hold: Hold, expires_at: datetime) -> bool:
        """Have a hold last longer; False when it was closed before."""
        try:
            await self._accounts.update(
                {"account_id": hold.account_id},
                "SET holds.#hold.expires_at = :end",
                values={":end": int(expires_at.timestamp())},
                names={"#hold": hold.id},
                condition="attribute_exists(holds.#hold)",
            )
        except ConditionFailed:
            return False
        return True

    async def settle(self, hold: Hold, entry: Entry) -> Entry | None:
        """Close a hold and charge what `entry` says; None when it was closed before, and then nothing changes.

        The charge is between zero and the hold: `entry.amount_usd` is its negative. The write that takes it counts it
        as usage as well.
        """
        settled = await self.charge(hold, entry)
        return settled.entry if settled else None

    async def charge(self, hold: Hold, entry: Entry) -> "Settled | None":
        """As `settle`, with what the write brought to light of the account."""
        charge = -entry.amount_usd
        if not 0 <= charge <= hold.amount_usd:
            raise ValueError(f"a charge of {charge} does not fit a hold of {hold.amount_usd}")
        sets = (
            "SET balance = balance - :charge, available = available + :back, reserved = reserved - :amount,"
            " outbox.#entry = :entry, marks.#entry = balance"
        )
        counted_sets, counted_values, counted_names = counting(entry)
        values = {
            ":charge": charge,
            ":back": hold.amount_usd - charge,
            ":amount": hold.amount_usd,
            ":entry": entry_item(entry),
            **counted_values,
        }
        used = int(entry.usage.get("total_tokens", 0))
        minute = entry.created_at[: len("2026-11-21T09:00")]
        rates = correction(hold.marks, tokens=used, minute=minute)
        _count_in_period(rates, hold, used, int(datetime.fromisoformat(entry.created_at).timestamp()))
        item = await self._close(hold, sets + counted_sets, values, {"#entry": entry.id, **counted_names}, rates)
        if not item:
            return None
        written = await self._write_entry(marked(entry, item["marks"][entry.id]))
        return Settled(written, period_of(item), is_crowded(item), told_of(item))

    async def release(self, hold: Hold, *, now: datetime | None = None) -> bool:
        """Close a hold and give all of it back; False when it was closed before."""
        sets = "SET available = available + :back, reserved = reserved - :amount"
        rates = correction(hold.marks, tokens=0, minute=hold.marks.minute if hold.marks else "")
        _count_in_period(rates, hold, 0, int(now.timestamp()) if now else None)
        values = {":back": hold.amount_usd, ":amount": hold.amount_usd}
        return bool(await self._close(hold, sets, values, {}, rates))

    async def _close(
        self, hold: Hold, sets: str, values: dict[str, Any], names: dict[str, str], rates: Parts
    ) -> Item | None:
        names |= {"#hold": hold.id, "#window": hold.window, **rates.names}
        values |= {":zero": Decimal(0), **rates.values}
        sets += ", spend.#window = if_not_exists(spend.#window, :zero) - :back" + rates.sets
        try:
            return await self._accounts.update(
                {"account_id": hold.account_id},
                f"{sets} REMOVE holds.#hold",
                values=values,
                names=names,
                condition="attribute_exists(holds.#hold)",
                returning="ALL_NEW",
            )
        except ConditionFailed as exc:
            # Closed by this very charge, if its entry waits there: the answer to an earlier attempt was lost.
            is_ours = exc.item is not None and names.get("#entry") in exc.item["outbox"]
            return exc.item if is_ours else None

    async def credit(self, entry: Entry) -> tuple[Entry, Account] | None:
        """Add `entry.amount_usd` to a balance, once for each `credit_id`; None where there is no such account.

        A repetition answers the entry that the first one made.
        """
        credit_id = entry.credit_id or entry.id
        key = {"account_id": entry.account_id}
        while True:
            item = await self._accounts.get(key)
            if item is None:
                return None
            # The count is read before the ledger: had the same credit been applied after it, the write below fails.
            if before := await self._find_credit(item, credit_id):
                return before, account_of(item)
            try:
                item = await self._accounts.update(
                    key,
                    "SET balance = balance + :amount, available = available + :amount, updated_at = :now,"
                    " outbox.#entry = :entry, marks.#entry = balance, credits_applied = credits_applied + :one",
                    values={
                        ":amount": entry.amount_usd,
                        ":now": entry.created_at,
                        ":entry": entry_item(entry),
                        ":one": 1,
                        ":seen": item["credits_applied"],
                    },
                    names={"#entry": entry.id},
                    condition="credits_applied = :seen",
                    returning="ALL_NEW",
                )
            except ConditionFailed:
                continue
            return await self._write_entry(marked(entry, item["marks"][entry.id])), account_of(item)

    async def _find_credit(self, item: Item, credit_id: str) -> Entry | None:
        for entry_id, waiting in item["outbox"].items():
            if waiting.get("credit_id") == credit_id:
                return await self._write_entry(marked(entry_of(waiting), item["marks"][entry_id]))
        marker = await self._ledger.get({"account_id": item["account_id"], ENTRY_KEY: _CREDIT_PREFIX + credit_id})
        if marker is None:
            return None
        written = await self._ledger.get({"account_id": item["account_id"], ENTRY_KEY: marker["entry_id"]})
        return entry_of(written) if written else None

    async def _write_entry(self, entry: Entry) -> Entry:
        """Put an entry that is in the outbox into the ledger, then take it out of there. May be done twice."""
        await self._ledger.put(entry_item(entry))
        if entry.credit_id:
            await self._ledger.put(
                {
                    "account_id": entry.account_id,
                    ENTRY_KEY: _CREDIT_PREFIX + entry.credit_id,
                    "schema": SCHEMA,
                    "entry_id": entry.id,
                }
            )
        await self._accounts.update(
            {"account_id": entry.account_id}, "REMOVE outbox.#entry, marks.#entry", names={"#entry": entry.id}
        )
        return entry

    async def entries(self, account_id: str, *, limit: int, after: str | None = None) -> list[Entry]:
        """Ledger entries, newest first; `after` is the id of the last one seen."""
        upper = after or "led_~"
        items = await self._ledger.query(
            "account_id = :account AND #entry BETWEEN :first AND :last",
            values={":account": account_id, ":first": "led_", ":last": upper},
            names={"#entry": ENTRY_KEY},
            newest_first=True,
            limit=limit + 1 if after else limit,
        )
        return [entry_of(item) for item in items if item[ENTRY_KEY] != after][:limit]

    async def forget(self, account_id: str, counts: Sequence[tuple[str, str]]) -> None:
        """Drop counts of windows and minutes that are over, each by where it is (`spend`, `rates`) and its name."""
        for first in range(0, len(counts), _MOST_FORGOTTEN_AT_ONCE):
            some = counts[first : first + _MOST_FORGOTTEN_AT_ONCE]
            paths = ", ".join(f"{where}.#n{number}" for number, (where, _) in enumerate(some))
            names = {f"#n{number}": name for number, (_, name) in enumerate(some)}
            await self._accounts.update({"account_id": account_id}, f"REMOVE {paths}", names=names)

    async def unfinished(self) -> AsyncIterator[Unfinished]:
        """Every account, with what the sweeper may have to finish in it."""
        async for item in self._accounts.scan():
            yield unfinished_of(item)

    async def held(self, account_id: str, hold_id: str) -> Hold | None:
        """A hold as it was made; None where it is closed, or never was."""
        item = await self._accounts.get({"account_id": account_id})
        found = unfinished_of(item).holds if item else ()
        return next((hold for hold in found if hold.id == hold_id), None)

    async def finish_entry(self, entry: Entry) -> None:
        """Write an entry that somebody left in the outbox."""
        await self._write_entry(entry)


def _count_in_period(rates: Parts, hold: Hold, tokens: int, at: int | None) -> None:
    if difference := period_correction(hold, tokens=tokens, at=at):
        rates.add_to_period(":period")
        rates.values[":period"] = difference
