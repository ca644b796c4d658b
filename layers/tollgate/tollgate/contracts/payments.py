"""Paying for a plan, whoever takes the money."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

from tollgate.contracts.plans import Plan

Standing = Literal["active", "past_due", "canceled"]


class Order(NamedTuple):
    """A plan that an account wants to pay for, from now on every 30 days. The same order can be placed many times."""

    id: str
    account_id: str
    plan: Plan
    payment_method: str
    """The payment service's id of a card, which the client got from it."""
    paid: Mapping[str, str]
    """What the last order of the account came to; empty before the first."""


class Payments(Protocol):
    """A payment service. Ids of its own are passed around as a plain mapping, which the account keeps."""

    async def subscribe(self, order: Order) -> Mapping[str, str]:
        """Charge an order, and what it replaces no more; what is to be kept of it.

        An order that was charged answers the same again, and charges nothing. When this raises anything but
        PaymentDeclined, it is not known whether the money was taken.

        Raises PaymentDeclined, UpstreamError.
        """
        ...

    async def cancel(self, paid: Mapping[str, str], order_id: str) -> Mapping[str, str]:
        """Charge nothing any more; what is left to be kept.

        Raises UpstreamError.
        """
        ...

    async def standing(self, paid: Mapping[str, str]) -> Standing:
        """How the payments for an order are going.

        Raises UpstreamError.
        """
        ...
