"""Many exchanges at once, on a DynamoDB server with atomic writes: none is lost, and the ids have no unknown gaps."""

import asyncio
from datetime import timedelta
from random import Random
from uuid import uuid4

from tests.builders import NOW
from tests.conftest import World
from tollgate.contracts.aipuffer.conversations import Exchange, Visitor
from tollgate.contracts.usage import Usage
from tollgate.services.aipuffer.conversations import record
from tollgate.stores.conversation_items import Sought
from tollgate.stores.numbers import Keeping, Numbering

_KEEPING = Keeping(today=20_778, days=97)


def an_exchange(question: str, *, conversation: str, bot_id: int = 1) -> Exchange:
    """A question and its answer."""
    return Exchange(
        bot_id=bot_id,
        bot_name="Bot",
        conversation_uuid=conversation,
        visitor=Visitor(session_id="session"),
        question=question,
        asked_at=NOW,
        reply=f"Answer to {question}",
        replied_at=NOW + timedelta(seconds=1),
        provider="OpenAI",
        model="gpt-4o-mini",
        usage=Usage(prompt_tokens=1, completion_tokens=1),
        cost_usd="0",
        request_id="req_1",
    )


async def _all(world: World, account_id: str, bot_id: int | None = None) -> list[int]:
    store, keeping = world.resources.conversations, _now(world)
    numbers = await store.numbers(account_id, bot_id, keeping)
    page = numbers.page(0, 1_000)
    found = page if bot_id is None else await store.of_bot(account_id, bot_id, page)
    assert len(found) == numbers.count
    return found


def _now(world: World) -> Keeping:
    return _KEEPING._replace(today=int(world.resources.now().timestamp()) // 86_400)


async def test_exchanges_of_one_conversation_at_once_stand_in_one_row(atomic_world: World) -> None:
    account_id = f"acct_{uuid4().hex}"
    exchanges = [an_exchange(f"q{number}", conversation="one") for number in range(50)]

    await asyncio.gather(*(record(atomic_world.resources, account_id, one) for one in exchanges))

    (number,) = await _all(atomic_world, account_id)
    assert await _all(atomic_world, account_id, bot_id=1) == [number]
    (row,) = await atomic_world.resources.conversations.rows(account_id, [number])
    assert sorted(one["content"] for one in row.messages if one["role"] == "user") == sorted(
        one.question for one in exchanges
    )
    numbers = await atomic_world.resources.conversations.numbers(account_id, None, _now(atomic_world))
    found = await atomic_world.resources.conversations.search(account_id, numbers, Sought(text="answer"))
    assert list(found) == [number]


async def test_conversations_begun_at_once_are_listed_once_each_for_the_account_and_their_bots(
    atomic_world: World,
) -> None:
    account_id = f"acct_{uuid4().hex}"
    exchanges = [
        an_exchange(f"q{number}", conversation=f"c{number % 20}", bot_id=1 + number % 20 % 3) for number in range(60)
    ]
    Random(7).shuffle(exchanges)

    await asyncio.gather(*(record(atomic_world.resources, account_id, one) for one in exchanges))

    ids = await _all(atomic_world, account_id)
    of_bots = [await _all(atomic_world, account_id, bot_id=bot_id) for bot_id in (1, 2, 3)]
    rows = await atomic_world.resources.conversations.rows(account_id, ids)
    assert (len(ids), sorted(number for numbers in of_bots for number in numbers)) == (20, ids)
    assert {len(row.messages) for row in rows} == {6}
    assert len({row.facts["conversation_uuid"] for row in rows}) == 20


async def test_numbers_taken_at_once_are_different_also_when_a_period_turns(atomic_world: World) -> None:
    numbering = Numbering(atomic_world.resources._table(atomic_world.resources.settings.logs_table))
    scope = f"acct_{uuid4().hex}"

    async def take(place: int) -> int:
        token = f"token {place}"
        number = (await numbering.give(scope, token, _KEEPING._replace(today=_KEEPING.today + place % 4))).number
        await (numbering.void(scope, token, number) if place % 10 == 0 else numbering.confirm(scope, token))
        return number

    taken = await asyncio.gather(*map(take, range(80)))

    numbers = await numbering.read(scope, _KEEPING._replace(today=_KEEPING.today + 3))
    assert sorted(taken) == list(range(1, 81))
    assert (numbers.first, numbers.last, numbers.count) == (1, 80, 72)
