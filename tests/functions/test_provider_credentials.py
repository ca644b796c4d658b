"""The operator's credentials for providers, while the gateway runs; and what the operator alone is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import ProviderSecret, World, WorldMaker
from tests.upstream import Received, Reply, Upstream, a_completion, json_reply

_WORDS = "Your organization has been restricted."
_BODY = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16}


def _answer(request: Received) -> Reply:
    if request.headers["authorization"] == "Bearer sk-good":
        return json_reply(a_completion())
    return json_reply({"error": {"message": _WORDS, "type": "invalid_request_error", "code": "invalid_api_key"}}, 401)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """OpenAI, which knows one key."""
    async with Upstream(answer=_answer) as server:
        yield server


@pytest.fixture
async def world(make_world: WorldMaker, upstream: Upstream) -> World:
    """A gateway without a credential of its own."""
    made: World = await make_world(OPENAI_BASE_URL=upstream.url + "/v1")
    return made


async def _call(world: World, key: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    response = await world.client.post(
        "/v1/chat/completions", json={**_BODY, **changes}, headers={"authorization": f"Bearer {key}"}
    )
    return response.status_code, response.json()


async def test_a_credential_that_is_changed_while_the_gateway_runs_is_used_by_the_next_call(
    world: World, upstream: Upstream, provider_secret: ProviderSecret
) -> None:
    key = await world.key(await world.account())
    provider_secret.write({"OPENAI_API_KEY": "sk-old"})
    refused, _ = await _call(world, key)

    provider_secret.write({"OPENAI_API_KEY": "sk-good"})
    answered, _ = await _call(world, key)
    again, _ = await _call(world, key)

    assert (refused, answered, again) == (502, 200, 200)
    tried = [request.headers["authorization"].removeprefix("Bearer ") for request in upstream.requests]
    assert tried == ["sk-old", "sk-old", "sk-good", "sk-good"]


async def test_a_credential_that_is_set_for_the_first_time_is_found_without_waiting(
    world: World, provider_secret: ProviderSecret
) -> None:
    key = await world.key(await world.account())
    missing, error = await _call(world, key)

    provider_secret.write({"OPENAI_API_KEY": "sk-good"})
    # What was missing is looked for again after two seconds, not after the five minutes of what was found.
    await asyncio.sleep(2.1)
    answered, _ = await _call(world, key)

    assert (missing, error["error"]["code"], answered) == (503, "no_provider_available", 200)


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(
    ("values", "detail"), [({"OPENAI_API_KEY": "sk-bad"}, _WORDS), ({}, "OPENAI_API_KEY is not set.")]
)
async def test_the_operator_is_told_what_the_provider_said_and_nobody_else_is(
    world: World, provider_secret: ProviderSecret, values: dict[str, str], detail: str, is_streamed: bool
) -> None:
    provider_secret.write(values)
    account_id = await world.account()
    operator, customer = await world.key(account_id, "operate"), await world.key(account_id)

    _, told = await _call(world, operator, stream=is_streamed)
    _, kept = await _call(world, customer, stream=is_streamed)

    assert told["error"]["metadata"]["detail"] == detail
    assert "detail" not in kept["error"]["metadata"]
    assert detail not in json.dumps(kept)


async def test_the_operator_is_told_in_the_middle_of_a_stream_as_well(
    make_world: WorldMaker, provider_secret: ProviderSecret
) -> None:
    first = {"id": "x", "choices": [{"index": 0, "delta": {"content": "He"}, "finish_reason": None}]}
    failure = {"error": {"message": _WORDS, "type": "server_error"}}
    pieces = tuple(f"data: {json.dumps(event)}\n\n".encode() for event in (first, failure))
    provider_secret.write({"OPENAI_API_KEY": "sk-good"})
    async with Upstream(Reply(200, {"content-type": "text/event-stream"}, pieces)) as upstream:
        world = await make_world(OPENAI_BASE_URL=upstream.url + "/v1")
        account_id = await world.account()
        texts = []
        for scope in ("operate", "inference"):
            headers = {"authorization": f"Bearer {await world.key(account_id, scope)}"}
            body = {**_BODY, "stream": True}
            texts.append((await world.client.post("/v1/chat/completions", json=body, headers=headers)).text)

    assert [_WORDS in text for text in texts] == [True, False]
