"""One event sent to one webhook, once."""

import time
from datetime import datetime
from typing import Final, NamedTuple

from tollgate.errors import BadRequest
from tollgate.resources import Resources
from tollgate.stores.webhooks import StoredWebhook
from tollgate.webhooks.schedule import TIMEOUT_S
from tollgate.webhooks.signatures import headers_for

_HTTPS: Final = frozenset({"https"})
_LOCALLY: Final = frozenset({"https", "http"})


class Letter(NamedTuple):
    """An event as it is sent, and which attempt this is."""

    event_id: str
    type: str
    body: str
    attempt: int = 1


class Sent(NamedTuple):
    """What came of it. `error` says why there is no status."""

    status_code: int | None
    duration_ms: int
    error: str | None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.status_code is not None and 200 <= self.status_code < 300


def schemes(resources: Resources) -> frozenset[str]:
    """What the address of a webhook may begin with."""
    return _LOCALLY if resources.allows_loopback else _HTTPS


async def send(letter: Letter, webhook: StoredWebhook, resources: Resources) -> Sent:
    """Send an event, signed with the secrets that are in force now. A receiver has ten seconds."""
    now: datetime = resources.now()
    headers = headers_for(
        letter.body,
        event_id=letter.event_id,
        kind=letter.type,
        attempt=letter.attempt,
        signed_with=webhook.secrets_at(int(now.timestamp())),
        now=now,
    )
    started_at = time.perf_counter()
    status, error = None, None
    try:
        status = await resources.receivers.post(
            webhook.url,
            letter.body.encode(),
            headers,
            param="url",
            timeout_s=TIMEOUT_S,
            schemes=schemes(resources),
        )
    except BadRequest as exc:
        error = exc.message
    return Sent(status, round((time.perf_counter() - started_at) * 1000), error)
