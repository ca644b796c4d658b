"""Every other write is made twice, because the answer to its first attempt is lost. It counts once, and succeeds."""

import random
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from tests.conftest import World, WorldMaker
from tests.dynalite import Dynalite
from tests.functions.wpllm.training import Trainer, a_trainer
from tests.gate.passage import Passage
from tests.invariants import check_books, check_usage
from tests.upstream import Received, Reply, Upstream

_WRITES: Final = ("PutItem", "UpdateItem", "DeleteItem")
_CHAT: Final = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hello"}]}
_BOT: Final = {"name": "Bot", "provider": "sandbox", "model": "chat"}
_WEBHOOK: Final = {"url": "https://hooks.example/tollgate", "events": ["generation.completed"]}


class Forgetful(Passage):
    """A way to the store on which the answer to every other write is lost once."""

    def __init__(self, dynalite: Dynalite, seed: int) -> None:
        super().__init__(dynalite)
        self._chance = random.Random(seed)
        self._seen: set[tuple[str, bytes]] = set()

    async def __call__(self, request: Received) -> Reply:
        """Pass a request on."""
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        answer = await self.pass_on(request)
        if operation in _WRITES and (operation, request.body) not in self._seen:
            self._seen.add((operation, request.body))
            if self._chance.random() < 0.5:
                return Reply(is_cut=True)
        return answer


@pytest.fixture(params=range(4))
async def world(make_world: WorldMaker, dynalite: Dynalite, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A gateway over that store."""
    async with Forgetful(dynalite, request.param) as forgetful, Upstream(answer=forgetful) as store:
        yield await make_world(AWS_ENDPOINT_URL_DYNAMODB=store.url)


@pytest.fixture
async def trainer(world: World) -> Trainer:
    """An account with money and a key, both of which were made so."""
    return await a_trainer(world)


async def test_an_account_and_its_keys_are_made(world: World) -> None:
    account_id = await world.account()
    operator = await world.key(account_id, "operate")

    made = await _ask(world, operator, "POST", "/accounts", {"name": "another"})
    await _ask(world, operator, "PATCH", f"/accounts/{made['id']}", {"plan": "pro", "name": "renamed"})
    credit = {"id": "topup_1", "type": "topup", "amount": 5}
    await _ask(world, operator, "POST", f"/accounts/{made['id']}/credits", credit)
    key = await _ask(world, operator, "POST", "/keys", {"name": "first", "scopes": ["full"], "account_id": made["id"]})

    assert (await _ask(world, key["key"], "POST", "/v1/chat/completions", _CHAT))["choices"]
    assert [one["name"] for one in (await _ask(world, key["key"], "GET", "/keys"))["items"]] == ["first"]
    await check_books(world.resources, made["id"])


async def test_calls_are_charged_and_counted_once(trainer: Trainer) -> None:
    for path, body in (
        ("/v1/chat/completions", _CHAT),
        ("/v1/embeddings", {"model": "sandbox/embedding", "input": "Hi"}),
        ("/v1/images/generations", {"model": "sandbox/image", "prompt": "A lighthouse", "size": "64x64"}),
        ("/v1/generate", {"model": "sandbox/chat", "prompt": "Hello"}),
    ):
        await _ask(trainer.world, trainer.key, "POST", path, body)

    usage = await check_usage(trainer.world.resources, trainer.account_id)
    assert [counts.requests for counts in usage.values()] == [1] * 4
    await check_books(trainer.world.resources, trainer.account_id)


async def test_a_webhook_is_there_once(trainer: Trainer) -> None:
    made = await _ask(trainer.world, trainer.key, "POST", "/v1/webhooks", _WEBHOOK)

    listed = await _ask(trainer.world, trainer.key, "GET", "/v1/webhooks")
    assert [one["id"] for one in listed["data"]] == [made["id"]]


async def test_conversations_are_kept_once_and_go_on(trainer: Trainer) -> None:
    bot = await _ask(trainer.world, trainer.key, "POST", "/aipkit/v1/chatbots", _BOT)
    for conversation in ("one", "two", "one"):
        said = [{"role": "user", "content": f"Hello, {conversation}"}]
        body = {"messages": said, "conversation_uuid": conversation, "session_id": "s"}
        await _ask(trainer.world, trainer.key, "POST", f"/aipkit/v1/chat/{bot['bot_id']}/message", body)

    rows = await _ask(trainer.world, trainer.key, "GET", "/aipkit/v1/logs")
    assert [(row["conversation_uuid"], row["message_count"]) for row in rows] == [("one", "4"), ("two", "2")]


async def test_a_training_goes_its_whole_way(trainer: Trainer) -> None:
    job_id = await trainer.a_job()

    job = await trainer.finish(job_id)

    assert job["status"] == "succeeded", job
    assert [model["id"] for model in await trainer.tuned_models()] == [job["fine_tuned_model"]]
    await check_books(trainer.world.resources, trainer.account_id)


async def _ask(world: World, key: str, method: str, path: str, body: Any = None) -> Any:
    response = await world.client.request(method, path, json=body, headers={"authorization": f"Bearer {key}"})
    assert response.status_code < 300, (path, response.status_code, response.text)
    return response.json()
