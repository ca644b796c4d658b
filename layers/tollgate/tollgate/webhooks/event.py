"""An event as it is sent."""

from collections.abc import Mapping
from typing import Any

from tollgate.webhooks.canonical import canonical


def body_of(event_id: str, kind: str, data: Mapping[str, Any], *, created: int) -> str:
    """The text of an event of a type, which is signed as it is and sent as it is. `created` is in Unix seconds.

    Raises TypeError for data that JSON has no form of.
    """
    return canonical({"id": event_id, "object": "event", "created": created, "type": kind, "data": data})
