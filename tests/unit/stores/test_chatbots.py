"""Chatbots in their table."""

import asyncio

from tollgate.resources import Resources
from tollgate.stores.chatbots import StoredChatbot

A_BOT = StoredChatbot(
    id=1,
    account_id="acct_1",
    name="One",
    status="publish",
    provider="sandbox",
    model="chat",
    settings="{}",
    version=1,
    created_at="2026-11-21T09:00:00Z",
    updated_at="2026-11-21T09:00:00Z",
)


async def test_no_id_is_given_out_twice_however_many_ask_at_once(resources: Resources) -> None:
    given = await asyncio.gather(*(resources.chatbots.next_id() for _ in range(20)))

    assert sorted(given) == list(range(1, 21))


async def test_a_bot_is_found_as_it_was_stored_and_the_counter_is_none(resources: Resources) -> None:
    await resources.chatbots.next_id()
    await resources.chatbots.put(A_BOT)

    assert await resources.chatbots.find(1) == A_BOT
    assert [await resources.chatbots.find(bot_id) for bot_id in (0, -1, 2, 10**30)] == [None] * 4


async def test_of_two_changes_of_the_same_bot_one_finds_it_changed(resources: Resources) -> None:
    await resources.chatbots.put(A_BOT)

    changed = await asyncio.gather(*(resources.chatbots.change(A_BOT, {"name": name}) for name in ("Two", "Three")))

    (winner,) = [bot for bot in changed if bot is not None]
    assert winner.version == 2
    assert await resources.chatbots.find(1) == winner


async def test_a_bot_that_is_gone_is_neither_changed_nor_deleted_again(resources: Resources) -> None:
    await resources.chatbots.put(A_BOT)

    assert await resources.chatbots.delete(A_BOT)

    assert not await resources.chatbots.delete(A_BOT)
    assert await resources.chatbots.change(A_BOT, {"name": "Two"}) is None
    assert await resources.chatbots.find(1) is None


async def test_an_account_lists_its_own_bots_without_their_settings(resources: Resources) -> None:
    for bot_id, account_id in ((2, "acct_1"), (1, "acct_1"), (3, "acct_2")):
        await resources.chatbots.put(A_BOT._replace(id=bot_id, account_id=account_id))

    listed = await resources.chatbots.list("acct_1")

    assert [bot.id for bot in listed] == [1, 2]
    assert "settings" not in listed[0]._fields
