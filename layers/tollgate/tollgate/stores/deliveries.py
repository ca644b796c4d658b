"""Deliveries: one event on its way to one webhook, what became of each attempt, and who tries now."""

from typing import Any, Final, Literal, NamedTuple

from msgspec import Struct

from tollgate.stores.leases import lease
from tollgate.stores.table import ConditionFailed, Item, Table

SCHEMA: Final = 1
LIFETIME_S: Final = 30 * 86_400
"""So long a delivery is listed, and can be replayed."""
# What was replayed on its last day is tried for one more, and the bucket has its body for longer than that.
_REPLAYED_LIFETIME_S: Final = LIFETIME_S + 2 * 86_400
_LONGEST_LOG: Final = 20

Status = Literal["pending", "delivered", "failed", "dropped"]


class Place(NamedTuple):
    """Which delivery."""

    account_id: str
    webhook_id: str
    event_id: str

    @property
    def key(self) -> Item:
        """Its key in the table."""
        return {"account_id": self.account_id, "id": f"{self.webhook_id}|{self.event_id}"}


class Attempt(NamedTuple):
    """One attempt. `at` is in Unix seconds; `error` says why there is no status."""

    number: int
    at: int
    status_code: int | None
    duration_ms: int
    error: str | None


class Delivery(Struct, frozen=True):
    """One delivery. Times are Unix seconds."""

    place: Place
    type: str
    created_at: int
    body: str | None = None
    """The text that is sent, or None where it is in the bucket."""
    body_key: str | None = None
    status: Status = "pending"
    attempts: int = 0
    """How many there have been."""
    begun_at: int = 0
    """When the present round of attempts began."""
    begun_after: int = 0
    """How many there had been by then."""
    due_at: int = 0
    """When the next attempt is due."""
    leased_until: int = 0
    """Until when somebody makes it."""
    log: tuple[Attempt, ...] = ()
    """The last 20 attempts, the oldest first."""

    @property
    def attempts_of_round(self) -> int:
        """How many attempts the present round has had."""
        return self.attempts - self.begun_after


class NotClaimed(Exception):
    """Somebody else makes this attempt, or it has been made. `found` is the delivery as it is; None where it went."""

    def __init__(self, found: Delivery | None) -> None:
        super().__init__("the attempt is somebody else's")
        self.found = found


class Deliveries:
    """The table of deliveries."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def open(self, delivery: Delivery) -> None:
        """Store a new delivery; one that is there already stays as it is.

        Raises AwsError, AwsUnavailable.
        """
        await self._table.create(_item(delivery), key="id")

    async def get(self, place: Place) -> Delivery | None:
        """A delivery.

        Raises AwsError, AwsUnavailable.
        """
        item = await self._table.get(place.key)
        return _delivery(item) if item else None

    async def page(self, account_id: str, webhook_id: str, *, after: str | None, limit: int) -> list[Delivery]:
        """Deliveries to a webhook, newest first, from behind the event `after`.

        Raises AwsError, AwsUnavailable.
        """
        # Ids of events sort by time, and their characters before `~`.
        last = f"{webhook_id}|{after if after is not None else '~'}"
        items = await self._table.query(
            "account_id = :account AND id BETWEEN :first AND :last",
            values={":account": account_id, ":first": f"{webhook_id}|", ":last": last},
            newest_first=True,
            limit=limit + 1,
        )
        return [delivery for delivery in map(_delivery, items) if delivery.place.event_id != after][:limit]

    async def claim(self, place: Place, attempt: int, *, now: int, until: int) -> Delivery:
        """Take an attempt, counted from 1, for oneself until then.

        Raises NotClaimed, AwsError, AwsUnavailable.
        """
        try:
            item = await lease(
                self._table,
                place.key,
                now=now,
                until=until,
                condition="#status = :pending AND attempts = :before",
                names={"#status": "status"},
                values={":pending": "pending", ":before": attempt - 1},
            )
        except ConditionFailed as exc:
            raise NotClaimed(_delivery(exc.item) if exc.item else None) from exc
        return _delivery(item)

    async def record(self, delivery: Delivery, attempt: Attempt, *, status: Status, due_at: int) -> Delivery:
        """Write down what became of an attempt.

        Raises NotClaimed where that has been written down already, AwsError, AwsUnavailable.
        """
        log = [*delivery.log, attempt][-_LONGEST_LOG:]
        try:
            item = await self._table.update(
                delivery.place.key,
                "SET #status = :status, attempts = :number, due_at = :due, leased_until = :nobody, #log = :log",
                values={
                    ":status": status,
                    ":number": attempt.number,
                    ":due": due_at,
                    ":nobody": 0,
                    ":log": [one._asdict() for one in log],
                    ":before": delivery.attempts,
                },
                names={"#status": "status", "#log": "log"},
                condition="attempts = :before",
                returning="ALL_NEW",
            )
        except ConditionFailed as exc:
            raise NotClaimed(_delivery(exc.item) if exc.item else None) from exc
        return _delivery(item)

    async def drop(self, place: Place) -> None:
        """End a delivery that nobody wants any more.

        Raises AwsError, AwsUnavailable.
        """
        try:
            await self._table.update(
                place.key,
                "SET #status = :dropped",
                values={":dropped": "dropped", ":pending": "pending"},
                names={"#status": "status"},
                condition="#status = :pending",
            )
        except ConditionFailed:
            return

    async def begin_again(self, place: Place, *, now: int) -> Delivery | None:
        """Begin a new round of attempts; a delivery that is still being tried stays as it is. None where it is gone.

        Raises AwsError, AwsUnavailable.
        """
        try:
            item = await self._table.update(
                place.key,
                "SET #status = :pending, begun_after = attempts, begun_at = :now, due_at = :now,"
                " leased_until = :nobody, expires_at = created_at + :longer",
                values={":pending": "pending", ":now": now, ":nobody": 0, ":longer": _REPLAYED_LIFETIME_S},
                names={"#status": "status"},
                condition="attribute_exists(id) AND #status <> :pending",
                returning="ALL_NEW",
            )
        except ConditionFailed as exc:
            return _delivery(exc.item) if exc.item else None
        return _delivery(item)


def _item(delivery: Delivery) -> Item:
    kept: dict[str, Any] = {"body_key": delivery.body_key} if delivery.body is None else {"body": delivery.body}
    return {
        **delivery.place.key,
        "schema": SCHEMA,
        "webhook_id": delivery.place.webhook_id,
        "event_id": delivery.place.event_id,
        "type": delivery.type,
        **kept,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "begun_at": delivery.begun_at,
        "begun_after": delivery.begun_after,
        "due_at": delivery.due_at,
        "leased_until": delivery.leased_until,
        "log": [one._asdict() for one in delivery.log],
        "created_at": delivery.created_at,
        "expires_at": delivery.created_at + LIFETIME_S,
    }


def _delivery(item: Item) -> Delivery:
    return Delivery(
        place=Place(item["account_id"], item["webhook_id"], item["event_id"]),
        type=item["type"],
        created_at=int(item["created_at"]),
        body=item.get("body"),
        body_key=item.get("body_key"),
        status=item["status"],
        attempts=int(item["attempts"]),
        begun_at=int(item["begun_at"]),
        begun_after=int(item["begun_after"]),
        due_at=int(item["due_at"]),
        leased_until=int(item["leased_until"]),
        log=tuple(map(_attempt, item["log"])),
    )


def _attempt(logged: Item) -> Attempt:
    status = logged["status_code"]
    return Attempt(
        number=int(logged["number"]),
        at=int(logged["at"]),
        status_code=None if status is None else int(status),
        duration_ms=int(logged["duration_ms"]),
        error=logged["error"],
    )
