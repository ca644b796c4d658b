"""Stripe, by its public REST API.

An order becomes a subscription of Stripe's that renews every 30 days; a later one changes its price, and the difference
is invoiced at once. Every request has an idempotency key that follows from the order, so an order can be placed again
by whoever finds it unfinished: Stripe answers what it answered first, and takes no money twice.
https://docs.stripe.com/api, https://docs.stripe.com/api/idempotent_requests
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx2

from tollgate.contracts.payments import Order, Standing
from tollgate.errors import (
    ConnectFailed,
    NoProviderAvailable,
    PaymentDeclined,
    ProviderAuthFailed,
    ProviderOverloaded,
    UpstreamError,
    UpstreamInvalid,
    UpstreamTimeout,
)

BASE_URL: Final = "https://api.stripe.com"
# The shape of answers that this module was written against.
_VERSION: Final = "2025-03-31.basil"
_PROVIDER: Final = "stripe"
_ATTEMPTS: Final = 3
_PAUSE_S: Final = 0.3
_TIMEOUT: Final = httpx2.Timeout(8, connect=3)

_STANDINGS: Final[Mapping[str, Standing]] = {
    "active": "active",
    "trialing": "active",
    "past_due": "past_due",
    "unpaid": "canceled",
    "incomplete": "past_due",
    "incomplete_expired": "canceled",
    "canceled": "canceled",
    "paused": "canceled",
}
# What is wrong with these is the card, or the word for it, that the client sent.
_OF_THE_CARD: Final = frozenset({"payment_method", "default_payment_method"})


class _Refused(Exception):
    """A refusal: its status, and Stripe's words for it."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        super().__init__(str(error.get("code") or error.get("type")))
        self.status = status
        self.type = str(error.get("type", ""))
        self.code = str(error.get("code") or "")
        self.decline_code = str(error.get("decline_code") or "")
        self.param = str(error.get("param") or "")


class Stripe:
    """An account with Stripe."""

    def __init__(self, http: httpx2.AsyncClient, *, base_url: str, key: Callable[[], Awaitable[str | None]]) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._key = key

    async def subscribe(self, order: Order) -> Mapping[str, str]:
        """See `tollgate.contracts.payments.Payments`."""
        try:
            customer = order.paid.get("customer") or await self._customer(order)
            method = order.payment_method
            await self._post(f"/v1/payment_methods/{method}/attach", {"customer": customer}, f"{order.id}:attach")
            await self._product(order)
            subscription = await self._subscription(order, customer)
        except _Refused as exc:
            raise _declined(exc) from exc
        return {
            "customer": customer,
            "subscription": str(subscription["id"]),
            "item": str(subscription["items"]["data"][0]["id"]),
        }

    async def cancel(self, paid: Mapping[str, str], order_id: str) -> Mapping[str, str]:
        """See `tollgate.contracts.payments.Payments`."""
        if subscription := paid.get("subscription"):
            try:
                await self._send("DELETE", f"/v1/subscriptions/{subscription}", {}, f"{order_id}:cancel")
            except _Refused as exc:
                # It has ended before.
                if exc.code != "resource_missing":
                    raise _unexpected(exc) from exc
        return {name: value for name, value in paid.items() if name == "customer"}

    async def standing(self, paid: Mapping[str, str]) -> Standing:
        """See `tollgate.contracts.payments.Payments`."""
        subscription = paid.get("subscription")
        if subscription is None:
            return "active"
        try:
            found = await self._send("GET", f"/v1/subscriptions/{subscription}", {}, None)
        except _Refused as exc:
            if exc.code == "resource_missing":
                return "canceled"
            raise _unexpected(exc) from exc
        status = str(found.get("status"))
        if status not in _STANDINGS:
            raise UpstreamInvalid(f"Stripe knows a status '{status[:40]}' that is not known here.", provider=_PROVIDER)
        return _STANDINGS[status]

    async def _customer(self, order: Order) -> str:
        form = {"metadata[account_id]": order.account_id}
        return str((await self._post("/v1/customers", form, f"{order.account_id}:customer"))["id"])

    async def _product(self, order: Order) -> None:
        form = {"id": _product_of(order), "name": order.plan.name}
        try:
            await self._post("/v1/products", form, f"{order.id}:product")
        except _Refused as exc:
            if exc.code != "resource_already_exists":
                raise

    async def _subscription(self, order: Order, customer: str) -> Mapping[str, Any]:
        form = {
            "default_payment_method": order.payment_method,
            # Without a payment there is no subscription, and a present one stays as it is.
            "payment_behavior": "error_if_incomplete",
            "items[0][price_data][currency]": "usd",
            "items[0][price_data][product]": _product_of(order),
            "items[0][price_data][unit_amount]": str(int(order.plan.price_usd * 100)),
            "items[0][price_data][recurring][interval]": "day",
            "items[0][price_data][recurring][interval_count]": "30",
            "metadata[account_id]": order.account_id,
            "metadata[order_id]": order.id,
        }
        if present := order.paid.get("subscription"):
            form |= {"items[0][id]": order.paid["item"], "proration_behavior": "always_invoice"}
            return await self._post(f"/v1/subscriptions/{present}", form, f"{order.id}:subscription")
        return await self._post("/v1/subscriptions", {**form, "customer": customer}, f"{order.id}:subscription")

    async def _post(self, path: str, form: Mapping[str, str], idempotency_key: str) -> dict[str, Any]:
        return await self._send("POST", path, form, idempotency_key)

    async def _send(
        self, method: str, path: str, form: Mapping[str, str], idempotency_key: str | None
    ) -> dict[str, Any]:
        """One request, again where Stripe could not be reached, was busy, or is still answering the same one."""
        key = await self._key()
        if not key:
            raise NoProviderAvailable("Payments are not configured.", provider=_PROVIDER)
        headers = {"authorization": f"Bearer {key}", "stripe-version": _VERSION}
        if idempotency_key:
            headers["idempotency-key"] = f"tollgate:{idempotency_key}"
        failure: UpstreamError | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_PAUSE_S * attempt)
            try:
                response = await self._http.request(
                    method, self._base_url + path, headers=headers, data=dict(form), timeout=_TIMEOUT
                )
            except httpx2.TimeoutException as exc:
                failure = UpstreamTimeout("The payment service did not answer in time.", provider=_PROVIDER)
                failure.__cause__ = exc
                continue
            except httpx2.TransportError as exc:
                failure = ConnectFailed("The payment service could not be reached.", provider=_PROVIDER)
                failure.__cause__ = exc
                continue
            if response.status_code in {409, 429} or response.status_code >= 500:
                failure = ProviderOverloaded(
                    "The payment service is too busy. Try again.",
                    provider=_PROVIDER,
                    upstream_status=response.status_code,
                    retry_after_s=2,
                )
                continue
            return _answer(response)
        raise failure or UpstreamInvalid("The payment service did not answer.", provider=_PROVIDER)


def _answer(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise UpstreamInvalid(
            "The payment service answered with nonsense.", provider=_PROVIDER, upstream_status=response.status_code
        )
    if response.status_code == 200:
        return body
    error = body.get("error")
    refused = _Refused(response.status_code, error if isinstance(error, dict) else {})
    if refused.status in {401, 403}:
        raise ProviderAuthFailed(
            "The payment service refused the operator's credential.",
            provider=_PROVIDER,
            upstream_status=refused.status,
            upstream_code=refused.code or None,
        )
    raise refused


def _declined(refused: _Refused) -> Exception:
    """What a refusal of an order means to the client: another card is needed, or it is none of theirs.

    https://docs.stripe.com/error-codes, https://docs.stripe.com/declines/codes
    """
    if refused.status != 402 and refused.type != "card_error" and refused.param not in _OF_THE_CARD:
        return _unexpected(refused)
    reason = refused.decline_code or refused.code or "declined"
    return PaymentDeclined(
        f"The payment was declined ({reason}). Nothing was changed or charged. Send another payment method.",
        param="payment_method",
        metadata={"decline_code": reason},
    )


def _unexpected(refused: _Refused) -> UpstreamInvalid:
    return UpstreamInvalid(
        "The payment service refused the request.",
        provider=_PROVIDER,
        upstream_status=refused.status,
        upstream_code=refused.code or None,
    )


def _product_of(order: Order) -> str:
    return f"tollgate_{order.plan.id}"
