"""What is kept of a conversation, item by item, and what is made of the items again. Nothing here reaches a table."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from tollgate.stores.numbers import Keeping
from tollgate.stores.table import Item

SCHEMA: Final = 1
ROWS_OF_A_SHELF: Final = 1_000
TEXTS_OF_A_SHELF: Final = 4_000
LONGEST_SOUGHT: Final = 1_000
"""How long a text may be that is searched for: long texts are kept in pieces that have so much in common."""

# An item may have 400 KB, and a character four bytes.
_PIECE: Final = 75_000


class Thread(NamedTuple):
    """What makes a conversation one."""

    account_id: str
    bot_id: int
    user_id: str | None
    session_id: str | None
    conversation_uuid: str
    module: str
    hash: str
    """A hash of all of them."""


class Said(NamedTuple):
    """An exchange: what was asked and what was answered, as it is shown and as it is searched."""

    messages: Sequence[Mapping[str, Any]]
    """Each with a `message_id`, which no other one has."""
    texts: Sequence[str]
    """Folded, as `search` wants them."""

    @property
    def size(self) -> int:
        """Its characters."""
        return sum(map(len, self.texts))


class Entry(NamedTuple):
    """An exchange to be kept."""

    thread: Thread
    facts: Mapping[str, Any]
    """Those of the conversation: only its first exchange tells them."""
    who: str
    """Whose the conversation is, folded."""
    said: Said
    keeping: Keeping
    now_s: int
    nonce: str
    """What no other exchange has."""

    @property
    def token(self) -> str:
        """Under which it takes numbers: when it did, for which thread, and which of all it is."""
        return f"{self.now_s}/{self.thread.hash}/{self.nonce}"


class Row(NamedTuple):
    """A conversation, and the exchanges in it in their order."""

    number: int
    facts: Mapping[str, Any]
    messages: list[dict[str, Any]]


class Sought(NamedTuple):
    """What is searched for; texts folded as those that were kept, and one of the two there."""

    who: str = ""
    text: str = ""
    bot_id: int | None = None


def scope_of(account_id: str, bot_id: int | None = None) -> str:
    """Whose numbers: those of an account, or of one of its bots."""
    return account_id if bot_id is None else f"{account_id}/bot {bot_id}"


def place_of(account_id: str, thread_hash: str) -> Item:
    """Where it stands which conversation a thread is continued in."""
    return {"shelf": f"{account_id}/threads/{thread_hash}", "place": "thread"}


def padded(number: int) -> str:
    """A number as places have it, which are sorted as texts."""
    return f"{number:012d}"


def number_of(item: Item) -> int:
    """The number of the conversation that an item is about."""
    return int(item["place"].partition("/")[0])


def began_s(token: str) -> int:
    """When the request with a token began, in seconds since 1970."""
    return int(token.partition("/")[0])


def items_of(entry: Entry, numbers: Sequence[int], expires_at: int) -> list[Item]:
    """What stands for a conversation: its row, whose it is, and its place among those of its bot."""
    thread = entry.thread
    number, account_id = numbers[0], thread.account_id
    kept = {"schema": SCHEMA, "expires_at": expires_at}
    row = {
        "shelf": f"{account_id}/rows/{number // ROWS_OF_A_SHELF}",
        "place": padded(number),
        "facts": dict(entry.facts),
        **kept,
    }
    searched: Item = {
        "shelf": f"{account_id}/who/{number // TEXTS_OF_A_SHELF}",
        "place": padded(number),
        "who": entry.who,
        "bot": thread.bot_id,
        **kept,
    }
    scope, place = scope_of(account_id, thread.bot_id), numbers[1]
    of_bot = {"shelf": f"{scope}/{place // TEXTS_OF_A_SHELF}", "place": padded(place), "id": number, **kept}
    return [row, searched, of_bot]


def searched(texts: Sequence[str]) -> list[Item]:
    """Texts as they are searched: question and answer of a usual exchange in one item, long ones in several."""
    if len(texts) <= 2 and sum(map(len, texts)) <= _PIECE:
        return [{f"text{place}": text for place, text in enumerate(texts) if text}]
    step = _PIECE - LONGEST_SOUGHT
    starts = ((text, start) for text in texts for start in range(0, max(len(text) - LONGEST_SOUGHT, 1), step))
    return [{"text0": text[start : start + _PIECE]} for text, start in starts if text]


def conditions(sought: Sought) -> list[tuple[str, str, Item]]:
    """Kinds of shelves to search, each with a condition and its values; what all of them find is what is sought."""
    found: list[tuple[str, str, Item]] = []
    bot = {} if sought.bot_id is None else {":bot": sought.bot_id}
    of_bot = " AND bot = :bot" if bot else ""
    if sought.who:
        found.append(("who", f"contains(who, :who){of_bot}", {":who": sought.who, **bot}))
    if sought.text:
        only = f"(contains(text0, :text) OR contains(text1, :text)){of_bot}"
        found.append(("texts", only, {":text": sought.text, **bot}))
    return found


def read_rows(items: Sequence[Item]) -> list[Row]:
    """The conversations in a range of a shelf."""
    rows: list[Row] = []
    for number, inner in groupby(items, key=number_of):
        first, *pieces = inner
        if "facts" not in first:
            continue  # Its row has expired a moment before its messages.
        exchanges = groupby(pieces, key=lambda item: item["place"].rpartition("/")[0])
        texts = ("".join(piece["messages"] for piece in exchange) for _, exchange in exchanges)
        # One that was put again, because nobody knew that it was there, is there once.
        messages = {message["message_id"]: message for text in texts for message in json.loads(text)}
        rows.append(Row(number, first["facts"], list(messages.values())))
    return rows


def by_shelf(numbers: Sequence[int], size: int) -> list[tuple[int, list[int]]]:
    """Numbers in ascending order by the shelves that they are in."""
    return [(shelf, list(inner)) for shelf, inner in groupby(numbers, key=lambda number: number // size)]


def runs_of(numbers: Sequence[int]) -> list[list[int]]:
    """Numbers in ascending order, cut where one or more are missing."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def exchange_items(entry: Entry, number: int, sequence: int, expires_at: int) -> list[Item]:
    """What is kept of an exchange: its messages as they are shown, and its texts as they are searched."""
    thread, said = entry.thread, entry.said
    place = f"{padded(number)}/{sequence:06d}"
    kept = {"schema": SCHEMA, "expires_at": expires_at}
    shown = json.dumps(list(said.messages), ensure_ascii=False, separators=(",", ":"))
    rows = f"{thread.account_id}/rows/{number // ROWS_OF_A_SHELF}"
    items = [
        {"shelf": rows, "place": f"{place}/{part:03d}", "messages": shown[start : start + _PIECE], **kept}
        for part, start in enumerate(range(0, len(shown), _PIECE))
    ]
    texts = f"{thread.account_id}/texts/{number // TEXTS_OF_A_SHELF}"
    return items + [
        {"shelf": texts, "place": f"{place}/{part:03d}", "bot": thread.bot_id, **piece, **kept}
        for part, piece in enumerate(searched(said.texts))
    ]
