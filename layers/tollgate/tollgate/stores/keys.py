"""API keys: their hash, never the key itself."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from tollgate.attempts import Attempts
from tollgate.stores.table import ConditionFailed, Item, Table

SCHEMA: Final = 1
_INDEX: Final = "by_account"
_COUNT_ATTEMPTS: Final = 3


class StoredKey(Struct, frozen=True):
    """One key. Times are ISO 8601 in UTC."""

    hash: str
    id: str
    account_id: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    models: tuple[str, ...] | None
    is_active: bool
    limit_usd: Decimal | None
    limit_reset: str | None
    limits: Mapping[str, int | None]
    expires_at: str | None
    created_at: str
    updated_at: str
    last_used_at: str | None = None


class Keys:
    """The keys table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put(self, key: StoredKey) -> None:
        """Store a new key."""
        await self._table.create(_item(key), key="key_hash")

    async def find(self, key_hash: str) -> StoredKey | None:
        """The key with that hash, strongly consistent: a deleted key is gone at once."""
        item = await self._table.get({"key_hash": key_hash})
        return _key(item) if item else None

    async def list(self, account_id: str) -> list[StoredKey]:
        """All keys of an account, oldest first."""
        items = await self._table.query("account_id = :account", values={":account": account_id}, index=_INDEX)
        return [_key(item) for item in items]

    async def get(self, account_id: str, key_id: str) -> StoredKey | None:
        """A key of an account by its id."""
        items = await self._table.query(
            "account_id = :account AND id = :id", values={":account": account_id, ":id": key_id}, index=_INDEX, limit=1
        )
        # The index follows the table with a delay; the table knows whether the key still exists.
        return await self.find(items[0]["key_hash"]) if items else None

    async def change(self, key: StoredKey, changes: Mapping[str, Any], *, now: str) -> StoredKey | None:
        """Change attributes of a key; None when it was deleted in the meantime."""
        names = {f"#{name}": name for name in changes}
        sets = ", ".join([*(f"#{name} = :{name}" for name in changes), "updated_at = :now"])
        try:
            item = await self._table.update(
                {"key_hash": key.hash},
                f"SET {sets}",
                values={**{f":{name}": value for name, value in changes.items()}, ":now": now},
                names=names,
                condition="attribute_exists(key_hash)",
                returning="ALL_NEW",
            )
        except ConditionFailed:
            return None
        return _key(item)

    async def delete(self, key: StoredKey) -> bool:
        """Remove a key for good; False when it was gone already."""
        try:
            await self._table.delete({"key_hash": key.hash}, condition="attribute_exists(key_hash)")
        except ConditionFailed:
            return False
        return True

    async def count_request(self, key_hash: str, *, minute: str, limit: int) -> int:
        """Count a request: how many the minute has with it, or one above `limit` where there is no room for it."""
        place = {"key_hash": key_hash}
        async for _ in Attempts(_COUNT_ATTEMPTS, at_once=2):
            try:
                item = await self._table.update(
                    place,
                    "SET rate_count = rate_count + :one",
                    values={":one": 1, ":minute": minute, ":limit": limit},
                    # Of two clocks the one that is ahead says which minute it is.
                    condition="rate_minute >= :minute AND rate_count < :limit",
                    returning="UPDATED_NEW",
                )
                return int(item["rate_count"])
            except ConditionFailed as exc:
                found = exc.item or {}
                if found.get("rate_minute", "") >= minute:
                    if found["rate_count"] >= limit:
                        break
                    continue  # Another request began the minute before this one looked.
            with suppress(ConditionFailed):  # Another request began the minute.
                await self._table.update(
                    place,
                    "SET rate_minute = :minute, rate_count = :one",
                    values={":one": 1, ":minute": minute},
                    condition="attribute_exists(key_hash)"
                    " AND (attribute_not_exists(rate_minute) OR rate_minute < :minute)",
                )
                return 1
        return limit + 1

    async def touch(self, key_hash: str, now: str) -> None:
        """Note that a key was used."""
        try:
            await self._table.update(
                {"key_hash": key_hash},
                "SET last_used_at = :now",
                values={":now": now},
                condition="attribute_exists(key_hash)",
            )
        except ConditionFailed:
            return


def _item(key: StoredKey) -> Item:
    return {
        "key_hash": key.hash,
        "schema": SCHEMA,
        "id": key.id,
        "account_id": key.account_id,
        "name": key.name,
        "hint": key.hint,
        "scopes": list(key.scopes),
        "models": None if key.models is None else list(key.models),
        "is_active": key.is_active,
        "limit_usd": key.limit_usd,
        "limit_reset": key.limit_reset,
        "limits": dict(key.limits),
        "expires_at": key.expires_at,
        "created_at": key.created_at,
        "updated_at": key.updated_at,
        "last_used_at": key.last_used_at,
    }


def _key(item: Item) -> StoredKey:
    return StoredKey(
        hash=item["key_hash"],
        id=item["id"],
        account_id=item["account_id"],
        name=item["name"],
        hint=item["hint"],
        scopes=tuple(item["scopes"]),
        models=None if item["models"] is None else tuple(item["models"]),
        is_active=item["is_active"],
        limit_usd=item["limit_usd"],
        limit_reset=item["limit_reset"],
        limits={name: None if value is None else int(value) for name, value in item["limits"].items()},
        expires_at=item["expires_at"],
        created_at=item["created_at"],
        updated_at=item["updated_at"],
        last_used_at=item["last_used_at"],
    )
