"""The plan of an account: what it is on, and how it changes.

A change that costs something is noted in the account before the payment service is asked, and leaves with the plan's
coming into force. So a change that was paid is never lost, whoever dies in between: the next request, or the sweeper,
places the same order again, which the payment service answers as the first time.
"""

from typing import Final

from tollgate.attempts import Attempts
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.plans import Plan
from tollgate.contracts.wpllm.billing import (
    ChangedSubscription,
    PeriodUsage,
    SubscribedPlan,
    UpdateSubscriptionRequest,
)
from tollgate.contracts.wpllm.billing import Subscription as SubscriptionAnswer
from tollgate.errors import AccountNotFound, BadRequest, PlanChanging
from tollgate.ledger.plans import PLANS, UNCHOSEN, offered
from tollgate.ledger.quota import present
from tollgate.resources import Resources
from tollgate.services.payments import pay
from tollgate.stores.subscriptions import Change, Subscription

NO_LIMIT: Final = 2**53 - 1
"""The API has no word for an account without a quota, and its clients divide by the number."""
_PRIVATE: Final = {"cache-control": "no-store"}
_ATTEMPTS: Final = 3


async def get_subscription(call: Call, resources: Resources) -> Answer:
    """The plan, the present period of 30 days and the tokens used in it.

    Raises AccountNotFound.
    """
    found = await _found(call, resources)
    period = present(found.period, resources.now())
    content = SubscriptionAnswer.model_validate(
        {
            **_facts(found.account_id, _plan_of(found), found.status),
            "current_period_start": period.started_at,
            "current_period_end": period.ends_at,
            "usage": PeriodUsage(
                tokens_used=max(period.tokens, 0), tokens_limit=NO_LIMIT if period.limit is None else period.limit
            ),
        }
    )
    return Answer(content=content, headers=_PRIVATE)


async def update_subscription(request: UpdateSubscriptionRequest, call: Call, resources: Resources) -> Answer:
    """Choose a plan: its limits hold from the next call on, and the period and the tokens used in it stay.

    Raises BadRequest, PaymentDeclined, AccountNotFound, PlanChanging, UpstreamError, UpstreamTimeout.
    """
    plan = offered(request.plan)
    async for _ in Attempts(_ATTEMPTS):
        found = await _found(call, resources)
        if found.change is not None:
            found = await _finished(found, request, resources)
        if found.plan_id == plan.id and found.status == "active":
            return _changed(found.account_id, plan)
        method = request.payment_method or found.payment_method
        if plan.price_usd and method is None:
            raise BadRequest("A plan that costs something needs a 'payment_method'.", param="payment_method")
        if await _change(found, plan, request.payment_method, resources):
            return _changed(found.account_id, plan)
    raise PlanChanging("Another change of the plan is in progress. Try again.", retry_after_s=2)


async def _finished(found: Subscription, request: UpdateSubscriptionRequest, resources: Resources) -> Subscription:
    """The subscription after a change that somebody has begun: the same one is finished, another one has to wait."""
    change = found.change
    if change is None or change.plan_id != request.plan:
        raise PlanChanging("Another change of the plan is being paid for. Try again in some minutes.", retry_after_s=60)
    await pay(found, change, resources)
    again = await resources.subscriptions.get(found.account_id)
    return again or found


async def _change(found: Subscription, plan: Plan, payment_method: str | None, resources: Resources) -> bool:
    """Make a change, paid where it has to be; False where something has changed in between."""
    is_paid = plan.price_usd or "subscription" in found.payment
    if not is_paid or await resources.payments() is None:
        return await resources.subscriptions.choose(found.account_id, plan, payment_method=payment_method)
    change = Change(
        id=resources.new_id("change"),
        plan_id=plan.id,
        began_at=int(resources.now().timestamp()),
        payment_method=payment_method,
    )
    return await resources.subscriptions.begin_change(found.account_id, change) and await pay(found, change, resources)


async def _found(call: Call, resources: Resources) -> Subscription:
    found = await resources.subscriptions.get(call.caller.account_id)
    if found is None:
        raise AccountNotFound("The account of this key no longer exists.")
    return found


def _plan_of(found: Subscription) -> Plan:
    return PLANS[found.plan_id] if found.plan_id else UNCHOSEN


def _changed(account_id: str, plan: Plan) -> Answer:
    content = ChangedSubscription.model_validate(_facts(account_id, plan, "active"))
    return Answer(content=content, headers=_PRIVATE)


def _facts(account_id: str, plan: Plan, status: str) -> dict[str, object]:
    return {
        # Made of the account's, so that every account has had one from the start.
        "id": f"sub_{account_id.partition('_')[2]}",
        "status": status,
        "plan": SubscribedPlan(id=plan.id, name=plan.name, price=float(plan.price_usd)),
    }
