"""Webhooks of an account: made, shown, changed, tried, and what became of their deliveries."""

from typing import Any, Final

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.wpllm.webhooks import (
    CreateWebhookRequest,
    DeletedWebhook,
    DeliveryListQuery,
    NewWebhook,
    RotatedWebhook,
    RotateWebhookSecretRequest,
    TryWebhookRequest,
    UpdateWebhookRequest,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryList,
    WebhookItem,
    WebhookList,
    WebhookListQuery,
    WebhookTest,
)
from tollgate.errors import BadRequest, Conflict, DeliveryNotFound, WebhookNotFound
from tollgate.resources import Resources
from tollgate.services.jobs.deliver import Due, queue
from tollgate.services.sending import Letter, schemes, send
from tollgate.stores.deliveries import Delivery, Place
from tollgate.stores.webhooks import PLACES, StoredWebhook
from tollgate.webhooks.event import body_of
from tollgate.webhooks.signatures import new_secret

_PRIVATE: Final = {"cache-control": "no-store"}
_LONGEST_ID: Final = 100


async def create_webhook(request: CreateWebhookRequest, call: Call, resources: Resources) -> Answer:
    """Make a webhook. Its secret is in this answer and nowhere else.

    Raises BadRequest.
    """
    _check(request.url, call, resources)
    webhook = await resources.webhooks.create(
        StoredWebhook(
            account_id=call.caller.account_id,
            id=resources.new_id("webhook"),
            url=request.url,
            events=tuple(request.events),
            is_active=True,
            description=request.description,
            secret=request.secret or new_secret(),
            created_at=_now(resources),
        )
    )
    if webhook is None:
        raise BadRequest(f"This account has {PLACES} webhooks, which is as many as there can be. Delete one first.")
    return Answer(NewWebhook(**_shown(webhook), secret=webhook.secret), status=201, headers=_PRIVATE)


async def list_webhooks(query: WebhookListQuery, call: Call, resources: Resources) -> WebhookList:
    """The account's webhooks, newest first."""
    webhooks = await resources.webhooks.list(call.caller.account_id)
    rest = [webhook for webhook in webhooks if query.after is None or webhook.id < query.after]
    page = [WebhookItem(**_shown(webhook)) for webhook in rest[: query.limit]]
    return WebhookList(data=page, has_more=len(rest) > len(page))


async def get_webhook(webhook_id: str, call: Call, resources: Resources) -> Webhook:
    """One webhook of the account.

    Raises WebhookNotFound.
    """
    return _whole(await _find(webhook_id, call, resources))


async def update_webhook(webhook_id: str, request: UpdateWebhookRequest, call: Call, resources: Resources) -> Webhook:
    """Change a webhook; fields that are not named stay as they are.

    Raises BadRequest, WebhookNotFound.
    """
    changes: dict[str, Any] = {name: getattr(request, name) for name in request.model_fields_set}
    for name in ("url", "events", "status"):
        if name in changes and changes[name] is None:
            raise BadRequest(f"'{name}' cannot be cleared.", param=name)
    if request.url is not None:
        _check(request.url, call, resources)
    if "status" in changes:
        changes["is_active"] = changes.pop("status") == "active"
    if not changes:
        return _whole(await _find(webhook_id, call, resources))
    webhook = await resources.webhooks.change(call.caller.account_id, webhook_id, changes)
    if webhook is None:
        raise _unknown(webhook_id)
    return _whole(webhook)


async def delete_webhook(webhook_id: str, call: Call, resources: Resources) -> DeletedWebhook:
    """Delete a webhook. What was to be tried again is dropped.

    Raises WebhookNotFound.
    """
    if not await resources.webhooks.delete(call.caller.account_id, webhook_id):
        raise _unknown(webhook_id)
    return DeletedWebhook(id=webhook_id)


async def try_webhook(webhook_id: str, request: TryWebhookRequest, call: Call, resources: Resources) -> WebhookTest:
    """Send an event to a webhook, signed like a real one, and wait for what its receiver answers.

    Raises WebhookNotFound.
    """
    webhook = await _find(webhook_id, call, resources)
    event_id, kind = resources.new_id("evt"), request.type or webhook.events[0]
    body = body_of(event_id, kind, request.data or {}, created=_now(resources))
    sent = await send(Letter(event_id, kind, body), webhook, resources)
    return WebhookTest(id=event_id, delivered=sent.is_delivered, **sent._asdict())


async def rotate_webhook_secret(
    webhook_id: str, request: RotateWebhookSecretRequest, call: Call, resources: Resources
) -> Answer:
    """Give a webhook another secret; the present one stays in force beside it for a while.

    Raises WebhookNotFound.
    """
    before = await _find(webhook_id, call, resources)
    until = _now(resources) + request.overlap_seconds if request.overlap_seconds else 0
    secret = request.secret or new_secret()
    changes = {"secret": secret, "old_secret": before.secret if until else None, "old_secret_until": until}
    webhook = await resources.webhooks.change(call.caller.account_id, webhook_id, changes)
    if webhook is None:
        raise _unknown(webhook_id)
    content = RotatedWebhook(**_shown(webhook), secret=secret, old_secret_expires_at=until or None)
    return Answer(content, headers=_PRIVATE)


async def list_deliveries(
    webhook_id: str, query: DeliveryListQuery, call: Call, resources: Resources
) -> WebhookDeliveryList:
    """What became of the events for a webhook, newest first.

    Raises WebhookNotFound.
    """
    webhook = await _find(webhook_id, call, resources)
    found = await resources.deliveries.page(webhook.account_id, webhook.id, after=query.after, limit=query.limit + 1)
    page = [_told(delivery) for delivery in found[: query.limit]]
    return WebhookDeliveryList(data=page, has_more=len(found) > len(page))


async def replay_delivery(webhook_id: str, event_id: str, call: Call, resources: Resources) -> Answer:
    """Send an event once more, and again where that fails; one that is still being tried is tried now.

    Raises WebhookNotFound, DeliveryNotFound, Conflict.
    """
    webhook = await _find(webhook_id, call, resources)
    if not webhook.is_active:
        raise Conflict("This webhook is disabled. Make it active first.", metadata={"status": "disabled"})
    place = Place(webhook.account_id, webhook.id, event_id)
    now = _now(resources)
    # Whatever is longer is no id of ours, and may be longer than the table's keys.
    is_id = len(event_id) <= _LONGEST_ID
    delivery = await resources.deliveries.begin_again(place, now=now) if is_id else None
    if delivery is None:
        raise DeliveryNotFound("There is no such delivery to this webhook.", metadata={"id": event_id[:100]})
    await queue(Due(place, delivery.attempts + 1, now), resources)
    return Answer(_told(delivery), status=202)


def _check(url: str, call: Call, resources: Resources) -> None:
    target = resources.receivers.check(url, param="url", schemes=schemes(resources))
    if target.netloc.decode("ascii").lower() == call.headers.get("host", "").lower():
        raise BadRequest("'url' must not be the gateway itself.", param="url")


async def _find(webhook_id: str, call: Call, resources: Resources) -> StoredWebhook:
    webhook = await resources.webhooks.get(call.caller.account_id, webhook_id)
    if webhook is None:
        raise _unknown(webhook_id)
    return webhook


def _unknown(webhook_id: str) -> WebhookNotFound:
    return WebhookNotFound("There is no such webhook.", metadata={"id": webhook_id[:100]})


def _shown(webhook: StoredWebhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "status": "active" if webhook.is_active else "disabled",
        "created_at": webhook.created_at,
    }


def _whole(webhook: StoredWebhook) -> Webhook:
    return Webhook(**_shown(webhook), description=webhook.description)


def _told(delivery: Delivery) -> WebhookDelivery:
    return WebhookDelivery.model_validate(
        {
            "id": delivery.place.event_id,
            "webhook_id": delivery.place.webhook_id,
            "type": delivery.type,
            "status": delivery.status,
            "attempts": [
                {"attempt": number, "at": at, "status_code": status, "duration_ms": duration, "error": error}
                for number, at, status, duration, error in delivery.log
            ],
            "next_attempt_at": delivery.due_at if delivery.status == "pending" else None,
            "created_at": delivery.created_at,
        }
    )


def _now(resources: Resources) -> int:
    return int(resources.now().timestamp())
