"""`python -m bench.logs`: what listing and searching conversations asks of DynamoDB, and what a million makes of it.

The table is one in memory that answers as DynamoDB's documentation says: pages of 1 MB before the filter, half a read
unit for each 4 KB of an eventually consistent page, rounded up. What it measures is the number of requests, the units,
the bytes, and the gateway's own processor time; how long DynamoDB takes is computed from its limits.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import click
import httpx2

from tollgate.signature import AwsCredentials
from tollgate.stores.aws import AwsClient
from tollgate.stores.conversation_items import Entry, Said, Sought, Thread, exchange_items, items_of
from tollgate.stores.conversations import Conversations
from tollgate.stores.numbers import Keeping
from tollgate.stores.table import Table, to_wire_map

_PAGE_BYTES: Final = 1_048_576
_MILLION: Final = 1_000_000
# What a table on demand reads in a second unless AWS was asked for more, and what one partition does:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
_TABLE_UNITS: Final = 40_000
_USD_FOR_A_MILLION_UNITS: Final = 0.125
_KEEPING: Final = Keeping(today=20_000, days=97)
_TALK: Final = (
    "order delivery norway invoice return refund size colour please thanks where when how long does it take the a my "
    "account password reset warranty shipping address change cancel subscription price discount stock store open"
)
_WORDS: Final = _TALK.split()


class Memory:
    """Items by shelf, in the order of their places, and what was asked of them."""

    def __init__(self) -> None:
        self.shelves: dict[str, list[tuple[str, dict[str, Any], int]]] = {}
        self.requests = 0
        self.units = 0.0
        self.read_bytes = 0
        self.took_s = 0.0
        """What playing DynamoDB took of the processor's time."""

    def add(self, item: dict[str, Any]) -> None:
        """Keep an item; those of a shelf come in their order."""
        wire = to_wire_map(item)
        self.shelves.setdefault(item["shelf"], []).append((item["place"], wire, _size(wire)))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """GetItem of a head, and Query."""
        began = time.process_time()
        try:
            return self._answer(request)
        finally:
            self.took_s += time.process_time() - began

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests += 1
        body = json.loads(request.content)
        if "Key" in body:
            self.units += 1
            (found,) = self.shelves[body["Key"]["shelf"]["S"]]
            return httpx2.Response(200, json={"Item": found[1]})
        return httpx2.Response(200, json=self._query(body))

    def _query(self, body: dict[str, Any]) -> dict[str, Any]:
        values = {name: next(iter(value.values())) for name, value in body["ExpressionAttributeValues"].items()}
        after = body.get("ExclusiveStartKey", {}).get("place", {}).get("S", "")
        found: list[dict[str, Any]] = []
        read, before, last = 0, "", None
        for place, item, size in self.shelves.get(values[":shelf"], []):
            if place < values[":first"] or place > values.get(":last", "~") or place <= after:
                continue
            if read + size > _PAGE_BYTES:
                last = {"shelf": {"S": values[":shelf"]}, "place": {"S": before}}
                break
            read, before = read + size, place
            if _fits(item, values):
                found.append({"place": {"S": place}} if "ProjectionExpression" in body else item)
        self.read_bytes += read
        self.units += -(-max(read, 1) // 4096) * (1 if body.get("ConsistentRead") else 0.5)
        return {"Items": found, **({"LastEvaluatedKey": last} if last else {})}


def _fits(item: dict[str, Any], values: dict[str, Any]) -> bool:
    if ":text" in values:
        return any(values[":text"] in item.get(name, {}).get("S", "") for name in ("text0", "text1"))
    return ":who" not in values or values[":who"] in item["who"]["S"]


def _size(item: dict[str, Any]) -> int:
    """Bytes as DynamoDB counts them, nearly: names and values."""
    return sum(len(name) + len(str(next(iter(value.values()))).encode()) for name, value in item.items())


def _entries(count: int) -> Iterator[tuple[int, list[Entry]]]:
    """Conversations of two exchanges, about 300 characters each."""
    chance = random.Random(7)
    for number in range(1, count + 1):
        thread = Thread("acct", 1, None, f"session-{number}", f"c-{number}", "chat", f"{number:032x}")
        entries = []
        for place in range(2):
            asked, said = " ".join(chance.choices(_WORDS, k=12)), " ".join(chance.choices(_WORDS, k=40))
            if chance.random() < 0.001:
                said += " lighthouse"
            messages = [{"message_id": f"m{place}a", "role": "user", "content": asked, "timestamp": 1_790_000_000}]
            messages.append({**messages[0], "message_id": f"m{place}b", "role": "bot", "content": said, "model": "m"})
            facts = {"bot_id": 1, "session_id": thread.session_id, "conversation_uuid": thread.conversation_uuid}
            entries.append(Entry(thread, facts, f"session-{number}", Said(messages, [asked, said]), _KEEPING, 0, "n"))
        yield number, entries


def _filled(count: int) -> Memory:
    memory = Memory()
    head = {"latest": count, "period": 20_000, "firsts": {"20000": 1}, "overs": {"20000": 30_000}, "pending": {}}
    memory.add({"shelf": "acct/numbers", "place": "head", **head})
    for number, entries in _entries(count):
        for item in items_of(entries[0], [number, number], 0):
            memory.add(item)
        for sequence, entry in enumerate(entries, start=1):
            for item in exchange_items(entry, number, sequence, 0):
                memory.add(item)
    return memory


async def _measure(count: int) -> list[dict[str, Any]]:
    memory = _filled(count)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(memory.answer)) as http:
        client = AwsClient(
            http,
            service="dynamodb",
            target="DynamoDB_20120810",
            region="eu-central-1",
            endpoint="http://memory",
            credentials=lambda: AwsCredentials("AKID", "secret", None),
        )
        store = Conversations(Table(client, "logs"))
        numbers = await store.numbers("acct", None, _KEEPING)

        async def page(start: int) -> int:
            return len(await store.rows("acct", (await store.numbers("acct", None, _KEEPING)).page(start, 100)))

        async def search(sought: Sought) -> int:
            return len(await store.search("acct", numbers, sought))

        jobs: dict[str, Callable[[], Awaitable[int]]] = {
            "first page of 100": lambda: page(0),
            "last page of 100": lambda: page(count - 100),
            "text that one in 500 has": lambda: search(Sought(text="lighthouse")),
            "text that nearly all have": lambda: search(Sought(text="order")),
            "user": lambda: search(Sought(who="session-77")),
        }
        told = []
        for name, job in jobs.items():
            memory.requests, memory.units, memory.read_bytes, memory.took_s = 0, 0.0, 0, 0.0
            began = time.process_time()
            found = await job()
            took_s = time.process_time() - began - memory.took_s
            told.append(
                {
                    "what": name,
                    "found": found,
                    "requests": memory.requests,
                    "units": memory.units,
                    "megabytes": memory.read_bytes / 1e6,
                    "processor_s": took_s,
                }
            )
        return told


@click.command()
@click.option("--count", default=40_000, help="How many conversations.")
def main(*, count: int) -> None:
    """Count, and say what a million would come to."""
    click.echo(f"{count} conversations, measured; then a million, computed\n")
    names = ("what", "found", "requests", "read units", "MB", "processor ms")
    computed = ("requests", "read units", f"s at {_TABLE_UNITS:,} units/s", "processor s", "USD")
    click.echo(f"| {' | '.join(names)} | a million: {' | '.join(computed)} |")
    click.echo("|---" * (len(names) + len(computed)) + "|")
    for one in asyncio.run(_measure(count)):
        grows = 1 if "page" in one["what"] else _MILLION / count
        units = one["units"] * grows
        cells = (
            one["what"],
            str(one["found"]),
            str(one["requests"]),
            f"{one['units']:.0f}",
            f"{one['megabytes']:.1f}",
            f"{one['processor_s'] * 1000:.0f}",
            f"{one['requests'] * grows:.0f}",
            f"{units:.0f}",
            f"{units / _TABLE_UNITS:.2f}",
            f"{one['processor_s'] * grows:.1f}",
            f"{units / _MILLION * _USD_FOR_A_MILLION_UNITS:.5f}",
        )
        click.echo(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
