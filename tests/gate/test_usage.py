"""Usage adds up to the ledger, and quotas hold, whatever happens at once and whoever dies in between."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import httpx2
import pytest
from msgspec import structs

from tests.builders import EVER, NOW, a_body, a_hold
from tests.conftest import World
from tests.invariants import check_books, check_usage, usage_of
from tests.upstream import Upstream, a_completion, json_reply
from tollgate.contracts.accounts import Entry
from tollgate.contracts.usage_lines import Line
from tollgate.ledger.plans import PLANS
from tollgate.resources import Resources
from tollgate.services.jobs.sweep import sweep
from tollgate.stores.aws import AwsUnavailable
from tollgate.stores.table import Table
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.local.state import REGION
from tollgate_cli.template import Template


class _Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def timed(atomic_world: World, template: Template) -> AsyncIterator[tuple[World, _Clock]]:
    """The gateway at a time that a test holds."""
    clock = _Clock()
    resources = structs.replace(atomic_world.resources, now=clock)
    transport = httpx2.ASGITransport(app=LocalGateway(template, resources), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield World(resources, client), clock


@pytest.fixture
def told(environment: dict[str, str]) -> Callable[[], Counter[str]]:
    """The events that were published since this was asked last."""
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("sqs", endpoint_url=environment["AWS_ENDPOINT_URL_SQS"], region_name=REGION, **credentials)

    def ask() -> Counter[str]:
        types: Counter[str] = Counter()
        while messages := client.receive_message(QueueUrl=environment["EVENTS_QUEUE"], MaxNumberOfMessages=10).get(
            "Messages"
        ):
            types.update(json.loads(message["Body"])["event"]["type"] for message in messages)
        return types

    return ask


_ASKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/chat/completions", a_body(max_tokens=100)),
    ("/v1/chat/completions", {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hi"}]}),
    ("/v1/chat/completions", {"model": "sandbox/chat", "stream": True, "messages": [{"role": "user", "content": "a"}]}),
    ("/v1/chat/completions", {"model": "sandbox/error-500", "messages": [{"role": "user", "content": "Hi"}]}),
    ("/v1/chat/completions", {"model": "sandbox/cut", "stream": True, "messages": [{"role": "user", "content": "a"}]}),
    ("/v1/embeddings", {"model": "sandbox/embedding", "input": "Hi"}),
    ("/v1/images/generations", {"model": "sandbox/image", "prompt": "A lighthouse", "size": "64x64"}),
    ("/v1/audio/speech", {"model": "sandbox/speech", "input": "Hi"}),
    ("/v1/analyze", {"code": "<?php echo 1;", "analysis_type": "security", "model": "sandbox/chat"}),
    ("/wp-ai/v1/generate", {"messages": [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]}),
)


@pytest.mark.parametrize("seed", range(4))
async def test_usage_is_what_the_ledger_says_for_any_traffic_of_all_families(
    timed: tuple[World, _Clock], upstream: Upstream, seed: int
) -> None:
    world, clock = timed
    chance = random.Random(seed)
    account_id = await world.account(balance_usd=50)
    keys = [await world.key(account_id) for _ in range(3)]
    upstream.replies = [_reply(chance) for _ in range(60)]

    async def ask(number: int) -> int:
        path, body = chance.choice(_ASKS)
        headers = {"authorization": f"Bearer {chance.choice(keys)}"}
        if chance.random() < 0.3:
            headers["idempotency-key"] = f"again-{number % 7}"
        response = await world.client.post(path, json=body, headers=headers)
        return response.status_code

    statuses: Counter[int] = Counter()
    for _ in range(3):
        moving = asyncio.gather(sweep(world.resources), *(world.resources.usage.move(account_id) for _ in range(2)))
        statuses.update(await asyncio.gather(*(ask(number) for number in range(25))))
        await moving
        await check_usage(world.resources, account_id)
        clock.now += timedelta(hours=9)

    usage = await check_usage(world.resources, account_id)
    assert statuses[200] > 20
    assert len({line.operation for line in usage}) >= 5
    assert len({line.day for line in usage}) == 2
    await check_books(world.resources, account_id)


async def test_lines_do_not_pile_up_in_an_account_however_many_keys_it_has(timed: tuple[World, _Clock]) -> None:
    world, _ = timed
    account_id = await world.account(balance_usd=50)
    keys = [await world.key(account_id) for _ in range(30)]
    body = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hi"}]}

    for some in range(0, 30, 5):
        headers = [{"authorization": f"Bearer {key}"} for key in keys[some : some + 5]]
        await asyncio.gather(*(world.client.post("/v1/chat/completions", json=body, headers=one) for one in headers))

    item = await Table(world.resources._dynamodb, world.resources.settings.accounts_table).get(
        {"account_id": account_id}
    )
    assert item is not None
    assert len(item["usage_open"]) <= 4 * 12
    assert len(await check_usage(world.resources, account_id)) == 30


class _Dying:
    """A table whose process dies before one of its writes, or when the write was made and nobody heard of it."""

    def __init__(self, table: Table, dies_at: int, *, after: bool) -> None:
        self._table = table
        self._left = dies_at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    async def update(self, *args: Any, **rest: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise AwsUnavailable("died")
        answer = await self._table.update(*args, **rest)
        if self._left == 0:
            raise AwsUnavailable("died")
        return answer


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies_at", range(1, 6))
@pytest.mark.parametrize("table", ["_accounts", "_usage"])
async def test_whoever_dies_while_usage_moves_leaves_it_whole(
    timed: tuple[World, _Clock], table: str, dies_at: int, after: bool
) -> None:
    world, _ = timed
    account_id = await world.account()
    usage = world.resources.usage
    for number in range(3):
        await _charge(world.resources, account_id, model=f"m/{number}", cost="0.000000000001")
    alive = getattr(usage, table)
    setattr(usage, table, _Dying(alive, dies_at, after=after))

    for _ in range(2):
        try:
            await usage.move(account_id)
        except AwsUnavailable:
            await check_usage(world.resources, account_id)
        await _charge(world.resources, account_id, model="m/1", cost="0.25")
    setattr(usage, table, alive)
    await asyncio.gather(*(usage.finish(account_id) for _ in range(3)))

    found = await check_usage(world.resources, account_id)
    assert sum((counts.cost_usd for counts in found.values()), Decimal(0)) == Decimal("0.500000000003")


async def test_usage_can_be_read_while_it_moves(timed: tuple[World, _Clock]) -> None:
    world, _ = timed
    account_id = await world.account()
    charged = asyncio.Event()

    async def move() -> None:
        while not charged.is_set():
            await world.resources.usage.finish(account_id)

    async def read() -> list[int]:
        seen = []
        while not charged.is_set():
            usage = await usage_of(world.resources, account_id)
            seen.append(sum(counts.requests for counts in usage.values()))
        return seen

    async def charge() -> None:
        try:
            for number in range(25):
                await _charge(world.resources, account_id, model=f"m/{number % 3}", cost="0.01")
        finally:
            charged.set()

    seen, *_ = await asyncio.gather(read(), move(), move(), charge())

    assert seen == sorted(seen), "what was counted once is never missing later"
    assert (await check_usage(world.resources, account_id)).keys() == {
        Line("2026-11-21", f"m/{number}", "key_1", "") for number in range(3)
    }


async def test_what_the_sweeper_charges_for_a_call_that_died_is_usage_too(timed: tuple[World, _Clock]) -> None:
    world, clock = timed
    account_id = await world.account()
    hold = a_hold(account_id=account_id, expires_at=NOW + timedelta(minutes=20), operation="router/create_speech")
    await world.resources.accounts.reserve(hold, EVER)
    await world.resources.accounts.checkpoint(hold, Decimal("0.3"))
    clock.now += timedelta(minutes=21)

    await asyncio.gather(*(sweep(world.resources) for _ in range(3)))

    (line,) = await check_usage(world.resources, account_id)
    assert line.operation == "router/create_speech"


async def test_of_fifty_calls_at_the_end_of_a_quota_one_passes(timed: tuple[World, _Clock], upstream: Upstream) -> None:
    world, _ = timed
    account_id, key = await _on_plan(world, tokens=999_999)

    outcomes = Counter(await asyncio.gather(*(_post(world, key) for _ in range(50))))

    assert outcomes["answered"] == len(upstream.requests) == 1
    assert outcomes["quota_exceeded"] == 49
    await check_books(world.resources, account_id)


async def test_of_many_calls_at_the_end_of_a_period_all_are_in_the_next_one(
    timed: tuple[World, _Clock], upstream: Upstream
) -> None:
    world, clock = timed
    account_id, key = await _on_plan(world, tokens=1_000_000)
    assert await _post(world, key) == "quota_exceeded"
    clock.now += timedelta(days=30)

    sweeps = asyncio.gather(*_sweeps(world, 3))
    outcomes = Counter(await asyncio.gather(*(_post(world, key) for _ in range(9))))
    await sweeps

    found = await world.resources.subscriptions.get(account_id)
    assert found is not None
    used = sum(counts.total_tokens for counts in (await check_usage(world.resources, account_id)).values())
    assert outcomes["answered"] == 9
    assert (found.period.started_at, found.period.tokens) == (int(clock.now.timestamp()), used)


async def test_a_call_belongs_to_the_period_that_admitted_it(timed: tuple[World, _Clock], upstream: Upstream) -> None:
    world, clock = timed
    account_id, key = await _on_plan(world, tokens=500)
    clock.now += timedelta(days=30, seconds=-1)
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        asked.set()
        await goes_on.wait()

    upstream.replies = [replace(json_reply(a_completion()), before=wait), json_reply(a_completion())]

    running = asyncio.create_task(_post(world, key))
    await asked.wait()
    clock.now += timedelta(seconds=1)
    await sweep(world.resources)
    goes_on.set()
    outcome = await running
    after_first = await world.resources.subscriptions.get(account_id)
    await _post(world, key)
    after_second = await world.resources.subscriptions.get(account_id)

    assert outcome == "answered"
    assert after_first is not None
    assert after_second is not None
    assert after_first.period.tokens == 0
    assert after_second.period.tokens == 29


async def test_the_tokens_of_a_period_are_those_that_were_used_however_calls_end(
    timed: tuple[World, _Clock], upstream: Upstream
) -> None:
    world, _ = timed
    account_id, key = await _on_plan(world, tokens=0, plan="enterprise")
    chance = random.Random(3)
    upstream.replies = [_reply(chance) for _ in range(60)]

    await asyncio.gather(*(_post(world, key) for _ in range(40)))

    used = sum(counts.total_tokens for counts in (await check_usage(world.resources, account_id)).values())
    found = await world.resources.subscriptions.get(account_id)
    assert found is not None
    assert found.period.tokens == used > 0


async def test_the_owner_is_told_once_of_each_share_of_the_quota(
    timed: tuple[World, _Clock], upstream: Upstream, told: Callable[[], Counter[str]]
) -> None:
    world, clock = timed
    _, key = await _on_plan(world, tokens=799_980)

    await asyncio.gather(*(_post(world, key) for _ in range(5)), *_sweeps(world, 2))
    at_80 = told()
    usage = {"prompt_tokens": 0, "completion_tokens": 300_000, "total_tokens": 300_000}
    upstream.replies = [json_reply(a_completion(usage=usage))]
    await asyncio.gather(*(_post(world, key) for _ in range(3)), *_sweeps(world, 2))
    at_100 = told()
    clock.now += timedelta(days=30)
    await sweep(world.resources)
    clock.now += timedelta(minutes=1)
    await _post(world, key)

    assert (at_80, at_100) == ({"usage.warning": 1}, {"usage.quota_exceeded": 1})
    assert told() == {}


async def test_the_owner_is_told_once_in_a_window_of_a_limit_that_refuses(
    timed: tuple[World, _Clock], told: Callable[[], Counter[str]]
) -> None:
    world, clock = timed
    account_id = await world.account()
    key = await world.key(account_id, limits={"requests_per_minute": 2})

    await asyncio.gather(*(_post(world, key) for _ in range(20)))
    first = told()
    await asyncio.gather(*(_post(world, key) for _ in range(5)))
    second = told()
    clock.now += timedelta(minutes=1)
    await asyncio.gather(*(_post(world, key) for _ in range(20)))

    assert (first, second, told()) == ({"usage.limit_exceeded": 1}, {}, {"usage.limit_exceeded": 1})


async def _charge(resources: Resources, account_id: str, *, model: str, cost: str) -> None:
    hold = a_hold(id=resources.new_id("hold"), account_id=account_id, model=model)
    await resources.accounts.reserve(hold, EVER)
    entry = Entry(
        id=resources.new_id("led"),
        account_id=account_id,
        type="usage",
        amount_usd=-Decimal(cost),
        created_at="2026-11-21T09:00:00Z",
        hold_id=hold.id,
        key_id=hold.key_id,
        model=model,
        usage={"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    )
    await resources.accounts.settle(hold, entry)


async def _on_plan(world: World, *, tokens: int, plan: str = "free") -> tuple[str, str]:
    """An account on a plan that has used so many tokens, and its key; its rate limits are far away."""
    account_id = await world.account(balance_usd=100)
    chosen = PLANS[plan]._replace(requests_per_minute=10_000, requests_per_day=10_000)
    await world.resources.subscriptions.choose(account_id, chosen)
    await Table(world.resources._dynamodb, world.resources.settings.accounts_table).update(
        {"account_id": account_id}, "SET period_tokens = :tokens", values={":tokens": tokens}
    )
    return account_id, await world.key(account_id)


async def _post(world: World, key: str) -> str:
    headers = {"authorization": f"Bearer {key}"}
    response = await world.client.post("/v1/chat/completions", json=a_body(max_tokens=100), headers=headers)
    return "answered" if response.status_code == 200 else str(response.json()["error"]["code"])


def _sweeps(world: World, times: int) -> list[Any]:
    return [sweep(world.resources) for _ in range(times)]


def _reply(chance: random.Random) -> Any:
    if chance.random() < 0.3:
        return json_reply({"error": {"message": "down"}}, 500)
    usage = {"prompt_tokens": chance.randint(1, 20), "completion_tokens": chance.randint(1, 90)}
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    return json_reply(a_completion(usage=usage))
