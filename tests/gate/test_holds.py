"""What becomes of the money that is set aside for a call, however the call ends."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import httpx2
import pytest
from msgspec import structs

from tests.builders import EVER, a_body, a_hold
from tests.conftest import World
from tests.gate.test_parallel_calls import _HOLD_USD
from tests.invariants import check_books
from tests.upstream import Upstream, a_completion, a_usage, chunks_of, event_reply, json_reply
from tollgate.contracts.accounts import Entry, Hold
from tollgate.resources import Resources
from tollgate.services.jobs.sweep import sweep
from tollgate.stores.aws import AwsUnavailable
from tollgate.stores.table import Table


def _entry(hold: Hold, charge: str = "0.25") -> Entry:
    return Entry(
        id="led_" + "0" * 26,
        account_id=hold.account_id,
        type="usage",
        amount_usd=-Decimal(charge),
        created_at="2026-11-21T09:00:00Z",
        hold_id=hold.id,
    )


async def _reserved(world: World, **changes: object) -> Hold:
    hold = a_hold(account_id=await world.account(balance_usd=4), **changes)
    await world.resources.accounts.reserve(hold, EVER)
    return hold


async def test_settling_charges_and_gives_the_rest_back(atomic_world: World) -> None:
    hold = await _reserved(atomic_world)

    written = await atomic_world.resources.accounts.settle(hold, _entry(hold))

    assert written is not None
    assert (written.balance_before_usd, written.balance_after_usd) == (Decimal(4), Decimal("3.75"))
    assert await atomic_world.funds(hold.account_id) == ("3.75", "3.75", "0")
    await check_books(atomic_world.resources, hold.account_id)


async def test_settling_a_second_time_changes_nothing(atomic_world: World) -> None:
    hold = await _reserved(atomic_world)
    await atomic_world.resources.accounts.settle(hold, _entry(hold))

    again = await atomic_world.resources.accounts.settle(hold, structs.replace(_entry(hold), id="led_" + "1" * 26))

    assert again is None
    assert await atomic_world.funds(hold.account_id) == ("3.75", "3.75", "0")
    await check_books(atomic_world.resources, hold.account_id)


async def test_settling_after_a_release_changes_nothing(atomic_world: World) -> None:
    hold = await _reserved(atomic_world)
    assert await atomic_world.resources.accounts.release(hold)

    assert await atomic_world.resources.accounts.settle(hold, _entry(hold)) is None
    assert not await atomic_world.resources.accounts.release(hold)
    assert await atomic_world.funds(hold.account_id) == ("4", "4", "0")


async def test_a_reservation_whose_answer_was_lost_is_not_made_twice(atomic_world: World) -> None:
    hold = await _reserved(atomic_world)

    await atomic_world.resources.accounts.reserve(hold, EVER)

    assert await atomic_world.funds(hold.account_id) == ("4", "3", "1")


@pytest.mark.parametrize("charge", ["-0.01", "1.01"])
async def test_a_charge_outside_its_hold_is_a_mistake_and_not_made(atomic_world: World, charge: str) -> None:
    hold = await _reserved(atomic_world)

    with pytest.raises(ValueError, match="does not fit"):
        await atomic_world.resources.accounts.settle(hold, _entry(hold, charge))


async def test_an_entry_left_in_the_outbox_is_written_by_the_sweeper_once(atomic_world: World) -> None:
    hold = await _reserved(atomic_world)
    accounts = atomic_world.resources.accounts
    ledger, accounts._ledger = accounts._ledger, _Unreachable()  # type: ignore[assignment]
    with pytest.raises(ConnectionError):
        await accounts.settle(hold, _entry(hold))
    accounts._ledger = ledger

    await sweep(atomic_world.resources)
    await sweep(atomic_world.resources)

    await check_books(atomic_world.resources, hold.account_id)
    entries = await accounts.entries(hold.account_id, limit=10)
    assert [(entry.type, entry.balance_after_usd) for entry in entries if entry.type == "usage"] == [
        ("usage", Decimal("3.75"))
    ]


class _Unreachable:
    async def put(self, *_: object, **__: object) -> None:
        raise ConnectionError


async def test_a_process_killed_between_reserving_and_settling_returns_the_money_when_its_hold_expires(
    atomic_world: World, upstream: Upstream
) -> None:
    account_id = await atomic_world.account(balance_usd=1)
    key = await atomic_world.key(account_id)
    called = asyncio.Event()

    async def never_answer() -> None:
        called.set()
        await asyncio.Event().wait()

    upstream.replies = [replace(json_reply(a_completion()), before=never_answer)]
    body = json.dumps(a_body(max_completion_tokens=1000))
    command = [sys.executable, "-m", "tests.gate.one_call", key, body]
    environment = {**os.environ, **atomic_world.resources.settings.environment}
    victim = await asyncio.create_subprocess_exec(*command, env=environment)
    async with asyncio.timeout(60):
        await called.wait()
    victim.kill()
    await victim.wait()

    assert float((await atomic_world.funds(account_id))[2]) == _HOLD_USD
    await sweep(atomic_world.resources)
    assert float((await atomic_world.funds(account_id))[2]) == _HOLD_USD, "a hold that may still be alive is left alone"
    later = _later(atomic_world.resources)
    await asyncio.gather(sweep(later), sweep(later))

    assert [float(amount) for amount in await atomic_world.funds(account_id)] == [1, 1, 0]
    await check_books(atomic_world.resources, account_id, usage_only_after=Decimal(1))


async def test_an_expired_hold_is_charged_what_its_call_had_cost_by_its_last_checkpoint(atomic_world: World) -> None:
    hold = await _reserved(atomic_world)
    await atomic_world.resources.accounts.checkpoint(hold, Decimal("0.125"))

    await sweep(_later(atomic_world.resources))

    entries = await atomic_world.resources.accounts.entries(hold.account_id, limit=1)
    assert (entries[0].amount_usd, entries[0].outcome, entries[0].is_estimated) == (Decimal("-0.125"), "expired", True)
    assert await atomic_world.funds(hold.account_id) == ("3.875", "3.875", "0")
    await check_books(atomic_world.resources, hold.account_id)


async def test_a_checkpoint_after_the_call_was_settled_brings_nothing_back(atomic_world: World) -> None:
    hold = await _reserved(atomic_world)
    await atomic_world.resources.accounts.settle(hold, _entry(hold))

    await atomic_world.resources.accounts.checkpoint(hold, Decimal("0.5"))

    await check_books(atomic_world.resources, hold.account_id)


async def test_usage_above_the_hold_is_charged_the_hold_and_never_more(atomic_world: World, upstream: Upstream) -> None:
    account_id = await atomic_world.account(balance_usd=1)
    key = await atomic_world.key(account_id)
    upstream.replies = [json_reply(a_completion(usage=a_usage(prompt=10_000, completion=500_000)))]

    response = await _post(atomic_world, key, max_completion_tokens=1000)

    assert response.json()["usage"]["cost"] == _HOLD_USD
    assert float((await atomic_world.funds(account_id))[0]) == pytest.approx(1 - _HOLD_USD, abs=1e-12)
    await check_books(atomic_world.resources, account_id)


async def test_a_client_that_leaves_after_the_last_word_still_pays(atomic_world: World, upstream: Upstream) -> None:
    account_id = await atomic_world.account(balance_usd=1)
    key = await atomic_world.key(account_id)
    upstream.replies = [event_reply(chunks_of("Hello", " there", finish=None), is_cut=False, done=False)]
    upstream.replies[0] = replace(upstream.replies[0], between=_wait_after(2))

    await _leave_after(atomic_world, key, b" there")

    async with asyncio.timeout(30):
        await upstream.gone.wait()
    entries = await _usage_entries(atomic_world, account_id)
    assert entries[0].amount_usd < 0
    assert (entries[0].outcome, entries[0].is_estimated) == ("client_disconnected", True)
    await check_books(atomic_world.resources, account_id)


async def test_a_store_that_cannot_confirm_a_reservation_lets_no_call_through(
    atomic_world: World, upstream: Upstream
) -> None:
    account_id = await atomic_world.account(balance_usd=1)
    key = await atomic_world.key(account_id)
    atomic_world.resources.accounts._accounts = Table(_Unplugged(), "tollgate-accounts")  # type: ignore[arg-type]

    response = await _post(atomic_world, key)

    assert (response.status_code, response.json()["error"]["code"]) == (503, "gate_unavailable")
    assert response.headers["x-should-retry"] == "true"
    assert upstream.requests == []


class _Unplugged:
    async def call(self, _operation: str, _payload: object) -> None:
        raise AwsUnavailable("dynamodb")


def _later(resources: Resources) -> Resources:
    return structs.replace(resources, now=lambda: resources.now() + timedelta(minutes=21))


async def _post(world: World, key: str, **changes: object) -> httpx2.Response:
    return await world.client.post("/v1/chat/completions", json=a_body(**changes), headers={"x-api-key": key})


async def _usage_entries(world: World, account_id: str) -> list[Entry]:
    return [entry for entry in await world.resources.accounts.entries(account_id, limit=9) if entry.type == "usage"]


def _wait_after(number: int) -> Callable[[int], Awaitable[None]]:
    async def between(piece: int) -> None:
        if piece >= number:
            await asyncio.Event().wait()

    return between


async def _leave_after(world: World, key: str, last_word: bytes) -> None:
    """Read a stream as a client that closes the connection once it has read a word."""
    body = json.dumps(a_body(stream=True)).encode()
    left = asyncio.Event()
    received = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, object]:
        for message in received:
            return message
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if last_word in message.get("body", b""):  # type: ignore[operator]
            left.set()

    gateway = world.client._transport.app  # type: ignore[attr-defined]
    headers = [(b"x-api-key", key.encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "raw_path": b"/v1/chat/completions",
        "query_string": b"",
        "headers": headers,
    }
    await gateway(scope, receive, send)
