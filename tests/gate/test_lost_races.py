"""Calls that find the funds changed whenever they write: others were faster, which is no reason to refuse them."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.conftest import World, WorldMaker
from tests.dynalite import Dynalite
from tests.gate.passage import Passage
from tests.invariants import check_books
from tests.upstream import Received, Reply, Upstream, json_reply

_CHAT = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hello"}]}


class Crowd(Passage):
    """A way to the store on which somebody else is faster, as often as a test wants."""

    def __init__(self, dynalite: Dynalite) -> None:
        super().__init__(dynalite)
        self.races = 0
        self.lost = 0

    async def __call__(self, request: Received) -> Reply:
        """Pass a request on, unless it is a reservation and its race is lost."""
        if b"available >= :amount" in request.body and self.lost < self.races:
            self.lost += 1
            item = await self._item(request)
            kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
            return json_reply({"__type": kind, "message": "The conditional request failed", "Item": item}, 400)
        return await self.pass_on(request)

    async def _item(self, request: Received) -> object:
        asked = {name: request.json[name] for name in ("TableName", "Key")}
        headers = {**request.headers, "x-amz-target": "DynamoDB_20120810.GetItem"}
        answer = await self.pass_on(Received("POST", request.path, headers, json.dumps(asked).encode()))
        return json.loads(b"".join(answer.pieces))["Item"]


@pytest.fixture
async def crowd(dynalite: Dynalite) -> AsyncIterator[Crowd]:
    """Nobody, so far."""
    async with Crowd(dynalite) as made:
        yield made


@pytest.fixture
async def world(make_world: WorldMaker, crowd: Crowd) -> AsyncIterator[World]:
    """A gateway that shares its store with that crowd."""
    async with Upstream(answer=crowd) as store:
        yield await make_world(AWS_ENDPOINT_URL_DYNAMODB=store.url)


async def test_a_call_that_lost_eight_races_is_answered(world: World, crowd: Crowd) -> None:
    account_id = await world.account()
    key = await world.key(account_id)
    crowd.races = 8

    response = await world.client.post("/v1/chat/completions", json=_CHAT, headers={"authorization": f"Bearer {key}"})

    assert response.status_code == 200
    assert crowd.lost == 8
    await check_books(world.resources, account_id)


async def test_a_call_that_loses_them_all_is_told_to_come_back_and_holds_nothing(world: World, crowd: Crowd) -> None:
    account_id = await world.account()
    key = await world.key(account_id)
    crowd.races = 1_000

    response = await world.client.post("/v1/chat/completions", json=_CHAT, headers={"authorization": f"Bearer {key}"})

    assert (response.status_code, response.json()["error"]["code"]) == (503, "gate_busy")
    assert response.headers["retry-after"] == "1"
    assert await world.funds(account_id) == ("10", "10", "0")
    assert crowd.lost < 20
