"""Many calls at once, and money for a few: the gate lets in exactly as many as it covers."""

import asyncio
import itertools
import random
from collections import Counter
from typing import Any

import httpx2
import pytest

from tests.builders import a_body
from tests.conftest import World
from tests.invariants import check_books
from tests.upstream import Upstream, a_completion, event_reply, json_reply

# What `a_body(max_completion_tokens=1000)` holds at GPT-4o's price: 25 tokens in at most, 1 000 out.
_HOLD_USD = 0.0100625


async def _post(world: World, key: str, **changes: Any) -> httpx2.Response:
    body = a_body(max_completion_tokens=1000, **changes)
    return await world.client.post("/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key}"})


@pytest.mark.parametrize("calls", [50, 500])
async def test_of_many_parallel_calls_exactly_those_are_admitted_that_the_balance_covers(
    atomic_world: World, upstream: Upstream, calls: int
) -> None:
    account_id = await atomic_world.account(balance_usd=5 * _HOLD_USD)
    key = await atomic_world.key(account_id)
    all_refused = asyncio.Event()
    upstream.replies = [_held_back(json_reply(a_completion()), all_refused)]

    tasks = [asyncio.create_task(_post(atomic_world, key)) for _ in range(calls)]
    await _until_done(tasks, calls - 5)
    all_refused.set()
    responses = await asyncio.gather(*tasks)

    assert Counter(_outcome(response) for response in responses) == {"200": 5, "402 balance_reserved": calls - 5}
    assert len(upstream.requests) == 5
    await check_books(atomic_world.resources, account_id)


async def test_money_that_failed_calls_gave_back_is_spent_by_others_and_the_ledger_adds_up(
    atomic_world: World, upstream: Upstream
) -> None:
    account_id = await atomic_world.account(balance_usd=8 * _HOLD_USD)
    key = await atomic_world.key(account_id)
    chance = random.Random(7)
    upstream.replies = [
        json_reply({"error": {"message": "down"}}, 500) if chance.random() < 0.2 else _answer(chance)
        for _ in range(400)
    ]

    waves = [await asyncio.gather(*(_post(atomic_world, key) for _ in range(25))) for _ in range(8)]

    outcomes = Counter(_outcome(response) for wave in waves for response in wave)
    assert outcomes["502 upstream_invalid_response"] > 0
    assert outcomes["200"] > 8
    assert outcomes.keys() <= {
        "200",
        "402 balance_reserved",
        "402 request_exceeds_balance",
        "502 upstream_invalid_response",
    }
    await check_books(atomic_world.resources, account_id)
    _, _, reserved = await atomic_world.funds(account_id)
    assert float(reserved) == 0


async def test_streams_and_whole_answers_of_many_keys_leave_books_that_agree(
    atomic_world: World, upstream: Upstream
) -> None:
    account_id = await atomic_world.account(balance_usd=20 * _HOLD_USD)
    keys = [await atomic_world.key(account_id, limit=4 * _HOLD_USD) for _ in range(3)]
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hello there"}, "finish_reason": None}]}
    upstream.replies = [
        reply
        for _ in range(60)
        for reply in (json_reply(a_completion()), event_reply([chunk], done=False, is_cut=True), json_reply({}, 429))
    ]

    await asyncio.gather(
        *(_post(atomic_world, keys[number % 3], stream=number % 2 == 0) for number in range(90)), return_exceptions=True
    )

    await check_books(atomic_world.resources, account_id)
    _, _, reserved = await atomic_world.funds(account_id)
    assert float(reserved) == 0


async def test_a_keys_limit_holds_under_parallel_calls(atomic_world: World, upstream: Upstream) -> None:
    account_id = await atomic_world.account(balance_usd=10)
    key = await atomic_world.key(account_id, limit=3 * _HOLD_USD)
    all_refused = asyncio.Event()
    upstream.replies = [_held_back(json_reply(a_completion()), all_refused)]

    tasks = [asyncio.create_task(_post(atomic_world, key)) for _ in range(30)]
    await _until_done(tasks, 27)
    all_refused.set()
    responses = await asyncio.gather(*tasks)

    assert Counter(_outcome(response) for response in responses) == {"200": 3, "402 key_limit_reached": 27}
    await check_books(atomic_world.resources, account_id)


async def test_the_same_credit_sent_many_times_at_once_is_applied_once(atomic_world: World) -> None:
    account_id = await atomic_world.account(balance_usd=None)

    await asyncio.gather(*(atomic_world.credit(account_id, 2.5, f"invoice-{number % 4}") for number in range(40)))

    balance, _, _ = await atomic_world.funds(account_id)
    assert float(balance) == 10
    await check_books(atomic_world.resources, account_id)


async def test_credits_and_charges_at_the_same_time_lose_nothing(atomic_world: World) -> None:
    account_id = await atomic_world.account(balance_usd=5)
    key = await atomic_world.key(account_id)

    await asyncio.gather(
        *(_post(atomic_world, key) for _ in range(40)),
        *(atomic_world.credit(account_id, 0.25, f"top-{number}") for number in range(20)),
    )

    await check_books(atomic_world.resources, account_id)


def _outcome(response: httpx2.Response) -> str:
    if response.status_code == 200:
        return "200"
    return f"{response.status_code} {response.json()['error']['code']}"


def _answer(chance: random.Random) -> Any:
    usage = {"prompt_tokens": chance.randint(1, 20), "completion_tokens": chance.randint(1, 900)}
    reply = json_reply(a_completion(usage=usage))
    pause_s = chance.random() / 100
    return type(reply)(reply.status, reply.headers, reply.pieces, before=lambda: asyncio.sleep(pause_s))


def _held_back(reply: Any, until: asyncio.Event) -> Any:
    return type(reply)(reply.status, reply.headers, reply.pieces, before=until.wait)


async def _until_done(tasks: list[asyncio.Task[httpx2.Response]], number: int) -> None:
    async with asyncio.timeout(60):
        for finished in itertools.islice(asyncio.as_completed(tasks), number):
            await finished
