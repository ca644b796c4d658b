"""The plan of an account, its periods of 30 days, and what its owner was told of them: all in the account's item.

Every change is one conditional write. A plan's limits stand beside the account's own under `limits`, where the
conditions of a reservation read them.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, field

from tollgate.contracts.accounts import Period
from tollgate.contracts.plans import Plan
from tollgate.contracts.rates import PER_DAY, PER_MINUTE, REQUESTS
from tollgate.stores.account_items import period_of
from tollgate.stores.rates import PLAN_LIMIT, PLAN_TOKENS
from tollgate.stores.table import ConditionFailed, Item, Table

ACTIVE: Final = "active"
_DAY: Final = len("2026-11-21")


class Change(Struct, frozen=True):
    """A change of plan that is being paid for: what it is, so that whoever comes next can finish it."""

    id: str
    plan_id: str
    began_at: int
    payment_method: str | None = None


class Subscription(Struct, frozen=True):
    """What an account has subscribed to. `plan_id` is None before anything was chosen."""

    account_id: str
    plan_id: str | None
    status: str
    period: Period
    payment_method: str | None = None
    payment: Mapping[str, str] = field(default_factory=dict)
    """Ids of the payment service, by its own names: its customer, its subscription."""
    change: Change | None = None


class Subscriptions:
    """What the accounts table holds of plans."""

    def __init__(self, accounts: Table) -> None:
        self._accounts = accounts

    async def get(self, account_id: str) -> Subscription | None:
        """Read it, strongly consistent; None where there is no such account.

        Raises AwsError, AwsUnavailable.
        """
        item = await self._accounts.get({"account_id": account_id})
        return _subscription_of(item) if item else None

    async def begin_period(self, account_id: str, over: Period, period: Period) -> bool:
        """Put a period in the place of one that is over; False where somebody else has.

        Raises AwsError, AwsUnavailable.
        """
        return await self._write(
            account_id,
            "SET period_started_at = :start, period_ends_at = :end, period_tokens = :tokens, period_told = :none",
            {
                ":start": period.started_at,
                ":end": period.ends_at,
                ":tokens": period.tokens,
                ":none": {},
                ":over": over.ends_at,
            },
            condition="period_ends_at = :over",
        )

    async def note_told(self, account_id: str, period: Period, event: str, at: int) -> bool:
        """Note that the owner is told of an event of a period; False where that has been done.

        Raises AwsError, AwsUnavailable.
        """
        return await self._write(
            account_id,
            "SET period_told.#event = :at",
            {":at": at, ":end": period.ends_at},
            names={"#event": event},
            condition="period_ends_at = :end AND attribute_not_exists(period_told.#event)",
        )

    async def note_refusal(self, account_id: str, notice: str) -> bool:
        """Note that the owner is told of a rate limit, under a name that ends in the window; False where it was done.

        Raises AwsError, AwsUnavailable.
        """
        where = "day_counts" if len(notice.rpartition("|")[2]) == _DAY else "rates"
        return await self._write(
            account_id,
            f"SET {where}.#notice = :told",
            {":told": 1},
            names={"#notice": notice},
            condition=f"attribute_exists(account_id) AND attribute_not_exists({where}.#notice)",
        )

    async def begin_change(self, account_id: str, change: Change) -> bool:
        """Note that a change is being paid for; False where another one is.

        Raises AwsError, AwsUnavailable.
        """
        kept = {"id": change.id, "plan_id": change.plan_id, "began_at": change.began_at}
        if change.payment_method:
            kept["payment_method"] = change.payment_method
        return await self._write(
            account_id,
            "SET plan_change = :change",
            {":change": kept},
            condition="attribute_exists(account_id) AND attribute_not_exists(plan_change)",
        )

    async def drop_change(self, account_id: str, change_id: str) -> bool:
        """Forget a change that was not paid; False where it is gone.

        Raises AwsError, AwsUnavailable.
        """
        return await self._write(account_id, "REMOVE plan_change", {":id": change_id}, condition="plan_change.id = :id")

    async def finish_change(self, account_id: str, change: Change, plan: Plan, payment: Mapping[str, str]) -> bool:
        """Put the plan of a change that was paid into force; False where somebody else has.

        Raises AwsError, AwsUnavailable.
        """
        sets, values, gone = _plan_parts(plan, ACTIVE)
        if change.payment_method:
            sets.append("payment_method = :method")
            values[":method"] = change.payment_method
        return await self._write(
            account_id,
            _expression([*sets, "payment = :payment"], [*gone, "plan_change"]),
            {**values, ":payment": dict(payment), ":id": change.id},
            condition="plan_change.id = :id",
        )

    async def choose(
        self,
        account_id: str,
        plan: Plan | None,
        *,
        payment_method: str | None = None,
        status: str = ACTIVE,
        payment: Mapping[str, str] | None = None,
    ) -> bool:
        """Put a plan into force, or none, without a payment; False where one is on its way, or there is no account.

        Raises AwsError, AwsUnavailable.
        """
        sets, values, gone = _plan_parts(plan, status)
        if payment_method:
            sets.append("payment_method = :method")
            values[":method"] = payment_method
        if payment is not None:
            sets.append("payment = :payment")
            values[":payment"] = dict(payment)
        return await self._write(
            account_id,
            _expression(sets, gone),
            values,
            condition="attribute_exists(account_id) AND attribute_not_exists(plan_change)",
        )

    async def note_check(self, account_id: str, at: int, *, every_s: int) -> bool:
        """Note that it is looked at whether renewals are paid; False where somebody did so not long ago.

        Raises AwsError, AwsUnavailable.
        """
        return await self._write(
            account_id,
            "SET payment_checked_at = :at",
            {":at": at, ":before": at - every_s},
            condition="attribute_not_exists(payment_checked_at) OR payment_checked_at <= :before",
        )

    async def set_status(self, account_id: str, status: str) -> bool:
        """Say how the payments for the present plan are going.

        Raises AwsError, AwsUnavailable.
        """
        return await self._write(
            account_id,
            "SET plan_status = :status",
            {":status": status},
            condition="attribute_exists(plan_id) AND attribute_not_exists(plan_change)",
        )

    async def _write(
        self,
        account_id: str,
        expression: str,
        values: Mapping[str, Any],
        *,
        condition: str,
        names: Mapping[str, str] | None = None,
    ) -> bool:
        try:
            await self._accounts.update(
                {"account_id": account_id}, expression, values=values, names=names, condition=condition
            )
        except ConditionFailed:
            return False
        return True


def change_of(item: Item) -> Change | None:
    """The change of plan that an account is in the middle of."""
    found = item.get("plan_change")
    if found is None:
        return None
    return Change(found["id"], found["plan_id"], int(found["began_at"]), found.get("payment_method"))


def _subscription_of(item: Item) -> Subscription:
    period = period_of(item)
    if period is None:
        raise ValueError("an account has no period")
    return Subscription(
        account_id=item["account_id"],
        plan_id=item.get("plan_id"),
        status=item.get("plan_status", ACTIVE),
        period=period,
        payment_method=item.get("payment_method"),
        payment=item.get("payment", {}),
        change=change_of(item),
    )


def _plan_parts(plan: Plan | None, status: str) -> tuple[list[str], dict[str, Any], list[str]]:
    """What putting a plan into force assigns, with the values, and what it removes."""
    names = (PLAN_LIMIT + PER_MINUTE[REQUESTS], PLAN_LIMIT + PER_DAY, PLAN_TOKENS)
    if plan is None:
        return [], {}, ["plan_id", "plan_status", *(f"limits.{name}" for name in names)]
    limits = (plan.requests_per_minute, plan.requests_per_day, plan.tokens_per_period)
    values = {f":{name}": limit for name, limit in zip(names, limits, strict=True)}
    sets = [f"limits.{name} = :{name}" for name in names]
    return (
        ["plan_id = :plan", "plan_status = :status", *sets],
        {":plan": plan.id, ":status": status, **values},
        [],
    )


def _expression(sets: list[str], gone: list[str]) -> str:
    parts = [f"SET {', '.join(sets)}"] if sets else []
    return " ".join([*parts, *([f"REMOVE {', '.join(gone)}"] if gone else [])])
