"""Conversations: rows that are found by their numbers, the messages of each behind it, and texts to be searched.

One table, whose keys are `shelf` and `place`. What is kept of the account `acct_1`, its bot 7 and its conversation 42:

| Shelf | Place | Holds |
|---|---|---|
| `acct_1/numbers` | `head` | which ids there are; for each bot under `acct_1/bot 7/numbers` |
| `acct_1/threads/<hash>` | `thread` | the conversation of a bot, a session and so on that is open |
| `acct_1/rows/0` | `42` | the conversation, and behind it each exchange: `42/1`, `42/2` |
| `acct_1/who/0` | `42` | whose it is, to be searched |
| `acct_1/texts/0` | `42/1` | what was said in an exchange, to be searched |
| `acct_1/bot 7/0` | `3` | the third conversation of the bot is 42 |

The last part of a shelf counts thousands of numbers, so that a page of rows is one or two ranges, and a search reads
all shelves at the same time. Places are written with zeros in front.
"""

import asyncio
from array import array
from collections.abc import Awaitable, Iterable, Sequence
from typing import Final, TypeVar

from tollgate.attempts import Attempts
from tollgate.stores.aws import AwsUnavailable
from tollgate.stores.conversation_items import (
    ROWS_OF_A_SHELF,
    SCHEMA,
    TEXTS_OF_A_SHELF,
    Entry,
    Row,
    Sought,
    began_s,
    by_shelf,
    conditions,
    exchange_items,
    items_of,
    number_of,
    padded,
    place_of,
    read_rows,
    runs_of,
    scope_of,
)
from tollgate.stores.numbers import Given, Keeping, Numbering, Numbers
from tollgate.stores.table import ConditionFailed, Item, Table

T = TypeVar("T")

OPEN_DAYS: Final = 7
"""For how long a conversation takes messages: what is said later begins another row of the same conversation."""
MAX_EXCHANGES: Final = 200
MAX_CHARACTERS: Final = 250_000
"""What a conversation may have before another exchange is taken."""

_AT_ONCE: Final = 32
_GIVEN_UP_AFTER_S: Final = 900
_DAY_S: Final = 86_400
_ATTEMPTS: Final = 8


class Conversations:
    """The conversations of all accounts."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._numbering = Numbering(table)

    async def record(self, entry: Entry) -> int:
        """Keep an exchange; the id of its conversation. Exchanges at the same time are kept all, in one conversation.

        Raises AwsError, AwsUnavailable.
        """
        async for _ in Attempts(_ATTEMPTS, at_once=2):
            found, is_open = await self._continue(entry)
            if found is None or not is_open:
                number = await self._begin(entry, found)
                if number is None:
                    continue
                return number
            number, sequence = int(found["number"]), int(found["exchanges"])
            await self._put_exchange(entry, number, sequence, expires_at=int(found["rows_expire_at"]))
            return number
        raise AwsUnavailable("a conversation could not be recorded: it changed with every attempt")

    async def numbers(self, account_id: str, bot_id: int | None, keeping: Keeping) -> Numbers:
        """The ids of an account's conversations; of a bot's, their places among those of the bot."""
        return await self._numbering.read(scope_of(account_id, bot_id), keeping)

    async def of_bot(self, account_id: str, bot_id: int, places: Sequence[int]) -> list[int]:
        """The ids of a bot's conversations by their places among them."""
        scope = scope_of(account_id, bot_id)
        ranges = await _together(
            self._table.query(
                "shelf = :shelf AND place BETWEEN :first AND :last",
                values={":shelf": f"{scope}/{shelf}", ":first": padded(inner[0]), ":last": padded(inner[-1])},
                projection="place, id",
            )
            for shelf, inner in by_shelf(places, TEXTS_OF_A_SHELF)
        )
        ids = {int(item["place"]): int(item["id"]) for items in ranges for item in items}
        return [ids[place] for place in places if place in ids]

    async def rows(self, account_id: str, numbers: Sequence[int]) -> list[Row]:
        """Conversations by their ids, in that order, with their messages."""
        ranges = [
            (f"{account_id}/rows/{shelf}", run[0], run[-1])
            for shelf, inner in by_shelf(numbers, ROWS_OF_A_SHELF)
            for run in runs_of(inner)
        ]
        found = await _together(
            self._table.query(
                "shelf = :shelf AND place BETWEEN :first AND :last",
                values={":shelf": shelf, ":first": padded(first), ":last": f"{padded(last)}/~"},
            )
            for shelf, first, last in ranges
        )
        rows = {row.number: row for items in found for row in read_rows(items)}
        return [rows[number] for number in numbers if number in rows]

    async def search(self, account_id: str, numbers: Numbers, sought: Sought) -> Sequence[int]:
        """The ids of the conversations that have all that is sought, in their order.

        Every text of the account is read for it, and what is found is sent: see docs/logs.md for what that comes to.
        """
        if not numbers.count:
            return array("L")
        shelves = range(numbers.first // TEXTS_OF_A_SHELF, numbers.last // TEXTS_OF_A_SHELF + 1)
        found = await _together(self._search_shelf(account_id, shelf, numbers, sought) for shelf in shelves)
        return array("L", (number for part in found for number in part))

    async def _search_shelf(self, account_id: str, shelf: int, numbers: Numbers, sought: Sought) -> list[int]:
        lowest = max(numbers.first, shelf * TEXTS_OF_A_SHELF)
        ids: set[int] | None = None
        for kind, only, values in conditions(sought):
            items = await self._table.query(
                "shelf = :shelf AND place >= :first",
                values={":shelf": f"{account_id}/{kind}/{shelf}", ":first": padded(lowest), **values},
                only=only,
                projection="place",
                # Who searches does not ask for the last second; it costs half.
                is_consistent=False,
            )
            these = set(map(number_of, items))
            ids = these if ids is None else ids & these
        return sorted(number for number in ids or () if number in numbers)

    async def _continue(self, entry: Entry) -> tuple[Item | None, bool]:
        """Count an exchange into its conversation: what is known of the thread, and whether it takes the exchange."""
        try:
            item = await self._table.update(
                place_of(entry.thread.account_id, entry.thread.hash),
                "ADD exchanges :one, characters :size",
                values={
                    ":one": 1,
                    ":size": entry.said.size,
                    ":most": MAX_EXCHANGES,
                    ":long": MAX_CHARACTERS,
                    ":today": entry.keeping.today,
                },
                condition="exchanges < :most AND characters < :long AND closes_on > :today",
                returning="ALL_NEW",
            )
        except ConditionFailed as exc:
            return exc.item, False
        return item, True

    async def _begin(self, entry: Entry, closed: Item | None) -> int | None:
        """Begin a conversation with an exchange; None where another request has begun it in the meantime."""
        thread, token = entry.thread, entry.token
        scopes = [scope_of(thread.account_id), scope_of(thread.account_id, thread.bot_id)]
        given = await _together(self._numbering.give(scope, token, entry.keeping) for scope in scopes)
        # Before the thread is claimed: it is the one that knows which of its numbers count.
        await self._decide(entry, scopes, given, closed)
        number, expires_at = given[0].number, max(one.over_on for one in given) * _DAY_S
        items = items_of(entry, [one.number for one in given], expires_at)
        await _together(self._table.put(item) for item in items)
        await self._put_exchange(entry, number, 1, expires_at=expires_at)
        if await self._claim(entry, number, closed, expires_at):
            await _together(self._numbering.confirm(scope, token) for scope in scopes)
            return number
        # What was put stays until it expires: nobody looks for what has a void number.
        voids = zip(scopes, given, strict=True)
        await _together(self._numbering.void(scope, token, one.number) for scope, one in voids)
        return None

    async def _decide(self, entry: Entry, scopes: Sequence[str], given: Sequence[Given], closed: Item | None) -> None:
        """Say of numbers whose request died what becomes of them: those count that their thread was given."""
        now_s = began_s(entry.token)
        for scope, one in zip(scopes, given, strict=True):
            for old, number in one.pending.items():
                is_replaced = closed is not None and closed["token"] == old
                if now_s - began_s(old) < _GIVEN_UP_AFTER_S and not is_replaced:
                    continue
                place = place_of(entry.thread.account_id, old.split("/")[1])
                thread = closed if is_replaced else await self._table.get(place)
                if thread is not None and thread["token"] == old:
                    await self._numbering.confirm(scope, old)
                else:
                    await self._numbering.void(scope, old, number)

    async def _claim(self, entry: Entry, number: int, closed: Item | None, expires_at: int) -> bool:
        """Make a conversation the one that its thread is continued in; False where another one is already."""
        item = {
            **place_of(entry.thread.account_id, entry.thread.hash),
            "schema": SCHEMA,
            "number": number,
            "token": entry.token,
            "exchanges": 1,
            "characters": entry.said.size,
            "closes_on": min(entry.keeping.today + OPEN_DAYS, expires_at // _DAY_S),
            "rows_expire_at": expires_at,
            "expires_at": expires_at,
        }
        try:
            if closed is None:
                place = place_of(entry.thread.account_id, entry.thread.hash)
                await self._table.put(item, condition="attribute_not_exists(place)", key=place)
            else:
                await self._replace(item, closed)
        except ConditionFailed as exc:
            # Or the first attempt succeeded and its answer was lost.
            return exc.item is not None and exc.item["token"] == entry.token
        return True

    async def _replace(self, item: Item, closed: Item) -> None:
        names = [name for name in item if name not in {"shelf", "place"}]
        await self._table.update(
            {"shelf": item["shelf"], "place": item["place"]},
            "SET " + ", ".join(f"#{name} = :{name}" for name in names),
            values={**{f":{name}": item[name] for name in names}, ":closed": closed["number"]},
            names={f"#{name}": name for name in names},
            condition="#number = :closed",
        )

    async def _put_exchange(self, entry: Entry, number: int, sequence: int, *, expires_at: int) -> None:
        items = exchange_items(entry, number, sequence, expires_at)
        await _together(self._table.put(item) for item in items)


async def _together(calls: Iterable[Awaitable[T]]) -> list[T]:
    """What several calls come to, in their order; some of them at the same time."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def one(call: Awaitable[T]) -> T:
        async with at_once:
            return await call

    return await asyncio.gather(*map(one, calls))
