"""Paying for plans: an order is placed once however often it is tried, and a plan that was paid comes into force."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from tollgate.contracts.payments import Order
from tollgate.errors import NoProviderAvailable, PaymentDeclined, UpstreamError, UpstreamTimeout
from tollgate.ledger.plans import PLANS, UNCHOSEN
from tollgate.resources import Resources
from tollgate.stores.subscriptions import Change, Subscription

_LONGEST_S: Final = 20.0
"""API Gateway waits 29 seconds for an answer."""
_CHECK_EVERY_S: Final = 6 * 3600
_PATIENCE_S: Final = 120
"""Longer than a request lasts: a change that is older was begun by somebody who died, or got no answer."""

_log: Final = logging.getLogger(__name__)


async def pay(found: Subscription, change: Change, resources: Resources) -> bool:
    """Pay for a change that was begun, and put its plan into force; False where somebody else has.

    A payment that is refused ends the change, and the plan stays what it was. Where it is not known what became of it,
    the change stays begun, to be finished by the next request for it or by the sweeper.

    Raises PaymentDeclined, UpstreamError.
    """
    try:
        async with asyncio.timeout(_LONGEST_S):
            payment = await _paid(found, change, resources)
    except TimeoutError as exc:
        raise UpstreamTimeout("The payment service did not answer in time. Try again.") from exc
    except PaymentDeclined:
        await resources.subscriptions.drop_change(found.account_id, change.id)
        raise
    return await resources.subscriptions.finish_change(found.account_id, change, PLANS[change.plan_id], payment)


async def _paid(found: Subscription, change: Change, resources: Resources) -> Mapping[str, str]:
    payments = await resources.payments()
    if payments is None:
        raise NoProviderAvailable("Payments are not configured any more. The change waits until they are.")
    plan = PLANS[change.plan_id]
    if not plan.price_usd:
        return await payments.cancel(found.payment, change.id)
    return await payments.subscribe(
        Order(
            id=change.id,
            account_id=found.account_id,
            plan=plan,
            payment_method=change.payment_method or found.payment_method or "",
            paid=found.payment,
        )
    )


async def look_after(account_id: str, resources: Resources) -> None:
    """Finish a change that nobody lived to finish, and see from time to time whether renewals are paid.

    A plan whose renewals the payment service has given up becomes the free one.
    """
    found = await resources.subscriptions.get(account_id)
    if found is None:
        return
    now = int(resources.now().timestamp())
    try:
        if found.change is not None:
            if now - found.change.began_at > _PATIENCE_S:
                await pay(found, found.change, resources)
        elif "subscription" in found.payment:
            await _look_at_renewals(found, now, resources)
    except PaymentDeclined:
        _log.info("plan_change_declined", extra={"account_id": account_id})
    except UpstreamError:
        _log.warning("payment_service_failed", extra={"account_id": account_id}, exc_info=True)


async def _look_at_renewals(found: Subscription, now: int, resources: Resources) -> None:
    payments = await resources.payments()
    if payments is None or not await resources.subscriptions.note_check(found.account_id, now, every_s=_CHECK_EVERY_S):
        return
    standing = await payments.standing(found.payment)
    if standing == "canceled":
        left = await payments.cancel(found.payment, f"{found.account_id}:{found.payment['subscription']}")
        await resources.subscriptions.choose(found.account_id, UNCHOSEN, status=standing, payment=left)
    elif standing != found.status:
        await resources.subscriptions.set_status(found.account_id, standing)
