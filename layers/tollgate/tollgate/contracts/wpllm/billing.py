"""`/v1/billing/subscription`."""

from typing import Annotated, Literal

from pydantic import Field

from tollgate.contracts.shapes import Shape


class UpdateSubscriptionRequest(Shape):
    """The plan to be on from now on."""

    plan: Literal["free", "pro", "enterprise"]
    """The plan's id."""
    payment_method: Annotated[str, Field(pattern=r"^pm_[A-Za-z0-9]{6,64}$")] | None = None
    """The payment service's id of a card. Needed for a plan that costs something, until one is on file."""


class SubscribedPlan(Shape):
    """A plan, and its price for 30 days."""

    id: str
    name: str
    price: float
    """In `currency`, not in its hundredths."""
    currency: Literal["usd"] = "usd"
    interval: Literal["month"] = "month"


class PeriodUsage(Shape):
    """Tokens of the present period."""

    tokens_used: int
    """By calls that have ended, and about as many as calls in progress have in their prompts."""
    tokens_limit: int
    """How many the plan has. Where no plan was ever chosen, the largest number that JSON readers keep exactly."""


class ChangedSubscription(Shape):
    """A subscription after a change."""

    object: Literal["subscription"] = "subscription"
    id: str
    status: Literal["active", "past_due", "canceled", "trialing"]
    """`past_due` while a renewal is not paid, `canceled` once the payment service has given it up."""
    plan: SubscribedPlan


class Subscription(ChangedSubscription):
    """What the account is on, its present period of 30 days, and the tokens used in it. Times are in Unix seconds."""

    current_period_start: int
    current_period_end: int
    usage: PeriodUsage
