"""Finishing what somebody did not live to finish."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from tollgate import incidents
from tollgate.contracts.accounts import Entry, Hold
from tollgate.contracts.rates import minute_of
from tollgate.ledger.windows import window_of
from tollgate.resources import Resources
from tollgate.services.gate import iso
from tollgate.services.payments import look_after
from tollgate.services.quota import begin_period, tell_of_quota
from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.unfinished import Unfinished

_log: Final = logging.getLogger(__name__)


async def sweep(resources: Resources) -> dict[str, int]:
    """Close every hold whose time is over, and write every ledger entry that was left in an outbox.

    Usage that was counted in accounts moves to its table, periods of 30 days begin, and plans that were paid come into
    force.

    A hold with a checkpoint is charged what the call had cost by then; one without is given back. Both are the same
    conditional writes that the call itself would have made, so a call that lives after all changes nothing.
    Answers how many were settled, released, written and forgotten. An account that cannot be finished now does not keep
    the others from it.

    Raises ExceptionGroup of what AWS said of the accounts that could not be finished.
    """
    now = resources.now()
    done = {"settled": 0, "released": 0, "written": 0, "forgotten": 0}
    failures: list[Exception] = []
    async for unfinished in resources.accounts.unfinished():
        try:
            await _finish(unfinished, now, done, resources)
        except (AwsError, AwsUnavailable) as exc:
            _log.exception("not_swept", extra={"account_id": unfinished.account_id})
            failures.append(exc)
    _log.info("swept", extra=done)
    if died := done["settled"] + done["released"]:
        incidents.count("HoldsExpired", died)
    if failures:
        raise ExceptionGroup("accounts could not be finished", failures)
    return done


async def _finish(unfinished: Unfinished, now: datetime, done: dict[str, int], resources: Resources) -> None:
    for entry in unfinished.entries:
        await resources.accounts.finish_entry(entry)
        done["written"] += 1
    for hold in unfinished.holds:
        if hold.expires_at <= now:
            done[await _close(hold, now, resources)] += 1
    over = [("spend", name) for name in _windows_over(unfinished.spend, now)]
    passed = [("rates", name) for name in _minutes_over(unfinished.rates, now)]
    days = [("day_counts", name) for name in _minutes_over(unfinished.days, now)]
    await resources.accounts.forget(unfinished.account_id, [*over, *passed, *days])
    done["forgotten"] += len(over)
    if unfinished.has_usage:
        await resources.usage.finish(unfinished.account_id)
    await _look_at_period(unfinished, now, resources)
    if unfinished.pays:
        await look_after(unfinished.account_id, resources)


async def _look_at_period(unfinished: Unfinished, now: datetime, resources: Resources) -> None:
    """Say what nobody lived to say of a quota, and begin the next period where one is over."""
    period = unfinished.period
    if period is None:
        return
    await tell_of_quota(unfinished.account_id, period, unfinished.told, resources)
    if period.ends_at <= now.timestamp():
        await begin_period(unfinished.account_id, period, resources)


async def _close(hold: Hold, now: datetime, resources: Resources) -> str:
    if not hold.checkpoint_usd:
        await resources.accounts.release(hold, now=now)
        return "released"
    entry = Entry(
        id=resources.new_id("led"),
        account_id=hold.account_id,
        type="usage",
        amount_usd=-min(hold.checkpoint_usd, hold.amount_usd),
        created_at=iso(now),
        hold_id=hold.id,
        request_id=hold.request_id,
        key_id=hold.key_id,
        model=hold.model,
        outcome="expired",
        operation=hold.operation,
        is_estimated=True,
    )
    await resources.accounts.settle(hold, entry)
    return "settled"


def _windows_over(names: Iterable[str], now: datetime) -> Iterable[str]:
    """Windows that `now` lies beyond. Their names sort by time, within days, weeks and months."""
    current = {len(window): window for window in (window_of(reset, now) for reset in ("daily", "weekly", "monthly"))}
    for name in names:
        window = name.rpartition("|")[2]
        if window != "ever" and window < current.get(len(window), window):
            yield name


def _minutes_over(names: Iterable[str], now: datetime) -> Iterable[str]:
    """Counters of minutes and days before those of `now`. A counter of calls in flight belongs to no minute."""
    for name in names:
        scope, *rest = name.split("|")
        if scope and len(rest) == 2 and rest[1] < minute_of(now)[: len(rest[1])]:
            yield name
