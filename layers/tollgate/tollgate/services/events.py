"""Telling the owner of an account what happened: the event is queued here, and delivered by a worker."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from tollgate import incidents
from tollgate.contracts.caller import Call
from tollgate.contracts.events import EVENT_TYPES
from tollgate.errors import BadRequest, NotFound, TollgateError, TooLarge
from tollgate.resources import Resources
from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.queue import encoded
from tollgate.webhooks.event import body_of

# A message may have 256 KB, and an item of a table 400 KB; but every KB of an item is paid for at each change of it.
_MAX_INLINE_BYTES: Final = 16_000

_INTERNAL: Final = {"code": "internal_error", "message": "An internal error occurred."}
_ABANDONED: Final = {"code": "client_disconnected", "message": "The client went away before the end."}
# Such a request was not begun.
_REFUSED: Final = (BadRequest, NotFound, TooLarge)

_log: Final = logging.getLogger(__name__)


async def publish(resources: Resources, account_id: str, type: str, data: Mapping[str, Any]) -> None:  # noqa: A002 - the name that it has on the wire
    """Tell the account's webhooks that something happened. To be called when the answer has been sent, or by a worker.

    The event gets its id and its bytes here, once and for all. It is durable when this returns; an event that cannot
    be queued, however often it was tried, is logged without its data, and nobody else is the worse for it. `data` is
    JSON.

    Raises ValueError for a type that there is not.
    """
    if type not in EVENT_TYPES:
        raise ValueError(f"there is no event '{type}'")
    if not resources.settings.events_queue:
        return
    event_id = resources.new_id("evt")
    body = body_of(event_id, type, data, created=int(resources.now().timestamp()))
    event = {"account_id": account_id, "id": event_id, "type": type}
    try:
        await resources.events.send({"event": {**event, **await _kept(account_id, event_id, body, resources)}})
    except (AwsError, AwsUnavailable):
        _log.exception("event_not_published", extra={"account_id": account_id, "event_id": event_id, "type": type})
        incidents.count("EventsNotPublished")


@asynccontextmanager
async def announced(
    subject: str, content: dict[str, Any], call: Call, resources: Resources, *, started: Mapping[str, Any] | None = None
) -> AsyncGenerator[dict[str, Any], None]:
    """Publish, after the answer, what came of something: `<subject>.completed` or `<subject>.failed`.

    `content` has `id` and `object`, and is filled by whoever does it; what it is then is told of. `started` is told of
    before, as `<subject>.started`. A request that is refused for what it asks is no failure of anything.
    """

    def tell(what: str, data: Mapping[str, Any]) -> None:
        if started is not None:
            call.later.append(partial(publish, resources, call.caller.account_id, f"{subject}.started", started))
        call.later.append(partial(publish, resources, call.caller.account_id, f"{subject}.{what}", data))

    try:
        yield content
    except _REFUSED:
        raise
    except (Exception, asyncio.CancelledError, GeneratorExit) as exc:
        tell("failed", {"id": content["id"], "object": content["object"], "error": _told(exc)})
        raise
    tell("completed", content)


def _told(exc: BaseException) -> dict[str, str]:
    if isinstance(exc, TollgateError):
        return {"code": exc.reason, "message": exc.message}
    return dict(_INTERNAL if isinstance(exc, Exception) else _ABANDONED)


async def _kept(account_id: str, event_id: str, body: str, resources: Resources) -> dict[str, str]:
    """The body for a message: the text itself, or where it is in the bucket."""
    if len(encoded({"body": body})) <= _MAX_INLINE_BYTES:
        return {"body": body}
    key = f"events/{account_id}/{event_id}.json"
    await resources.bucket.put(key, body.encode(), "application/json")
    return {"body_key": key}
