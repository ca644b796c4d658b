"""Idempotency keys: who works under one, and the answer that is given again to whoever repeats the request.

A key is claimed and given up in conditional writes, so that of many requests at once one runs. Small answers are kept
in the item itself, others in the bucket.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct, field

from tollgate.stores.table import ConditionFailed, Item, Table

if TYPE_CHECKING:
    from tollgate.stores.bucket import Bucket

SCHEMA: Final = 1
LIFETIME: Final = timedelta(hours=24)
MAX_KEPT_BYTES: Final = 4_000_000
"""An answer above it is not kept; that there was one is."""

# An item may have 400 KB, but every KB of it is a write of its own, and the bucket takes any size for the price of one.
_MAX_IN_TABLE_BYTES: Final = 64_000

TOO_LARGE: Final = "too_large"
PRIVATE: Final = "private"
LOST: Final = "lost"


class Key(NamedTuple):
    """One key of a client's, and the request that holds it."""

    account_id: str
    id: str
    """A hash of the route and the client's text."""
    body_hash: str
    owner: str
    """The id of the request that claims it."""


class Kept(Struct, frozen=True):
    """An answer as it is given again. `withheld` says why there is no content."""

    status: int
    media_type: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    is_streamed: bool = False
    is_cut: bool = False
    """Whether the body broke off, in a format that has no place to say so."""
    withheld: str = ""


class Taken(Struct, frozen=True):
    """What a claim found: another request holds the key, or `kept` was answered under it."""

    body_hash: str
    kept: Kept | None


class IdempotencyKeys:
    """The table of keys. The bucket is asked for only where an answer is too large for the table."""

    def __init__(self, table: Table, bucket: "Callable[[], Bucket]") -> None:
        self._table = table
        self._bucket = bucket

    async def claim(self, key: Key, *, now: datetime, lease_ends_at: datetime) -> Taken | None:
        """Take a key; None where it was free, or held by a request whose lease is over.

        Raises AwsError, AwsUnavailable.
        """
        try:
            await self._table.update(
                _place(key),
                "SET #schema = :schema, body_hash = :body, #owner = :owner, lease_ends_at = :lease, expires_at = :end"
                " REMOVE answer",
                values={
                    ":schema": SCHEMA,
                    ":body": key.body_hash,
                    ":owner": key.owner,
                    ":lease": int(lease_ends_at.timestamp()),
                    ":end": int((now + LIFETIME).timestamp()),
                    ":now": int(now.timestamp()),
                },
                names={"#schema": "schema", "#owner": "owner"},
                condition="attribute_not_exists(id) OR expires_at < :now"
                " OR (attribute_not_exists(answer) AND lease_ends_at < :now)",
            )
        except ConditionFailed as exc:
            item = exc.item or {}
            if item.get("owner") == key.owner:
                return None  # The first attempt succeeded and its answer was lost.
            kept = await self._kept(item["answer"]) if "answer" in item else None
            return Taken(item.get("body_hash", key.body_hash), kept)
        return None

    async def keep(self, key: Key, kept: Kept, *, now: datetime) -> None:
        """Keep the answer of the request that holds the key.

        Raises AwsError, AwsUnavailable.
        """
        try:
            await self._table.update(
                _place(key),
                "SET answer = :answer, expires_at = :end",
                values={
                    ":answer": await self._item(key, kept),
                    ":owner": key.owner,
                    ":end": int((now + LIFETIME).timestamp()),
                },
                names={"#owner": "owner"},
                condition="#owner = :owner",
            )
        except ConditionFailed:
            return  # It took longer than its lease, and another request holds the key by now.

    async def free(self, key: Key) -> None:
        """Give a key up: the next request with it runs.

        Raises AwsError, AwsUnavailable.
        """
        try:
            await self._table.delete(
                _place(key),
                condition="#owner = :owner AND attribute_not_exists(answer)",
                values={":owner": key.owner},
                names={"#owner": "owner"},
            )
        except ConditionFailed:
            return  # As above.

    async def _item(self, key: Key, kept: Kept) -> Item:
        item: Item = {
            "status": kept.status,
            "media_type": kept.media_type,
            "headers": kept.headers,
            "is_streamed": kept.is_streamed,
            "is_cut": kept.is_cut,
            "withheld": kept.withheld,
        }
        if len(kept.content) <= _MAX_IN_TABLE_BYTES:
            try:
                return {**item, "content": kept.content.decode()}
            except UnicodeDecodeError:
                pass
        # A name of its own for each request: one that comes back after its lease harms no other's answer.
        name = f"idempotency/{key.account_id}/{key.id}/{key.owner}"
        await self._bucket().put(name, kept.content, kept.media_type)
        return {**item, "object": name}

    async def _kept(self, item: Item) -> Kept:
        content, withheld = item.get("content", "").encode(), item["withheld"]
        if "object" in item:
            found = await self._bucket().get(item["object"])
            content, withheld = found or b"", withheld if found is not None else LOST
        return Kept(
            status=int(item["status"]),
            media_type=item["media_type"],
            headers=item["headers"],
            content=content,
            is_streamed=item["is_streamed"],
            is_cut=item["is_cut"],
            withheld=withheld,
        )


def _place(key: Key) -> Item:
    return {"account_id": key.account_id, "id": key.id}
