"""Events brought to the webhooks that want them.

The queue wakes somebody up, and the table says what there is to do: a message may come twice, or come again because
whoever had it died, and each step can be done again where it was left.

    event       one delivery for each webhook, and a message for its first attempt
    delivery    not due yet: the message is sent on; due: the attempt is claimed, made, written down, and what follows
                from it is done
"""

from asyncio import gather
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tollgate.resources import Resources
from tollgate.services.sending import Letter, Sent, send
from tollgate.stores.deliveries import Attempt, Delivery, NotClaimed, Place, Status
from tollgate.stores.queue import LONGEST_DELAY_S
from tollgate.stores.webhooks import StoredWebhook
from tollgate.webhooks.schedule import ATTEMPTS, EVENTS_IN_A_ROW, due_at

# Longer than an attempt with everything around it; who holds one for so long has died.
_LEASE_S: Final = 60
_GONE: Final = 410


class Due(NamedTuple):
    """An attempt that is to be made at `at`, in Unix seconds."""

    place: Place
    attempt: int
    at: int


async def deliver(message: Mapping[str, Any], resources: Resources) -> None:
    """Do what a message of the queue says: an event, or an attempt to deliver one.

    Raises AwsError, AwsUnavailable; the message then has to come again.
    """
    if "event" in message:
        await _fan_out(message["event"], resources)
    else:
        told = message["delivery"]
        place = Place(told["account_id"], told["webhook_id"], told["event_id"])
        await _attempt(Due(place, told["attempt"], told["at"]), resources)


async def queue(due: Due, resources: Resources) -> None:
    """Have an attempt made when it is due.

    Raises AwsError, AwsUnavailable.
    """
    wait_s = min(max(due.at - _now(resources), 0), LONGEST_DELAY_S)
    message = {**due.place._asdict(), "attempt": due.attempt, "at": due.at}
    await resources.events.send({"delivery": message}, delay_s=wait_s)


async def _fan_out(event: Mapping[str, Any], resources: Resources) -> None:
    webhooks = await resources.webhooks.list(event["account_id"])
    wanted = [webhook for webhook in webhooks if webhook.is_active and event["type"] in webhook.events]
    await gather(*(_open(event, webhook, resources) for webhook in wanted))


async def _open(event: Mapping[str, Any], webhook: StoredWebhook, resources: Resources) -> None:
    now = _now(resources)
    delivery = Delivery(
        place=Place(webhook.account_id, webhook.id, event["id"]),
        type=event["type"],
        created_at=now,
        body=event.get("body"),
        body_key=event.get("body_key"),
        begun_at=now,
        due_at=now,
    )
    await resources.deliveries.open(delivery)
    await queue(Due(delivery.place, 1, now), resources)


async def _attempt(due: Due, resources: Resources) -> None:
    now = _now(resources)
    if due.at > now:
        await queue(due, resources)
        return
    webhook = await resources.webhooks.get(due.place.account_id, due.place.webhook_id)
    if webhook is None or not webhook.is_active:
        await resources.deliveries.drop(due.place)
        return
    try:
        delivery = await resources.deliveries.claim(due.place, due.attempt, now=now, until=now + _LEASE_S)
        sent = await send(await _letter(delivery, due.attempt, resources), webhook, resources)
        delivery = await _record(delivery, sent, now, resources)
    except NotClaimed as exc:
        await _leave(due, exc.found, webhook, resources)
    else:
        await _follow_up(delivery, webhook, resources)


async def _letter(delivery: Delivery, attempt: int, resources: Resources) -> Letter:
    body = delivery.body
    if body is None:
        kept = await resources.bucket.get(delivery.body_key or "")
        if kept is None:
            raise LookupError(f"the body of {delivery.place.event_id} is not in the bucket")
        body = kept.decode()
    return Letter(delivery.place.event_id, delivery.type, body, attempt)


async def _record(delivery: Delivery, sent: Sent, began_at: int, resources: Resources) -> Delivery:
    attempt = Attempt(delivery.attempts + 1, began_at, *sent)
    made = delivery.attempts_of_round + 1
    status: Status = "pending"
    due = 0
    if sent.is_delivered:
        status = "delivered"
    elif sent.status_code == _GONE or made == ATTEMPTS:
        status = "failed"
    else:
        seed = f"{delivery.place.webhook_id}|{delivery.place.event_id}"
        due = due_at(made + 1, begun_at=delivery.begun_at, now=_now(resources), seed=seed)
    return await resources.deliveries.record(delivery, attempt, status=status, due_at=due)


async def _leave(due: Due, found: Delivery | None, webhook: StoredWebhook, resources: Resources) -> None:
    """An attempt that is not ours: one that was made is followed up, in case that who made it died before that."""
    if found is None:
        return
    if found.attempts == due.attempt:
        await _follow_up(found, webhook, resources)
    elif found.status == "pending" and found.attempts == due.attempt - 1:
        # Somebody makes it now, or died making it: then it is free again when the lease is over.
        await queue(due._replace(at=found.leased_until + 1), resources)


async def _follow_up(delivery: Delivery, webhook: StoredWebhook, resources: Resources) -> None:
    """What follows from an attempt that was written down. Doing it twice is doing it once."""
    match delivery.status:
        case "pending":
            await queue(Due(delivery.place, delivery.attempts + 1, delivery.due_at), resources)
        case "delivered":
            await resources.webhooks.succeeded(webhook)
        case "failed" if delivery.log and delivery.log[-1].status_code == _GONE:
            await resources.webhooks.change(webhook.account_id, webhook.id, {"is_active": False})
        case "failed":
            await resources.webhooks.failed(webhook, delivery.place.event_id, most=EVENTS_IN_A_ROW)


def _now(resources: Resources) -> int:
    return int(resources.now().timestamp())
