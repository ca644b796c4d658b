"""The periods of accounts: they begin lazily, and their owners are told how the quota stands, once for each event."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from tollgate.contracts.accounts import Period
from tollgate.errors import GateUnavailable, RateLimited
from tollgate.ledger.quota import facts_of, notices_of, present
from tollgate.ledger.rates import Standing
from tollgate.resources import Resources
from tollgate.stores.accounts import Settled
from tollgate.stores.aws import AwsError, AwsUnavailable

_log: Final = logging.getLogger(__name__)


async def has_begun_period(account_id: str, period: Period | None, resources: Resources) -> bool:
    """Begin the present period of an account that has a quota, where the one that it was last seen in is over.

    Of many calls that find it out together one begins it. Accounts without a quota are left to the sweeper.

    Raises GateUnavailable.
    """
    if period is None or period.limit is None or present(period, resources.now()) == period:
        return False
    try:
        await begin_period(account_id, period, resources)
    except AwsUnavailable as exc:
        raise GateUnavailable("The quota cannot be confirmed now. Try again.", retry_after_s=2) from exc
    return True


async def begin_period(account_id: str, period: Period, resources: Resources) -> None:
    """Begin the period that it is now; nothing happens where somebody else has."""
    await resources.subscriptions.begin_period(account_id, period, present(period, resources.now()))


async def follow_up(account_id: str, settled: Settled, resources: Resources) -> None:
    """What a charge leads to, and nobody waits for: notices about the quota, and room in the account's item.

    None of it is worth a charge: what fails here is done by the sweeper.
    """
    try:
        if settled.period is not None:
            await tell_of_quota(account_id, settled.period, settled.told, resources)
        if settled.is_crowded:
            await resources.usage.move(account_id)
    except (AwsError, AwsUnavailable):
        _log.warning("follow_up_failed", extra={"account_id": account_id}, exc_info=True)


async def tell_of_quota(account_id: str, period: Period, told: Mapping[str, int], resources: Resources) -> None:
    """Publish what the use of the quota has come to, each event once in a period."""
    if present(period, resources.now()) != period:
        return
    for event in notices_of(period):
        if event not in told and await resources.subscriptions.note_told(
            account_id, period, event, int(resources.now().timestamp())
        ):
            await _publish(account_id, event, facts_of(period), resources)


async def tell_of_limit(
    account_id: str, notice: str, limit: Standing, refused: RateLimited, resources: Resources
) -> None:
    """Publish that a rate limit has refused a call, once in each of its windows, of which `notice` is the name."""
    if await resources.subscriptions.note_refusal(account_id, notice):
        facts = {
            "limit": limit.limit,
            "current_usage": limit.used,
            "reset_time": refused.metadata["reset_time"],
            "retry_after": refused.retry_after_s,
        }
        await _publish(account_id, "usage.limit_exceeded", facts, resources)


async def _publish(account_id: str, event: str, data: Mapping[str, Any], resources: Resources) -> None:
    from tollgate.services.events import publish  # noqa: PLC0415 - few calls have anything to tell

    await publish(resources, account_id, event, data)
