"""Many identical requests at once, under one idempotency key: one runs."""

import asyncio
from collections import Counter
from typing import Any

import httpx2
import pytest

from tests.builders import a_body
from tests.conftest import World
from tests.invariants import check_books
from tests.upstream import Upstream, a_completion, a_usage, chunks_of, event_reply, json_reply


async def _post(world: World, key: str, text: str = "once", **changes: Any) -> httpx2.Response:
    headers = {"authorization": f"Bearer {key}", "idempotency-key": text}
    return await world.client.post("/v1/chat/completions", json=a_body(**changes), headers=headers)


def _outcome(response: httpx2.Response) -> str:
    if response.status_code == 200:
        return response.headers.get("idempotent-replayed", "ran")
    code: str = response.json()["error"]["code"]
    return code


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_of_fifty_identical_requests_at_once_one_runs_and_all_get_its_answer_in_the_end(
    atomic_world: World, upstream: Upstream, is_streamed: bool
) -> None:
    account_id = await atomic_world.account()
    key = await atomic_world.key(account_id)
    upstream.replies = [event_reply(chunks_of("Hi", usage=a_usage())) if is_streamed else json_reply(a_completion())]

    responses = await asyncio.gather(*(_post(atomic_world, key, stream=is_streamed) for _ in range(50)))
    after = await _post(atomic_world, key, stream=is_streamed)

    outcomes = Counter(_outcome(response) for response in responses)
    (first,) = [response for response in responses if _outcome(response) == "ran"]
    assert outcomes.keys() <= {"ran", "true", "idempotency_in_progress"}
    assert (after.content, _outcome(after)) == (first.content, "true")
    assert len(upstream.requests) == 1
    assert len(await atomic_world.resources.accounts.entries(account_id, limit=9)) == 2
    await check_books(atomic_world.resources, account_id)


async def test_failures_free_the_key_until_one_request_succeeds(atomic_world: World, upstream: Upstream) -> None:
    account_id = await atomic_world.account()
    key = await atomic_world.key(account_id)
    upstream.replies = [
        *(json_reply({"error": {"message": "busy"}}, 503) for _ in range(7)),
        json_reply(a_completion()),
    ]

    outcomes: Counter[str] = Counter()
    while outcomes["ran"] == 0:
        outcomes.update(map(_outcome, await asyncio.gather(*(_post(atomic_world, key) for _ in range(5)))))

    assert outcomes["ran"] == 1
    assert len(upstream.requests) == 8
    assert len(await atomic_world.resources.accounts.entries(account_id, limit=9)) == 2
    await check_books(atomic_world.resources, account_id)


async def test_each_of_many_keys_runs_once_however_often_it_is_repeated(
    atomic_world: World, upstream: Upstream
) -> None:
    account_id = await atomic_world.account()
    key = await atomic_world.key(account_id)

    for _ in range(2):
        await asyncio.gather(*(_post(atomic_world, key, f"order-{number % 8}") for number in range(40)))

    assert len(upstream.requests) == 8
    await check_books(atomic_world.resources, account_id)
