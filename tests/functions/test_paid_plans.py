"""Plans that are paid through Stripe: a change that failed changes nothing, and one that was paid is never lost."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from msgspec.structs import replace

from tests.conftest import World, WorldMaker
from tests.functions.conftest import Clock, Site
from tests.functions.stripe import DECLINED, UNKNOWN, StripeDouble
from tests.upstream import Received, Reply, Upstream, json_reply
from tollgate.contracts.payments import Order
from tollgate.ledger.plans import PLANS
from tollgate.services.jobs.sweep import sweep
from tollgate.stores.subscriptions import Change
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.template import Template

_PATH = "/v1/billing/subscription"
_CARD = "pm_r7s8t9u0v"


@pytest.fixture
def stripe() -> StripeDouble:
    """Stripe."""
    return StripeDouble()


@pytest.fixture
async def paying(make_world: WorldMaker, template: Template, clock: Clock, stripe: StripeDouble) -> AsyncIterator[Site]:
    """A gateway whose operator has an account with Stripe."""
    async with Upstream(answer=stripe.answer) as server:
        made = await make_world(STRIPE_API_KEY="sk_test_1", STRIPE_BASE_URL=server.url)
        resources = replace(made.resources, now=clock)
        transport = httpx2.ASGITransport(app=LocalGateway(template, resources), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            world = World(resources, client)
            account_id = await world.account()
            yield Site(world, server, account_id, await world.key(account_id))


async def _choose(site: Site, plan: str, card: str | None = None, **headers: str) -> httpx2.Response:
    body = {"plan": plan, **({"payment_method": card} if card else {})}
    return await site.send("POST", _PATH, json=body, headers=headers)


async def _plan(site: Site) -> tuple[str, str]:
    body = (await site.send("GET", _PATH)).json()
    return body["plan"]["id"], body["status"]


async def test_plans_are_charged_when_they_are_chosen_and_the_difference_when_they_change(
    paying: Site, stripe: StripeDouble
) -> None:
    statuses = [
        (await _choose(paying, "pro", _CARD)).status_code,
        (await _choose(paying, "pro")).status_code,
        (await _choose(paying, "enterprise")).status_code,
        (await _choose(paying, "free")).status_code,
    ]

    assert statuses == [200] * 4
    assert stripe.charges == [29.99, 70.0]
    assert [one["status"] for one in stripe.subscriptions.values()] == ["canceled"]
    assert await _plan(paying) == ("free", "active")


async def test_whoever_comes_back_pays_with_the_card_on_file(paying: Site, stripe: StripeDouble) -> None:
    await _choose(paying, "pro", _CARD)
    await _choose(paying, "free")

    await _choose(paying, "enterprise")

    assert stripe.charges == [29.99, 99.99]
    assert len(set(stripe.attached.values())) == 1, "one customer"


@pytest.mark.parametrize(("card", "reason"), [(DECLINED, "insufficient_funds"), (UNKNOWN, "resource_missing")])
async def test_a_card_that_is_refused_changes_nothing_and_the_next_one_is_taken(
    paying: Site, stripe: StripeDouble, card: str, reason: str
) -> None:
    refused = await _choose(paying, "pro", card)
    before = await _plan(paying)
    taken = await _choose(paying, "pro", _CARD)

    error = refused.json()["error"]
    assert (refused.status_code, error["type"], error["code"]) == (400, "validation_error", "invalid_parameters")
    assert error["details"]["field"] == error["param"] == "payment_method"
    assert reason in error["details"]["issue"]
    assert card not in refused.text
    assert before == ("free", "active")
    assert (taken.status_code, stripe.charges) == (200, [29.99])


async def test_a_card_that_is_refused_for_a_larger_plan_leaves_the_present_one(
    paying: Site, stripe: StripeDouble
) -> None:
    await _choose(paying, "pro", _CARD)

    refused = await _choose(paying, "enterprise", DECLINED)
    back = await _choose(paying, "enterprise")

    assert refused.status_code == 400
    assert back.status_code == 200, "the card that was on file still is"
    assert stripe.charges == [29.99, 70.0]


def _is_subscribing(request: Received) -> bool:
    return request.path.startswith("/v1/subscriptions") and request.method == "POST"


async def test_a_payment_whose_answer_was_lost_is_finished_by_the_next_request_and_charged_once(
    paying: Site, stripe: StripeDouble
) -> None:
    stripe.loses = _is_subscribing
    lost = await _choose(paying, "pro", _CARD)
    between = await _plan(paying)
    stripe.loses = lambda _: False

    again = await _choose(paying, "pro", _CARD)

    error = lost.json()["error"]
    assert (lost.status_code, error["type"], error["code"]) == (502, "server_error", "bad_gateway")
    assert between == ("free", "active")
    assert (again.status_code, await _plan(paying)) == (200, ("pro", "active"))
    assert stripe.charges == [29.99]


async def test_a_payment_whose_answer_was_lost_is_finished_by_the_sweeper(
    paying: Site, stripe: StripeDouble, clock: Clock
) -> None:
    stripe.loses = _is_subscribing
    await _choose(paying, "pro", _CARD)
    stripe.loses = lambda _: False

    await sweep(paying.world.resources)
    too_soon = await _plan(paying)
    other = await _choose(paying, "enterprise", _CARD)
    clock.pass_by(minutes=5)
    await asyncio.gather(*(sweep(paying.world.resources) for _ in range(2)))

    assert too_soon == ("free", "active")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "invalid_state")
    assert (await _plan(paying), stripe.charges) == (("pro", "active"), [29.99])


async def test_a_process_that_dies_after_the_payment_loses_nothing(
    paying: Site, stripe: StripeDouble, clock: Clock
) -> None:
    resources = paying.world.resources
    change = Change("change_1", "pro", int(clock.now.timestamp()), _CARD)
    await resources.subscriptions.begin_change(paying.account_id, change)
    payments = await resources.payments()
    assert payments is not None
    await payments.subscribe(Order(change.id, paying.account_id, PLANS["pro"], _CARD, {}))
    clock.pass_by(minutes=5)

    await sweep(resources)

    assert (await _plan(paying), stripe.charges) == (("pro", "active"), [29.99])


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (json_reply({"error": {"type": "api_error"}}, 500), 503),
        (json_reply({"error": {"type": "rate_limit_error"}}, 429), 503),
        (json_reply({"error": {"type": "invalid_request_error", "code": "parameter_missing"}}, 400), 502),
        (Reply(200, pieces=(b"<html>",)), 502),
    ],
)
async def test_stripes_own_troubles_are_told_as_such_and_change_nothing(
    paying: Site, stripe: StripeDouble, reply: Reply, status: int
) -> None:
    stripe.fails = lambda _: reply

    response = await _choose(paying, "pro", _CARD)

    assert (response.status_code, response.json()["error"]["type"]) == (status, "server_error")
    assert (await _plan(paying), stripe.charges) == (("free", "active"), [])


async def test_a_wrong_key_of_the_operator_is_no_fault_of_the_clients_card(paying: Site, stripe: StripeDouble) -> None:
    stripe.key = "sk_another"

    response = await _choose(paying, "pro", _CARD)

    assert response.status_code == 502
    assert "sk_" not in response.text


async def test_of_many_changes_at_once_one_is_paid(paying: Site, stripe: StripeDouble) -> None:
    answers = await asyncio.gather(*(_choose(paying, "pro", _CARD) for _ in range(6)))

    assert {one.status_code for one in answers} <= {200, 409}
    assert 200 in {one.status_code for one in answers}
    assert (stripe.charges, await _plan(paying)) == ([29.99], ("pro", "active"))


async def test_a_change_that_is_repeated_under_its_key_is_paid_once(paying: Site, stripe: StripeDouble) -> None:
    answers = [await _choose(paying, "pro", _CARD, **{"idempotency-key": "change-1"}) for _ in range(2)]

    assert [one.json() for one in answers] == [answers[0].json()] * 2
    assert stripe.charges == [29.99]


async def test_renewals_that_are_not_paid_show_and_end_in_the_free_plan(
    paying: Site, stripe: StripeDouble, clock: Clock
) -> None:
    await _choose(paying, "pro", _CARD)
    seen = []
    for status in ("active", "past_due", "active", "past_due", "unpaid"):
        stripe.subscriptions["sub_1"]["status"] = status
        clock.pass_by(hours=6)
        await sweep(paying.world.resources)
        seen.append(await _plan(paying))
    again = await _choose(paying, "pro", "pm_anotherCard1")

    assert seen == [
        ("pro", "active"),
        ("pro", "past_due"),
        ("pro", "active"),
        ("pro", "past_due"),
        ("free", "canceled"),
    ]
    assert (again.status_code, stripe.charges) == (200, [29.99, 29.99])
    assert await _plan(paying) == ("pro", "active")


async def test_stripe_is_asked_how_renewals_go_only_now_and_then(paying: Site, clock: Clock) -> None:
    await _choose(paying, "pro", _CARD)
    before = len(paying.upstream.requests)

    for _ in range(3):
        await sweep(paying.world.resources)
        clock.pass_by(minutes=5)

    assert len(paying.upstream.requests) == before + 1


async def test_an_operator_changes_no_plan_that_is_paid_for(paying: Site) -> None:
    await _choose(paying, "pro", _CARD)
    operator = await paying.world.key(paying.account_id, "operate")

    response = await paying.send("PATCH", f"/accounts/{paying.account_id}", key=operator, json={"plan": None})

    assert (response.status_code, await _plan(paying)) == (409, ("pro", "active"))


async def test_the_free_plan_asks_stripe_for_nothing(paying: Site) -> None:
    await _choose(paying, "free")

    assert paying.upstream.requests == []
