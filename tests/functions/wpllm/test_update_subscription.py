"""POST /v1/billing/subscription, where nobody takes money; with Stripe it is in test_paid_plans.py."""

from typing import Any

import httpx2
import pytest

from tests.functions.conftest import Clock, Site
from tests.upstream import a_completion, json_reply
from tollgate.stores.table import Table

_PATH = "/v1/billing/subscription"
_CARD = "pm_r7s8t9u0v"


async def _choose(site: Site, plan: Any, key: str | None = None, **rest: Any) -> httpx2.Response:
    return await site.send("POST", _PATH, key=key, json={"plan": plan, **rest})


async def _get(site: Site) -> Any:
    return (await site.send("GET", _PATH)).json()


async def test_the_answer_has_the_plan_and_its_price_in_dollars_and_nothing_of_periods_or_cards(still: Site) -> None:
    response = await _choose(still, "enterprise", payment_method=_CARD)

    assert response.status_code == 200
    assert response.json() == {
        "object": "subscription",
        "id": f"sub_{still.account_id.removeprefix('acct_')}",
        "status": "active",
        "plan": {"id": "enterprise", "name": "Enterprise", "price": 99.99, "currency": "usd", "interval": "month"},
    }
    assert _CARD not in (await still.send("GET", _PATH)).text


async def test_a_change_keeps_the_period_and_the_tokens_used_in_it(still: Site, clock: Clock) -> None:
    await still.chat()
    before = await _get(still)
    clock.pass_by(days=3)

    await _choose(still, "pro", payment_method=_CARD)
    await _choose(still, "enterprise")
    after = await _get(still)

    assert after["usage"]["tokens_used"] == before["usage"]["tokens_used"] > 0
    assert after["current_period_start"] == before["current_period_start"]
    assert (before["plan"]["id"], after["plan"]["id"]) == ("free", "enterprise")
    assert after["usage"]["tokens_limit"] == 100_000_000


async def test_the_same_plan_again_changes_nothing(still: Site) -> None:
    first, second = await _choose(still, "pro", payment_method=_CARD), await _choose(still, "pro")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()


async def test_a_plan_that_costs_something_needs_a_card_until_one_is_on_file(still: Site) -> None:
    refused = await _choose(still, "pro")
    await _choose(still, "pro", payment_method=_CARD)
    statuses = [(await _choose(still, plan)).status_code for plan in ("free", "enterprise")]

    assert refused.status_code == 400
    assert refused.json()["error"]["details"]["field"] == "payment_method"
    assert statuses == [200, 200]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "plan"),
        ({"plan": "platinum"}, "plan"),
        ({"plan": "developer"}, "plan"),
        ({"plan": 1}, "plan"),
        ({"plan": "pro", "payment_method": "card_123456"}, "payment_method"),
        ({"plan": "pro", "payment_method": "pm_12345"}, "payment_method"),
        ({"plan": "pro", "payment_method": "pm_../../refunds"}, "payment_method"),
        ({"plan": "pro", "payment_method": True}, "payment_method"),
    ],
)
async def test_what_is_no_plan_or_card_is_refused_by_its_field(still: Site, body: Any, field: str) -> None:
    response = await still.send("POST", _PATH, json=body)

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["details"]["field"]) == (400, "validation_error", field)
    assert (await _get(still))["plan"]["id"] == "free"


async def test_the_limits_of_a_plan_hold_from_the_next_call_on(still: Site, clock: Clock) -> None:
    before = [(await still.chat()).status_code for _ in range(11)]
    clock.pass_by(minutes=1)
    await _choose(still, "free")
    limited = [(await still.chat()).status_code for _ in range(11)]
    refused = await still.chat()
    await _choose(still, "pro", payment_method=_CARD)

    assert before == [200] * 11
    assert limited == [200] * 10 + [429]
    assert refused.json()["error"]["metadata"]["limit_source"] == "plan"
    assert (await still.chat()).status_code == 200


async def test_the_requests_of_a_day_are_limited_until_midnight_in_utc(still: Site, clock: Clock) -> None:
    await _choose(still, "free")
    await _made_today(still, 999)
    clock.now = clock.now.replace(hour=23, minute=30)

    last = await still.chat()
    refused = await still.chat()
    analysed = await _analyse(still)
    clock.pass_by(minutes=30)

    assert last.status_code == 200
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1800")
    error = analysed.json()["error"]
    assert error["details"] | {"limit_source": ""} == {
        "limit_source": "",
        "limit": 1000,
        "remaining": 0,
        "reset_time": int(clock.now.timestamp()),
        "retry_after": 1800,
    }
    assert (error["retry_after"], analysed.headers["retry-after"]) == (1800, "1800")
    assert (await still.chat()).status_code == 200


async def test_routes_of_the_api_tell_of_the_tightest_window_in_both_spellings(still: Site, clock: Clock) -> None:
    await _choose(still, "free")

    answers = [await _analyse(still) for _ in range(11)]

    until = int(clock.now.timestamp()) + 60
    for prefix in ("x-ratelimit", "x-rate-limit"):
        told = [tuple(one.headers[f"{prefix}-{name}"] for name in ("limit", "remaining", "reset")) for one in answers]
        assert (told[0], told[-2], told[-1]) == (
            ("10", "9", str(until)),
            ("10", "0", str(until)),
            ("10", "0", str(until)),
        )
    assert answers[-1].status_code == 429
    assert "x-ratelimit-limit-requests" not in answers[0].headers


async def test_a_quota_is_used_up_by_the_call_that_crosses_it_and_comes_back_with_the_next_period(
    still: Site, clock: Clock
) -> None:
    usage = {"prompt_tokens": 40, "completion_tokens": 999_960, "total_tokens": 1_000_000}
    still.upstream.replies = [json_reply(a_completion(usage=usage)), json_reply(a_completion())]
    await _choose(still, "free")

    crossing = await still.chat()
    refused = await _analyse(still)
    clock.pass_by(days=30)
    later = await still.chat()

    assert (crossing.status_code, refused.status_code, later.status_code) == (200, 402, 200)
    error = refused.json()["error"]
    assert (error["type"], error["code"]) == ("quota_error", "quota_exceeded")
    assert error["details"] == {
        "reason": "quota_exceeded",
        "quota_limit": 1_000_000,
        "quota_used": 1_000_000,
        "reset_date": "2026-12-21T09:00:00Z",
    }


async def test_a_used_up_quota_is_told_in_each_familys_own_words(still: Site) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1_999_999, "total_tokens": 2_000_000}
    still.upstream.replies = [json_reply(a_completion(usage=usage))]
    await _choose(still, "free")
    await still.chat()
    prompt = {"messages": [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]}

    router, wordpress = await still.chat(), await still.send("POST", "/wp-ai/v1/generate", json=prompt)

    error = router.json()["error"]
    assert (router.status_code, error["type"], error["code"]) == (402, "insufficient_quota", "quota_exceeded")
    assert error["metadata"]["quota_used"] == 2_000_000
    assert router.headers["x-should-retry"] == "false"
    body = wordpress.json()
    assert (wordpress.status_code, body["code"], body["data"]["reason"]) == (402, "prompt_prevented", "quota_exceeded")


async def test_a_used_up_quota_comes_after_a_rate_limit_and_before_an_empty_balance_and_a_bad_body(
    still: Site, clock: Clock
) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1_000_000, "total_tokens": 1_000_001}
    still.upstream.replies = [json_reply(a_completion(usage=usage))]
    await _choose(still, "free")
    limited = await still.world.key(still.account_id, limits={"requests_per_minute": 1})
    await still.chat(limited)
    await still.world.credit(still.account_id, -100, "taken", "adjustment")

    answers = [await still.chat(limited), await still.chat(), await still.chat(messages=[])]

    codes = [one.json()["error"]["code"] for one in answers]
    assert codes == ["rate_limit_exceeded", "quota_exceeded", "quota_exceeded"]


async def test_code_is_analysed_by_the_rules_whatever_is_left_of_a_quota(still: Site) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1_000_000, "total_tokens": 1_000_001}
    still.upstream.replies = [json_reply(a_completion(usage=usage))]
    await _choose(still, "free")
    await still.chat()

    response = await still.send("POST", "/v1/analyze", json={"code": "<?php echo 1;", "analysis_type": "security"})

    assert response.status_code == 200


async def test_an_operator_puts_an_account_on_a_plan_and_takes_it_off(still: Site) -> None:
    operator = await still.world.key(still.account_id, "operate")
    path = f"/accounts/{still.account_id}"
    limits = {"requests_per_minute": 20, "tokens_per_minute": None, "concurrent_requests": None}

    on_plan = await still.send("PATCH", path, key=operator, json={"plan": "developer", "limits": limits})
    subscription = await _get(still)
    renamed = await still.send("PATCH", path, key=operator, json={"name": "other", "limits": None})
    limited = [(await still.chat()).status_code for _ in range(11)]
    off_plan = await still.send("PATCH", path, key=operator, json={"plan": None})

    assert (on_plan.json()["plan"], on_plan.json()["limits"]) == ("developer", limits)
    assert (subscription["plan"]["id"], subscription["usage"]["tokens_limit"]) == ("developer", 1_000_000)
    assert (renamed.json()["plan"], set(renamed.json()["limits"].values())) == ("developer", {None})
    assert limited == [200] * 10 + [429]
    assert off_plan.json()["plan"] is None
    assert (await still.chat()).status_code == 200


async def _made_today(site: Site, requests: int) -> None:
    """As if so many requests had been made on the day on which the clock begins."""
    accounts = Table(site.world.resources._dynamodb, site.world.resources.settings.accounts_table)
    await accounts.update(
        {"account_id": site.account_id},
        "SET day_counts.#today = :requests",
        values={":requests": requests},
        names={"#today": "account|requests|2026-11-21"},
    )


async def _analyse(site: Site) -> httpx2.Response:
    body = {"code": "<?php echo $_GET['a'];", "analysis_type": "security", "model": "openai/gpt-4o"}
    return await site.send("POST", "/v1/analyze", json=body)
