"""Webhooks: the addresses to which an account wants events to be sent.

An account has 16 places for them. A webhook's id ends with its place, so that it is found by one read, and that a
place is taken by one conditional write.
"""

import random
import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from tollgate.stores.table import ConditionFailed, Item, Table

SCHEMA: Final = 1
PLACES: Final = 16
_ID: Final = re.compile(r"webhook_[A-Za-z0-9]{7,30}([0-9]{2})", re.ASCII)


class StoredWebhook(Struct, frozen=True):
    """One webhook. Times are Unix seconds."""

    account_id: str
    id: str
    url: str
    events: tuple[str, ...]
    is_active: bool
    description: str | None
    secret: str
    created_at: int
    old_secret: str | None = None
    """The secret before the present one, until `old_secret_until`."""
    old_secret_until: int = 0
    failed_events: frozenset[str] = frozenset()
    """Ids of the events in a row that no attempt could deliver."""

    def secrets_at(self, now: int) -> tuple[str, ...]:
        """The secrets in force, the oldest first."""
        if self.old_secret is not None and now < self.old_secret_until:
            return (self.old_secret, self.secret)
        return (self.secret,)


class Webhooks:
    """The table of webhooks."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def create(self, webhook: StoredWebhook) -> StoredWebhook | None:
        """Store a new webhook, whose id gets its place; None where no place is left.

        Raises AwsError, AwsUnavailable.
        """
        while free := sorted({*range(PLACES)} - {_place_of(one.id) for one in await self.list(webhook.account_id)}):
            place = random.choice(free)  # noqa: S311 - any of them will do
            placed = replace(webhook, id=f"{webhook.id}{place:02d}")
            try:
                key = _key(placed.account_id, placed.id)
                await self._table.put(_item(placed), condition="attribute_not_exists(id)", key=key)
            except ConditionFailed as exc:
                if exc.item is None or exc.item["id"] != placed.id:
                    continue  # Another request took the place before this one did.
            return placed
        return None

    async def list(self, account_id: str) -> list[StoredWebhook]:
        """All webhooks of an account, newest first.

        Raises AwsError, AwsUnavailable.
        """
        items = await self._table.query("account_id = :account", values={":account": account_id})
        return sorted(map(_webhook, items), key=lambda webhook: webhook.id, reverse=True)

    async def get(self, account_id: str, webhook_id: str) -> StoredWebhook | None:
        """A webhook of an account.

        Raises AwsError, AwsUnavailable.
        """
        if (key := _key(account_id, webhook_id)) is None:
            return None
        item = await self._table.get(key)
        return _webhook(item) if item and item["id"] == webhook_id else None

    async def change(self, account_id: str, webhook_id: str, changes: Mapping[str, Any]) -> StoredWebhook | None:
        """Change attributes; None where there is no such webhook. One that is switched on begins without failures.

        Raises AwsError, AwsUnavailable.
        """
        sets = ", ".join(f"#{name} = :{name}" for name in changes)
        forgotten = " REMOVE failed_events" if changes.get("is_active") else ""
        return await self._update(
            account_id,
            webhook_id,
            f"SET {sets}{forgotten}",
            names={f"#{name}": name for name in changes},
            values={f":{name}": value for name, value in changes.items()},
        )

    async def delete(self, account_id: str, webhook_id: str) -> bool:
        """Remove a webhook for good; False when it was gone already.

        Raises AwsError, AwsUnavailable.
        """
        if (key := _key(account_id, webhook_id)) is None:
            return False
        try:
            await self._table.delete(key, condition="id = :id", values={":id": webhook_id})
        except ConditionFailed:
            return False
        return True

    async def failed(self, webhook: StoredWebhook, event_id: str, *, most: int) -> None:
        """Note that an event could not be delivered; the webhook is switched off where so many are in a row now.

        The same event counts once, however often it is noted. Raises AwsError, AwsUnavailable.
        """
        place = (webhook.account_id, webhook.id)
        noted = await self._update(*place, "ADD failed_events :event", values={":event": {event_id}})
        if noted is not None and len(noted.failed_events) >= most:
            await self._update(
                *place,
                "SET is_active = :off",
                values={":off": False, ":most": most},
                condition="size(failed_events) >= :most",
            )

    async def succeeded(self, webhook: StoredWebhook) -> None:
        """Forget the failures in a row.

        Raises AwsError, AwsUnavailable.
        """
        if webhook.failed_events:
            await self._update(webhook.account_id, webhook.id, "REMOVE failed_events")

    async def _update(
        self,
        account_id: str,
        webhook_id: str,
        expression: str,
        *,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
        condition: str = "",
    ) -> StoredWebhook | None:
        if (key := _key(account_id, webhook_id)) is None:
            return None
        try:
            item = await self._table.update(
                key,
                expression,
                values={**(values or {}), ":id": webhook_id},
                names=names,
                condition=f"id = :id{' AND ' if condition else ''}{condition}",
                returning="ALL_NEW",
            )
        except ConditionFailed:
            return None
        return _webhook(item)


def _place_of(webhook_id: str) -> int:
    return int(webhook_id[-2:])


def _key(account_id: str, webhook_id: str) -> Item | None:
    match = _ID.fullmatch(webhook_id)
    return {"account_id": account_id, "place": match[1]} if match else None


def _item(webhook: StoredWebhook) -> Item:
    return {
        "account_id": webhook.account_id,
        "place": f"{_place_of(webhook.id):02d}",
        "schema": SCHEMA,
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "is_active": webhook.is_active,
        "description": webhook.description,
        "secret": webhook.secret,
        "created_at": webhook.created_at,
    }


def _webhook(item: Item) -> StoredWebhook:
    return StoredWebhook(
        account_id=item["account_id"],
        id=item["id"],
        url=item["url"],
        events=tuple(item["events"]),
        is_active=item["is_active"],
        description=item["description"],
        secret=item["secret"],
        created_at=int(item["created_at"]),
        old_secret=item.get("old_secret"),
        old_secret_until=int(item.get("old_secret_until", 0)),
        failed_events=frozenset(item.get("failed_events", ())),
    )
