"""Rate limits under parallel calls: not one call more than a limit allows, and every slot comes back."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from msgspec import structs

from tests.builders import EVER, NOW, a_body, a_hold
from tests.conftest import World
from tests.gate.test_parallel_calls import _until_done
from tests.invariants import check_books
from tests.upstream import Upstream, a_completion, json_reply
from tollgate.contracts.rates import RateClaim, minute_of
from tollgate.resources import Resources
from tollgate.services.jobs.sweep import sweep
from tollgate.stores.table import Table
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.template import Template


@pytest.fixture
async def still(atomic_world: World, template: Template) -> Any:
    """The gateway in one minute that does not end, without anything remembered from call to call."""
    resources = structs.replace(atomic_world.resources, now=lambda: NOW)
    transport = httpx2.ASGITransport(app=LocalGateway(template, resources), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield World(resources, client)


async def _post(world: World, key: str, **changes: Any) -> httpx2.Response:
    headers = {"authorization": f"Bearer {key}"}
    return await world.client.post("/v1/chat/completions", json=a_body(max_tokens=100, **changes), headers=headers)


def _outcome(response: httpx2.Response) -> str:
    if response.status_code == 200:
        return "answered"
    error = response.json()["error"]
    return str(error["metadata"].get("limit_source", error["code"]))


async def _item(resources: Resources, account_id: str) -> Any:
    return await Table(resources._dynamodb, resources.settings.accounts_table).get({"account_id": account_id})


async def test_of_fifty_calls_at_once_exactly_as_many_pass_as_the_key_may_make(
    still: World, upstream: Upstream
) -> None:
    account_id = await still.account()
    key = await still.key(account_id, limits={"requests_per_minute": 7})

    outcomes = Counter(map(_outcome, await asyncio.gather(*(_post(still, key) for _ in range(50)))))

    assert outcomes == {"answered": 7, "key": 43}
    assert len(upstream.requests) == 7
    await check_books(still.resources, account_id)


async def test_of_fifty_calls_of_many_keys_exactly_as_many_pass_as_the_account_may_make(
    still: World, upstream: Upstream
) -> None:
    account_id = await still.account(limits={"requests_per_minute": 12})
    keys = [await still.key(account_id, limits={"requests_per_minute": 5}) for _ in range(4)]

    calls = (_post(still, keys[number % 4]) for number in range(50))
    outcomes = Counter(map(_outcome, await asyncio.gather(*calls)))

    assert outcomes["answered"] == len(upstream.requests) == 12
    await check_books(still.resources, account_id)


async def test_a_limit_that_is_set_while_calls_come_in_holds_for_all_that_come_after(
    still: World, upstream: Upstream
) -> None:
    account_id = await still.account()
    key = await still.key(account_id)
    await asyncio.gather(*(_post(still, key) for _ in range(10)))

    await still.resources.accounts.update(account_id, changes={"limits": {"requests_per_minute": 14}}, now="now")
    await asyncio.gather(*(_post(still, key) for _ in range(40)))

    # Of the first ten those before the account was seen to have no limits are counted.
    assert 14 <= len(upstream.requests) <= 24
    counters = (await _item(still.resources, account_id))["rates"]
    assert counters["account|requests|2026-11-21T09:00"] == 14


@pytest.mark.parametrize("source", ["key", "account"])
async def test_never_more_calls_are_in_progress_than_may_be_and_all_slots_come_back(
    still: World, upstream: Upstream, source: str
) -> None:
    limits: dict[str, Any] = {"limits": {"concurrent_requests": 4}}
    account_id = await still.account(**(limits if source == "account" else {}))
    key = await still.key(account_id, **(limits if source == "key" else {}))
    goes_on = asyncio.Event()
    upstream.replies = [replace(json_reply(a_completion()), before=goes_on.wait)]

    tasks = [asyncio.create_task(_post(still, key)) for _ in range(40)]
    await _until_done(tasks, 36)
    goes_on.set()
    outcomes = Counter(map(_outcome, await asyncio.gather(*tasks)))
    afterwards = [_outcome(await _post(still, key)) for _ in range(2)]

    assert outcomes == {"answered": 4, source: 36}
    assert afterwards == ["answered"] * 2
    item = await _item(still.resources, account_id)
    assert [count for name, count in item["rates"].items() if name.endswith("in_flight")] in ([], [0])


async def test_slots_and_counters_agree_with_what_happened_however_calls_end(still: World, upstream: Upstream) -> None:
    account_id = await still.account(limits={"tokens_per_minute": 100_000, "concurrent_requests": 30})
    keys = [await still.key(account_id, limits={"requests_per_minute": 20, "concurrent_requests": 6}) for _ in range(3)]
    chance = random.Random(11)
    upstream.replies = [_reply(chance) for _ in range(120)]

    outcomes: Counter[str] = Counter()
    for _ in range(4):
        calls = (_post(still, keys[number % 3]) for number in range(30))
        outcomes.update(map(_outcome, await asyncio.gather(*calls)))

    item = await _item(still.resources, account_id)
    entries = await still.resources.accounts.entries(account_id, limit=200)
    used = sum(int(entry.usage.get("total_tokens", 0)) for entry in entries)
    counted = {name: int(count) for name, count in item["rates"].items()}
    assert outcomes["answered"] > 10
    assert outcomes["key"] > 0
    assert counted["account|tokens|2026-11-21T09:00"] == used
    assert counted["account|requests|2026-11-21T09:00"] == len(upstream.requests)
    assert [count for name, count in counted.items() if name.endswith("in_flight")] == [0, 0, 0]
    assert all(count <= 20 for name, count in counted.items() if name.startswith("key_") and "|requests|" in name)
    await check_books(still.resources, account_id)


async def test_tokens_exceed_their_limit_by_no_more_than_the_calls_in_flight(still: World, upstream: Upstream) -> None:
    account_id = await still.account()
    key = await still.key(account_id, limits={"tokens_per_minute": 500})
    usage = {"prompt_tokens": 2, "completion_tokens": 98, "total_tokens": 100}
    upstream.replies = [json_reply(a_completion(usage=usage)) for _ in range(60)]

    for _ in range(10):
        await asyncio.gather(*(_post(still, key) for _ in range(3)))

    # Three at a time: the last to pass saw less than 500, and each of them used 100.
    assert 5 <= len(upstream.requests) <= 7


async def test_the_slot_of_a_call_that_died_comes_back_when_its_hold_expires(still: World) -> None:
    account_id = await still.account()
    key = await still.key(account_id, limits={"concurrent_requests": 1})
    (stored,) = await still.resources.keys.list(account_id)
    claim = RateClaim(stored.id, {"concurrent_requests": 1}, minute_of(NOW))
    hold = a_hold(account_id=account_id, key_id=stored.id, expires_at=NOW + timedelta(minutes=20))
    await still.resources.accounts.reserve(hold, EVER, claim)

    during = _outcome(await _post(still, key))
    await sweep(structs.replace(still.resources, now=lambda: NOW + timedelta(minutes=21)))

    assert during == "key"
    assert _outcome(await _post(still, key)) == "answered"
    await check_books(still.resources, account_id)


async def test_counters_of_minutes_that_are_over_are_forgotten(still: World) -> None:
    account_id = await still.account(limits={"requests_per_minute": 5})
    key = await still.key(account_id, limits={"concurrent_requests": 1, "tokens_per_minute": 5000})
    await _post(still, key)

    await sweep(still.resources)
    during = set((await _item(still.resources, account_id))["rates"])
    await sweep(structs.replace(still.resources, now=lambda: NOW + timedelta(minutes=1)))

    assert len(during) == 5
    assert {name.partition("|")[2] for name in (await _item(still.resources, account_id))["rates"]} == {"in_flight"}


async def test_of_many_requests_that_call_no_model_exactly_as_many_pass_in_each_minute(still: World) -> None:
    account_id = await still.account()
    await still.key(account_id)
    (stored,) = await still.resources.keys.list(account_id)
    keys = still.resources.keys

    for minute in ("2026-11-21T09:00", "2026-11-21T09:01"):
        counts = await asyncio.gather(*(keys.count_request(stored.hash, minute=minute, limit=7) for _ in range(40)))

        assert sorted(count for count in counts if count <= 7) == [1, 2, 3, 4, 5, 6, 7]
        assert {count for count in counts if count > 7} == {8}
    assert await keys.count_request(stored.hash, minute="2026-11-21T09:00", limit=7) == 8, "a clock that is behind"


def _reply(chance: random.Random) -> Any:
    if chance.random() < 0.3:
        return json_reply({"error": {"message": "down"}}, 500)
    usage = {"prompt_tokens": chance.randint(1, 20), "completion_tokens": chance.randint(1, 90)}
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    return json_reply(a_completion(usage=usage))
