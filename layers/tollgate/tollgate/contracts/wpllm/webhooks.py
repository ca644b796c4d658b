"""`/v1/webhooks`: where an account's events are sent, and what became of each."""

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tollgate.contracts.events import EVENT_TYPES, EventType
from tollgate.contracts.shapes import Query, Shape

_DAY_S: Final = 86_400


def _distinct(events: list[EventType]) -> list[EventType]:
    if len(set(events)) < len(events):
        raise PydanticCustomError("distinct", "must name each event once")
    return events


Url = Annotated[str, Field(min_length=1, max_length=2_048)]
Events = Annotated[list[EventType], Field(min_length=1, max_length=len(EVENT_TYPES)), AfterValidator(_distinct)]
Description = Annotated[str, Field(max_length=255)]
Secret = Annotated[str, Field(min_length=16, max_length=256, pattern=r"^[\x20-\x7e]+$")]
Status = Literal["active", "disabled"]


class CreateWebhookRequest(Shape):
    """A new webhook."""

    url: Url
    """Where events are sent: `https`, a host with a public address, the port 443 or one from 1024 on."""
    events: Events
    """Which events are sent, each named once."""
    description: Description | None = None
    """What it is for."""
    secret: Secret | None = None
    """What events are signed with, in printable ASCII; made up where it is not given."""


class UpdateWebhookRequest(Shape):
    """What to change. Absent fields stay as they are, `null` clears the description."""

    null_is_absent: ClassVar[bool] = False

    url: Url | None = None
    """Where events are sent. What is on its way goes there too."""
    events: Events | None = None
    """Which events are sent from now on."""
    description: Description | None = None
    """What it is for."""
    status: Status | None = None
    """`active`, or `disabled`: nothing is sent then, and what was to be tried again is dropped."""


class TryWebhookRequest(Shape):
    """What to send, as if it had happened."""

    may_be_absent: ClassVar[bool] = True

    type: EventType | None = None
    """The event; without it, the first that the webhook is for."""
    data: dict[str, Any] | None = None
    """The event's `data`; empty without it."""


class RotateWebhookSecretRequest(Shape):
    """A new secret, and how long the present one stays in force beside it."""

    may_be_absent: ClassVar[bool] = True

    secret: Secret | None = None
    """The new secret, in printable ASCII; made up where it is not given."""
    overlap_seconds: Annotated[int, Field(ge=0, le=7 * _DAY_S)] = _DAY_S
    """How long both are in force; 0 for not at all."""


class WebhookListQuery(Query):
    """Which webhooks to list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 100
    """How many at most."""
    after: Annotated[str, Field(max_length=100)] | None = None
    """The id of the last webhook of the page before."""


class DeliveryListQuery(Query):
    """Which deliveries to list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 100
    """How many at most."""
    after: Annotated[str, Field(max_length=100)] | None = None
    """The id of the last delivery of the page before."""


class WebhookItem(Shape):
    """A webhook as a list shows it."""

    id: str
    object: Literal["webhook"] = "webhook"
    url: str
    events: list[EventType]
    status: Status
    """`disabled` by its owner, by a receiver that answers 410, or after five events in a row that nobody took."""
    created_at: int
    """Unix seconds."""


class NewWebhook(WebhookItem):
    """A webhook just made: the only time that its secret is shown."""

    secret: str
    """What events are signed with. Keep it now: it cannot be shown again."""


class Webhook(WebhookItem):
    """A webhook."""

    description: str | None


class WebhookList(Shape):
    """Webhooks, newest first."""

    object: Literal["list"] = "list"
    data: list[WebhookItem]
    has_more: bool


class DeletedWebhook(Shape):
    """A webhook that no longer exists."""

    id: str
    object: Literal["webhook"] = "webhook"
    deleted: Literal[True] = True


class WebhookTest(Shape):
    """What came of an event that was sent for a test. It is not tried again."""

    object: Literal["webhook_test"] = "webhook_test"
    id: str
    """The id of the event."""
    delivered: bool
    """Whether the receiver answered with a status from 200 to 299 within ten seconds."""
    status_code: int | None
    """What it answered; `null` where it did not."""
    duration_ms: int
    error: str | None
    """Why there is no status."""


class RotatedWebhook(NewWebhook):
    """A webhook with a new secret: the only time that it is shown."""

    old_secret_expires_at: int | None
    """Until when events are signed with the old secret too, in Unix seconds; `null` where they no longer are."""


class DeliveryAttempt(Shape):
    """One attempt to deliver an event."""

    attempt: int
    """Which one, from 1."""
    at: int
    """Unix seconds."""
    status_code: int | None
    """What the receiver answered; `null` where it did not."""
    duration_ms: int
    error: str | None
    """Why there is no status."""


class WebhookDelivery(Shape):
    """An event on its way to a webhook."""

    id: str
    """The id of the event."""
    object: Literal["webhook_delivery"] = "webhook_delivery"
    webhook_id: str
    type: EventType
    status: Literal["pending", "delivered", "failed", "dropped"]
    """`pending` while it is tried, `failed` when no attempt is left, `dropped` where the webhook was switched off."""
    attempts: list[DeliveryAttempt]
    """The last 20, the oldest first."""
    next_attempt_at: int | None
    """Unix seconds; `null` where there will be none."""
    created_at: int
    """Unix seconds."""


class WebhookDeliveryList(Shape):
    """Deliveries of the last 30 days, newest first."""

    object: Literal["list"] = "list"
    data: list[WebhookDelivery]
    has_more: bool
