"""Conversations: kept exchange by exchange, found by their numbers, and searched."""

from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.resources import Resources
from tollgate.stores.conversation_items import LONGEST_SOUGHT, Entry, Said, Sought, Thread, runs_of, searched
from tollgate.stores.conversations import MAX_EXCHANGES, OPEN_DAYS, Conversations
from tollgate.stores.numbers import Keeping

_KEEPING = Keeping(today=20_000, days=30)
_NOW_S = 20_000 * 86_400
_LONG = Said([{"message_id": "long", "role": "user", "content": "long"}], ["x" * 250_000])
_numbers = count()


@pytest.fixture
def conversations(resources: Resources) -> Conversations:
    return resources.conversations


def an_entry(text: str = "Hello", *, conversation: str = "one", bot_id: int = 7, **changes: Any) -> Entry:
    """An exchange of a conversation; `who` and others are changed by their names."""
    number = next(_numbers)
    thread = Thread("acct_1", bot_id, None, "session", conversation, "chat", f"hash-{bot_id}-{conversation}")
    messages = [
        {"message_id": f"m{number}", "role": "user", "content": text},
        {"message_id": f"m{number}b", "role": "bot", "content": "Yes."},
    ]
    said = Said(messages, [text.casefold(), "yes."])
    entry = Entry(thread, {"uuid": conversation}, "session", said, _KEEPING, _NOW_S, f"n{number}")
    return entry._replace(**changes)


def _later(entry: Entry, days: int) -> Entry:
    return entry._replace(keeping=_KEEPING._replace(today=_KEEPING.today + days), now_s=_NOW_S + days * 86_400)


async def _all(conversations: Conversations, keeping: Keeping = _KEEPING, bot_id: int | None = None) -> list[int]:
    numbers = await conversations.numbers("acct_1", bot_id, keeping)
    page = numbers.page(0, 1_000)
    return page if bot_id is None else await conversations.of_bot("acct_1", bot_id, page)


async def _texts(conversations: Conversations, *numbers: int) -> list[list[str]]:
    rows = await conversations.rows("acct_1", numbers)
    return [[message["content"] for message in row.messages if message["role"] == "user"] for row in rows]


class TestRecording:
    async def test_exchanges_of_one_conversation_stand_in_one_row_in_their_order(
        self, conversations: Conversations
    ) -> None:
        ids = [await conversations.record(an_entry(text)) for text in ("first", "second", "third")]

        (row,) = await conversations.rows("acct_1", [1])
        assert (ids, row.facts) == ([1, 1, 1], {"uuid": "one"})
        assert [message["content"] for message in row.messages] == ["first", "Yes.", "second", "Yes.", "third", "Yes."]

    async def test_conversations_get_ids_in_the_order_in_which_they_begin(self, conversations: Conversations) -> None:
        ids = [await conversations.record(an_entry(conversation=name)) for name in ("a", "b", "a", "c")]

        assert ids == [1, 2, 1, 3]

    async def test_a_text_longer_than_an_item_comes_back_whole(self, conversations: Conversations) -> None:
        text = "größe 🙂 " * 30_000

        await conversations.record(an_entry(text))

        assert await _texts(conversations, 1) == [[text]]

    async def test_a_full_conversation_goes_on_in_another_row(self, conversations: Conversations) -> None:
        ids = [
            await conversations.record(an_entry(said=_LONG)),
            *[await conversations.record(an_entry()) for _ in "ab"],
        ]

        assert ids == [1, 2, 2]

    async def test_a_row_has_so_many_exchanges_at_most(self, conversations: Conversations) -> None:
        await conversations.record(an_entry())
        place = {"shelf": "acct_1/threads/hash-7-one", "place": "thread"}
        await conversations._table.update(place, "SET exchanges = :most", values={":most": MAX_EXCHANGES})

        assert await conversations.record(an_entry()) == 2

    async def test_an_old_conversation_goes_on_in_another_row(self, conversations: Conversations) -> None:
        days = (0, OPEN_DAYS - 1, OPEN_DAYS, OPEN_DAYS + 1)

        ids = [await conversations.record(_later(an_entry(), day)) for day in days]

        assert ids == [1, 1, 2, 2]

    async def test_every_item_but_the_heads_expires(self, conversations: Conversations) -> None:
        await conversations.record(an_entry())

        items = [item async for item in conversations._table.scan()]

        lasting = {item["shelf"] for item in items if "expires_at" not in item}
        assert lasting == {"acct_1/numbers", "acct_1/bot 7/numbers"}
        assert {item["expires_at"] for item in items if "expires_at" in item} == {(20_000 + 1 + 30) * 86_400}


class TestRequestsThatDie:
    async def test_a_number_that_was_given_to_nothing_does_not_count_and_is_void_later(
        self, conversations: Conversations
    ) -> None:
        dead = an_entry(conversation="dead")
        for scope in ("acct_1", "acct_1/bot 7"):
            await conversations._numbering.give(scope, dead.token, _KEEPING)
        await conversations.record(an_entry(conversation="b"))
        before = await _all(conversations)

        await conversations.record(an_entry(conversation="c", now_s=_NOW_S + 1_000))

        assert (before, await _all(conversations), await _all(conversations, bot_id=7)) == ([2], [2, 3], [2, 3])
        head = await conversations._table.get({"shelf": "acct_1/numbers", "place": "head"})
        assert head is not None
        assert (head["pending"], head["voided"]) == ({}, {"1"})

    async def test_a_conversation_that_was_begun_and_not_confirmed_counts_later(
        self, conversations: Conversations
    ) -> None:
        await self._begin_and_die(conversations, an_entry("kept"))
        before = await _all(conversations)

        await conversations.record(an_entry(conversation="b", now_s=_NOW_S + 1_000))

        assert (before, await _all(conversations)) == ([], [1, 2])
        assert await _texts(conversations, 1) == [["kept"]]

    async def test_one_that_is_full_before_it_was_confirmed_counts_when_it_goes_on(
        self, conversations: Conversations
    ) -> None:
        await self._begin_and_die(conversations, an_entry(said=_LONG))

        await conversations.record(an_entry("more"))

        assert await _all(conversations) == [1, 2]
        assert await _texts(conversations, 1, 2) == [["long"], ["more"]]

    async def _begin_and_die(self, conversations: Conversations, entry: Entry) -> None:
        for scope in ("acct_1", "acct_1/bot 7"):
            await conversations._numbering.give(scope, entry.token, _KEEPING)
        await conversations.record(entry)
        for scope in ("acct_1", "acct_1/bot 7"):
            numbers = {"#token": entry.token}
            place = {"shelf": f"{scope}/numbers", "place": "head"}
            await conversations._table.update(place, "SET pending.#token = :one", names=numbers, values={":one": 1})


class TestFinding:
    async def test_a_bots_conversations_are_found_by_their_places(self, conversations: Conversations) -> None:
        for name, bot_id in (("a", 7), ("b", 8), ("c", 7), ("d", 8), ("e", 7)):
            await conversations.record(an_entry(conversation=name, bot_id=bot_id))

        found = {bot_id: await _all(conversations, bot_id=bot_id) for bot_id in (7, 8, 9)}

        assert found == {7: [1, 3, 5], 8: [2, 4], 9: []}

    async def test_texts_are_searched_and_names_of_fields_are_not(self, conversations: Conversations) -> None:
        for place, text in enumerate(("Where is my Order?", "Hello", "the ORDER came")):
            await conversations.record(an_entry(text, conversation=str(place)))
        numbers = await conversations.numbers("acct_1", None, _KEEPING)

        async def found(text: str) -> list[int]:
            return list(await conversations.search("acct_1", numbers, Sought(text=text)))

        assert await found("order") == [1, 3]
        assert await found("content") == []
        assert await found("yes.") == [1, 2, 3]

    async def test_what_is_sought_has_to_be_there_all_together(self, conversations: Conversations) -> None:
        for name, bot_id, who in (("a", 7, "ann"), ("b", 7, "bob"), ("c", 8, "ann")):
            await conversations.record(an_entry(f"tea {name}", conversation=name, bot_id=bot_id, who=who))
        numbers = await conversations.numbers("acct_1", None, _KEEPING)

        async def found(**sought: Any) -> list[int]:
            return list(await conversations.search("acct_1", numbers, Sought(**sought)))

        assert await found(who="ann") == [1, 3]
        assert await found(who="ann", bot_id=7) == [1]
        assert await found(who="ann", text="tea") == [1, 3]
        assert await found(who="bob", text="tea c") == []
        assert await found(text="tea", bot_id=8) == [3]

    async def test_another_account_finds_nothing(self, conversations: Conversations) -> None:
        await conversations.record(an_entry("secret"))
        numbers = await conversations.numbers("acct_1", None, _KEEPING)

        assert list(await conversations.search("acct_2", numbers, Sought(text="secret"))) == []
        assert await conversations.rows("acct_2", [1]) == []

    @pytest.mark.parametrize("at", [0, 73_995, 74_500, 75_500, 148_000])
    async def test_a_text_across_the_pieces_of_a_long_one_is_found(self, conversations: Conversations, at: int) -> None:
        text = "a" * at + "needle in a haystack" + "b" * (160_000 - at)
        await conversations.record(an_entry(text))
        numbers = await conversations.numbers("acct_1", None, _KEEPING)

        assert list(await conversations.search("acct_1", numbers, Sought(text="needle in a haystack"))) == [1]


@given(st.integers(0, 400_000), st.integers(0, 400_000), st.integers(1, LONGEST_SOUGHT))
def test_every_part_of_a_long_text_that_may_be_sought_is_in_one_piece(length: int, start: int, sought: int) -> None:
    # No part of it is there twice.
    text = "".join(f"{number:06d}" for number in range(70_000))[:length]
    part = text[start : start + sought]

    pieces = [value for item in searched([text, "x"]) for value in item.values()]

    assert not part or any(part in piece for piece in pieces)
    assert all(len(piece) <= 75_000 for piece in pieces)


@given(st.sets(st.integers(1, 50)))
def test_runs_are_numbers_that_follow_each_other(numbers: set[int]) -> None:
    runs = runs_of(sorted(numbers))

    assert [number for run in runs for number in run] == sorted(numbers)
    assert all(later[0] > earlier[-1] + 1 for earlier, later in pairwise(runs))
    assert all(run == list(range(run[0], run[-1] + 1)) for run in runs)
