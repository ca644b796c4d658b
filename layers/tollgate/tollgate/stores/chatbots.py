"""Chatbots. Their ids are counted up in the whole installation, so that a page needs no other name for one."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tollgate.stores.table import ConditionFailed, Item, Table

SCHEMA: Final = 1
_INDEX: Final = "by_account"
_COUNTER: Final = {"bot_id": 0}
_LARGEST_ID: Final = 10**15


class StoredChatbot(NamedTuple):
    """One bot. Times are ISO 8601 in UTC."""

    id: int
    account_id: str
    name: str
    status: str
    provider: str
    model: str
    settings: str
    """All that was set, as JSON: DynamoDB has no floating-point numbers."""
    version: int
    """Counted up by each change."""
    created_at: str
    updated_at: str


class BotSummary(NamedTuple):
    """What a list shows of a bot."""

    id: int
    name: str
    status: str
    provider: str
    model: str
    created_at: str
    updated_at: str


class Chatbots:
    """The chatbots table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def next_id(self) -> int:
        """An id that no bot has had. One that is not used is lost."""
        item = await self._table.update(_COUNTER, "ADD last_id :one", values={":one": 1}, returning="UPDATED_NEW")
        return int(item["last_id"])

    async def put(self, bot: StoredChatbot) -> None:
        """Store a new bot."""
        # Its id was given out once, so that nobody else can have written it.
        await self._table.put(_item(bot))

    async def find(self, bot_id: int) -> StoredChatbot | None:
        """The bot with that id, whosever it is; strongly consistent, so that a deleted one is gone at once."""
        if not 0 < bot_id < _LARGEST_ID:
            return None
        item = await self._table.get({"bot_id": bot_id})
        return _bot(item) if item else None

    async def list(self, account_id: str) -> list[BotSummary]:
        """All bots of an account, oldest first, in brief. A change is seen here a moment after it was made."""
        items = await self._table.query("account_id = :account", values={":account": account_id}, index=_INDEX)
        return [_summary(item) for item in items]

    async def change(self, bot: StoredChatbot, changes: Mapping[str, Any]) -> StoredChatbot | None:
        """Change attributes of a bot that is still as it was read; None where it is not."""
        names = {f"#{name}": name for name in changes}
        sets = ", ".join([*(f"#{name} = :{name}" for name in changes), "version = version + :one"])
        values = {**{f":{name}": value for name, value in changes.items()}, ":one": 1, ":version": bot.version}
        try:
            item = await self._table.update(
                {"bot_id": bot.id},
                f"SET {sets}",
                values=values,
                names=names,
                condition="version = :version",
                returning="ALL_NEW",
            )
        except ConditionFailed:
            return None
        return _bot(item)

    async def delete(self, bot: StoredChatbot) -> bool:
        """Remove a bot for good; False when it was gone already."""
        try:
            await self._table.delete({"bot_id": bot.id}, condition="attribute_exists(bot_id)")
        except ConditionFailed:
            return False
        return True


def _item(bot: StoredChatbot) -> Item:
    attributes = bot._asdict()
    return {"bot_id": attributes.pop("id"), "schema": SCHEMA, **attributes}


def _bot(item: Item) -> StoredChatbot:
    return StoredChatbot(
        id=int(item["bot_id"]),
        account_id=item["account_id"],
        name=item["name"],
        status=item["status"],
        provider=item["provider"],
        model=item["model"],
        settings=item["settings"],
        version=int(item["version"]),
        created_at=item["created_at"],
        updated_at=item["updated_at"],
    )


def _summary(item: Item) -> BotSummary:
    return BotSummary(
        id=int(item["bot_id"]),
        name=item["name"],
        status=item["status"],
        provider=item["provider"],
        model=item["model"],
        created_at=item["created_at"],
        updated_at=item["updated_at"],
    )
