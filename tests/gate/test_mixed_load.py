"""Calls of every family at once, while providers and the store fail: what clients saw is what the books say."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace

from tests.builders import an_entry
from tests.conftest import World, WorldMaker
from tests.dynalite import Dynalite
from tests.gate.passage import Passage
from tests.invariants import check_books, check_usage
from tests.upstream import (
    Received,
    Reply,
    Upstream,
    a_completion,
    a_usage,
    an_embedding_answer,
    chunks_of,
    event_reply,
    json_reply,
)
from tollgate.services.jobs.sweep import sweep

_CALLS: Final = 270
_AT_ONCE: Final = 16
_STORE_FAILS: Final = 0.03
_ANSWER_IS_LOST: Final = 0.03
_PROVIDER_FAILS: Final = 0.15


@dataclass(frozen=True)
class Seen:
    """What a client saw of a call."""

    path: str
    request_id: str
    status: int
    is_whole: bool
    """Whether the answer was one body, whose header says what it cost."""
    cost_usd: Decimal | None
    is_cut: bool
    question: str
    """What a chatbot was asked; empty of other calls."""


class Faults(Passage):
    """A provider and a way to the store, both of which fail now and then, the same in every run."""

    def __init__(self, dynalite: Dynalite) -> None:
        super().__init__(dynalite)
        self.chance = random.Random(11)
        self.is_quiet = True

    async def store(self, request: Received) -> Reply:
        """Pass a request on to the store; before that or after it the connection may fail."""
        luck = 1.0 if self.is_quiet else self.chance.random()
        if luck < _STORE_FAILS:
            return json_reply({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}, 500)
        answer = await self.pass_on(request)
        if luck < _STORE_FAILS + _ANSWER_IS_LOST:
            return Reply(is_cut=True)
        return answer

    def provider(self, request: Received) -> Reply:
        """Answer, fail, or break off."""
        body = request.json
        if self.chance.random() < _PROVIDER_FAILS:
            return self.chance.choice(
                [
                    json_reply({"error": {"message": "down"}}, 502),
                    json_reply({"error": {"message": "slow down"}}, 429),
                    event_reply(chunks_of("Hel", finish=None), done=False, is_cut=True),
                    Reply(is_cut=True),
                ]
            )
        if request.path.endswith("/embeddings"):
            return json_reply(an_embedding_answer(body, length=8))
        usage = a_usage(self.chance.randint(1, 20), self.chance.randint(1, 400))
        if body.get("stream"):
            return event_reply(chunks_of("Hel", "lo!", usage=usage))
        return json_reply(a_completion("Hello!", usage=usage))


@pytest.fixture
async def faults(dynalite: Dynalite) -> AsyncIterator[Faults]:
    """What fails."""
    async with Faults(dynalite) as made:
        yield made


@pytest.fixture
async def world(make_world: WorldMaker, faults: Faults, tmp_path: Path) -> AsyncIterator[World]:
    """A gateway whose way to the store and whose provider fail."""
    catalogue = tmp_path / "catalogue.json"
    embedding = an_entry(id="openai/embed", type="embedding", pricing={"unit": "token", "input": 0.02})
    catalogue.write_text(json.dumps({"models": [an_entry(), embedding]}))
    async with Upstream(answer=faults.provider) as provider, Upstream(answer=faults.store) as store:
        yield await make_world(
            AWS_ENDPOINT_URL_DYNAMODB=store.url,
            OPENAI_BASE_URL=provider.url,
            OPENAI_API_KEY="sk-operator",
            TOLLGATE_CATALOGUE=str(catalogue),
        )


_TURN: Final = {"role": "user", "content": "Hello"}
_CHAT: Final = {"model": "openai/gpt-4o", "messages": [_TURN], "max_tokens": 500}
_BOT: Final = "a chatbot"
_PARTS: Final = [{"type": "text", "text": "Hello"}]
_KINDS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("/v1/chat/completions", _CHAT),
    ("/v1/chat/completions", {**_CHAT, "stream": True}),
    ("/v1/embeddings", {"model": "openai/embed", "input": ["Hello", "you"]}),
    ("/v1/generate", {"model": "openai/gpt-4o", "prompt": "Hello", "max_tokens": 500}),
    ("/v1/generate/stream", {"model": "openai/gpt-4o", "prompt": "Hello", "max_tokens": 500}),
    (
        "/wp-ai/v1/generate",
        {"messages": [{"role": "user", "parts": _PARTS}], "providerId": "openai", "modelId": "gpt-4o"},
    ),
    (
        "/aipkit/v1/generate",
        {"provider": "openai", "model": "gpt-4o", "messages": [_TURN], "ai_params": {"max_completion_tokens": 500}},
    ),
    (_BOT, {}),
    ("/v1/chat/completions", {**_CHAT, "model": "openai/nobody"}),
)


async def test_what_clients_saw_is_what_was_charged(world: World, faults: Faults) -> None:
    account_id = await world.account(balance_usd=20)
    key = await world.key(account_id)
    headers = {"authorization": f"Bearer {key}"}
    bot = {"name": "Bot", "provider": "openai", "model": "gpt-4o", "max_completion_tokens": 500}
    made = await world.client.post("/aipkit/v1/chatbots", json=bot, headers=headers)
    bot_path = f"/aipkit/v1/chat/{made.json()['bot_id']}/message"
    turns = asyncio.Semaphore(_AT_ONCE)

    async def call(number: int) -> Seen | None:
        path, body = _KINDS[number % len(_KINDS)]
        question = f"What about {number}?" if path == _BOT else ""
        if question:
            said = [{"role": "user", "content": question}]
            # Some conversations go on, several of them at once.
            body = {"messages": said, "conversation_uuid": f"c-{number % 4}", "session_id": "s-1"}
        async with turns:
            return await _call(world, key, bot_path if question else path, body, question=question)

    faults.is_quiet = False
    async with asyncio.timeout(240):
        calls = await asyncio.gather(*map(call, range(_CALLS)))
    faults.is_quiet = True
    await sweep(replace(world.resources, now=lambda: _later(world)))

    seen = {one.request_id: one for one in calls if one is not None}
    charged = await _charges(world, account_id)
    statuses = Counter(one.status for one in seen.values())
    assert statuses[200] > _CALLS / 2
    assert statuses.keys() <= {200, 404, 429, 500, 502, 503}, statuses
    # What AI Puffer says of a provider that cannot be reached.
    assert {one.path.split("/")[1] for one in seen.values() if one.status == 500} <= {"aipkit"}
    for request_id, one in seen.items():
        costs = charged.get(request_id, [])
        assert len(costs) <= 1, "a call is charged once"
        if one.status != 200:
            assert not costs, f"a refused call is free: {one}"
        elif one.is_whole:
            assert costs == [one.cost_usd], f"it costs what its answer says: {one}"
        else:
            assert costs, f"what was streamed is paid for: {one}"
            assert one.cost_usd in {None, *costs}
    assert charged.keys() <= seen.keys(), "nothing is charged that nobody asked for"
    assert any(one.is_cut for one in seen.values()), "some streams broke off"
    await check_books(world.resources, account_id, usage_only_after=Decimal(20))
    assert (await world.funds(account_id))[2] == "0", "nothing stays held"
    usage = await check_usage(world.resources, account_id)
    assert len({line.operation for line in usage}) == len({path for path, _ in _KINDS})

    logged = await _logged(world, headers)
    answered = {one.question for one in seen.values() if one.question and one.status == 200}
    assert set(logged.values()) == {1}, "what was said is in the log once"
    assert answered <= logged.keys() <= {one.question for one in seen.values()}, "whatever was answered is in the log"


async def _logged(world: World, headers: dict[str, str]) -> Counter[str]:
    """How often each question stands in the log of conversations."""
    response = await world.client.get("/aipkit/v1/logs", params={"per_page": 100}, headers=headers)
    assert response.status_code == 200, response.text
    said = [message for row in response.json() for message in json.loads(row["messages"])["messages"]]
    return Counter(message["content"] for message in said if message["role"] == "user")


async def _call(world: World, key: str, path: str, body: dict[str, Any], *, question: str) -> Seen:
    response = await world.client.post(path, json=body, headers={"authorization": f"Bearer {key}"})
    is_stream = not response.headers["content-type"].startswith("application/json")
    cost = response.headers.get("x-tollgate-cost")
    events = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]
    usages = [event.get("usage") or event.get("error", {}).get("metadata", {}).get("usage") for event in events]
    told = next((usage["cost"] for usage in reversed(usages) if usage and "cost" in usage), cost)
    return Seen(
        path=path,
        request_id=response.headers["x-request-id"],
        status=response.status_code,
        is_whole=not is_stream,
        cost_usd=None if told is None else Decimal(str(told)),
        is_cut=is_stream and '"error"' in response.text,
        question=question,
    )


async def _charges(world: World, account_id: str) -> dict[str, list[Decimal]]:
    charges: dict[str, list[Decimal]] = {}
    for entry in await world.resources.accounts.entries(account_id, limit=2 * _CALLS):
        if entry.type == "usage":
            charges.setdefault(entry.request_id or "", []).append(-entry.amount_usd)
    return charges


def _later(world: World) -> Any:
    return world.resources.now() + timedelta(hours=1)
