"""GET /v1/usage."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.builders import NOW
from tests.functions.conftest import Clock, Site
from tests.upstream import a_completion, json_reply

_USAGE = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
# What that costs at GPT-4o's price.
_COST = 0.0045


@pytest.fixture
async def at(still: Site, clock: Clock) -> tuple[Site, Clock]:
    """OpenAI always uses as many tokens, and time stands still."""
    still.upstream.replies = [json_reply(a_completion(usage=_USAGE)) for _ in range(20)]
    return still, clock


async def _usage(site: Site, key: str | None = None, **query: str) -> httpx2.Response:
    return await site.send("GET", "/v1/usage", key=key, params=query)


async def test_a_day_has_one_item_for_each_model_and_the_total_is_in_dollars(at: Any) -> None:
    site, _ = at
    for _ in range(2):
        await site.chat()
    await site.chat(model="openai/plain")

    response = await _usage(site)

    body = response.json()
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert body["object"] == "usage"
    (day,) = body["daily_costs"]
    assert day["timestamp"] == 1795219200, "midnight of the day in UTC"
    assert [(item["name"], item["cost"]) for item in day["line_items"]] == [
        ("openai/gpt-4o", 2 * _COST),
        ("openai/plain", _COST),
    ]
    assert day["line_items"][0] == {
        "name": "openai/gpt-4o",
        "cost": 2 * _COST,
        "cost_exact": "0.009000000000",
        "requests": 2,
        "prompt_tokens": 2000,
        "completion_tokens": 400,
        "total_tokens": 2400,
    }
    assert (body["total_usage"], body["total_usage_exact"]) == (0.0135, "0.013500000000")


async def test_a_day_that_is_not_over_or_has_not_come_has_a_bucket_without_items(at: Any) -> None:
    site, _ = at

    days = [(await _usage(site, **query)).json() for query in ({}, {"date": "2026-11-22"}, {"date": "2020-02-29"})]

    assert [day["daily_costs"][0]["line_items"] for day in days] == [[], [], []]
    assert {day["total_usage"] for day in days} == {0}
    assert days[1]["daily_costs"][0]["timestamp"] == 1795219200 + 86_400


async def test_a_call_counts_on_the_utc_day_on_which_it_ends(at: Any) -> None:
    site, clock = at
    clock.now = NOW.replace(hour=23, minute=59, second=59)
    await site.chat()
    clock.now += timedelta(seconds=1)
    await site.chat()
    await site.chat()

    body = (await _usage(site, start_date="2026-11-20", end_date="2026-11-22")).json()

    assert [[item["requests"] for item in day["line_items"]] for day in body["daily_costs"]] == [[], [1], [2]]
    assert body["total_usage"] == 0.0135


async def test_usage_is_split_by_key_and_by_endpoint(at: Any) -> None:
    site, _ = at
    other = await site.world.key(site.account_id)
    await site.chat()
    await site.chat(other)
    embed = {"model": "sandbox/embedding", "input": "Hi"}
    await site.send("POST", "/v1/embeddings", key=other, json=embed)
    ids = [stored.id for stored in await site.world.resources.keys.list(site.account_id)]

    by_key = (await _usage(site, group_by="key")).json()["daily_costs"][0]["line_items"]
    by_operation = (await _usage(site, group_by="operation")).json()["daily_costs"][0]["line_items"]

    assert {item["name"]: item["requests"] for item in by_key} == dict(zip(ids, (1, 2), strict=True))
    assert {item["name"]: item["requests"] for item in by_operation} == {
        "router/create_chat_completion": 2,
        "router/create_embedding": 1,
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"date": "2026-02-30"}, "date"),
        ({"date": "21.11.2026"}, "date"),
        ({"date": "1795219200"}, "date"),
        ({"date": "2026-W47-6"}, "date"),
        ({"date": ""}, "date"),
        ({"start_date": "nope"}, "start_date"),
        ({"date": "2026-11-21", "start_date": "2026-11-20"}, "date"),
        ({"date": "2026-11-21", "end_date": "2026-11-21"}, "date"),
        ({"end_date": "2026-11-21"}, "start_date"),
        ({"start_date": "2026-11-21", "end_date": "2026-11-20"}, "end_date"),
        ({"start_date": "2026-08-23", "end_date": "2026-11-21"}, "start_date"),
        ({"group_by": "colour"}, "group_by"),
    ],
)
async def test_what_is_no_range_of_days_is_refused_by_the_name_of_its_field(
    at: Any, query: dict[str, str], field: str
) -> None:
    site, _ = at

    response = await _usage(site, **query)

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (400, "validation_error", "invalid_parameters")
    assert (error["param"], error["details"]["field"]) == (field, field)


async def test_a_range_has_up_to_ninety_days_and_ends_today_unless_told(at: Any) -> None:
    site, _ = at

    body = (await _usage(site, start_date="2026-08-24")).json()

    assert len(body["daily_costs"]) == 90
    assert body["daily_costs"][-1]["timestamp"] == 1795219200


async def test_usage_is_that_of_the_keys_own_account(at: Any) -> None:
    site, _ = at
    await site.chat()
    stranger = await site.world.key(await site.world.account())

    assert (await _usage(site, stranger)).json()["total_usage"] == 0
