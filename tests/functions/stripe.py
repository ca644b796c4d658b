"""Stripe, on loopback: customers, cards, subscriptions and what they were charged, each request once."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from tests.upstream import Received, Reply, json_reply

DECLINED = "pm_cardThatIsDeclined"
UNKNOWN = "pm_noSuchCardThere"


class StripeDouble:
    """An account with Stripe. `charges` are what it took, in US dollars, in order."""

    def __init__(self) -> None:
        self.charges: list[float] = []
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.products: set[str] = set()
        self.attached: dict[str, str] = {}
        self.fails: Callable[[Received], Reply | None] = lambda _request: None
        """Answers in Stripe's place."""
        self.loses: Callable[[Received], bool] = lambda _request: False
        """Whether an answer is lost on its way, the work being done."""
        self.key = "sk_test_1"
        self._kept: dict[str, tuple[bytes, Reply]] = {}

    def answer(self, request: Received) -> Reply:
        """What Stripe says."""
        if reply := self.fails(request):
            return reply
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, type="invalid_request_error", message="Invalid API Key provided")
        reply = self._once(request)
        return Reply(reply.status, reply.headers, (), is_cut=True) if self.loses(request) else reply

    def _once(self, request: Received) -> Reply:
        key = request.headers.get("idempotency-key")
        if key is None or request.method == "GET":
            return self._do(request)
        asked = f"{request.method} {request.path}\n".encode() + request.body
        if key in self._kept:
            before, reply = self._kept[key]
            return reply if before == asked else _error(400, type="idempotency_error", message="other parameters")
        self._kept[key] = (asked, self._do(request))
        return self._kept[key][1]

    def _do(self, request: Received) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        match [request.method, *request.path.strip("/").split("/")[1:]]:
            case ["POST", "customers"]:
                return json_reply({"id": f"cus_{form['metadata[account_id]'][-6:]}", "object": "customer"})
            case ["POST", "payment_methods", method, "attach"]:
                if method == UNKNOWN:
                    return _error(404, type="invalid_request_error", code="resource_missing", param="payment_method")
                self.attached[method] = form["customer"]
                return json_reply({"id": method, "object": "payment_method"})
            case ["POST", "products"]:
                if form["id"] in self.products:
                    return _error(400, type="invalid_request_error", code="resource_already_exists", param="id")
                self.products.add(form["id"])
                return json_reply({"id": form["id"], "object": "product"})
            case ["POST", "subscriptions"]:
                return self._subscribe(f"sub_{len(self.subscriptions) + 1}", form, 0.0)
            case ["POST", "subscriptions", subscription]:
                assert form["items[0][id]"] == f"si_{subscription}"
                return self._subscribe(subscription, form, self.subscriptions[subscription]["price"])
            case ["DELETE", "subscriptions", subscription]:
                self.subscriptions[subscription]["status"] = "canceled"
                return self._shown(subscription)
            case ["GET", "subscriptions", subscription]:
                return self._shown(subscription)
        raise AssertionError(f"{request.method} {request.path}")

    def _subscribe(self, name: str, form: dict[str, str], before: float) -> Reply:
        assert form["items[0][price_data][product]"] in self.products
        assert form["default_payment_method"] in self.attached
        assert form["payment_behavior"] == "error_if_incomplete"
        recurring = "items[0][price_data][recurring]"
        assert (form[f"{recurring}[interval]"], form[f"{recurring}[interval_count]"]) == ("day", "30")
        if form["default_payment_method"] == DECLINED:
            return _error(402, type="card_error", code="card_declined", decline_code="insufficient_funds")
        price = int(form["items[0][price_data][unit_amount]"]) / 100
        self.charges.append(round(price - before, 2))
        self.subscriptions[name] = {"status": "active", "price": price}
        return self._shown(name)

    def _shown(self, name: str) -> Reply:
        if name not in self.subscriptions:
            return _error(404, type="invalid_request_error", code="resource_missing", param="id")
        status = self.subscriptions[name]["status"]
        return json_reply({"id": name, "status": status, "items": {"data": [{"id": f"si_{name}"}]}})


def _error(status: int, **error: str) -> Reply:
    return Reply(status, {"content-type": "application/json"}, (json.dumps({"error": error}).encode(),))
