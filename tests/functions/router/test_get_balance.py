"""GET /balance."""

import asyncio
from dataclasses import replace

import pytest

from tests.functions.conftest import Site
from tests.upstream import a_completion, json_reply


@pytest.mark.parametrize("path", ["/balance", "/v1/balance", "/v1/credits/balance"])
async def test_the_balance_is_told_exactly_on_every_path(site: Site, path: str) -> None:
    response = await site.send("GET", path)

    body = response.json()
    assert body | {"updated_at": ""} == {
        "success": True,
        "balance": 10.0,
        "object": "balance",
        "available": 10.0,
        "reserved": 0.0,
        "currency": "USD",
        "balance_exact": "10.000000000000",
        "updated_at": "",
    }
    assert response.headers["cache-control"] == "no-store"


async def test_calls_in_flight_hold_a_part_of_it(site: Site) -> None:
    called, answered = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        called.set()
        await answered.wait()

    site.upstream.replies = [replace(json_reply(a_completion()), before=wait)]
    running = asyncio.create_task(site.chat(max_tokens=1000))
    await called.wait()

    body = (await site.send("GET", "/balance")).json()
    answered.set()
    await running

    assert (body["balance"], body["available"], body["reserved"]) == (10.0, 9.9899375, 0.0100625)


@pytest.mark.parametrize("balance", [0, -1.5])
async def test_an_empty_or_negative_balance_is_an_answer_like_any_other(site: Site, balance: float) -> None:
    account_id = await site.world.account(balance_usd=1)
    await site.world.credit(account_id, balance - 1, "correction", "adjustment")

    response = await site.send("GET", "/balance", key=await site.world.key(account_id))

    assert (response.status_code, response.json()["balance"]) == (200, balance)
