"""Texts as AI Puffer has them: cleaned, and with places that are filled in."""

import logging
import re
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_log: Final = logging.getLogger(__name__)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NOT_IN_A_UUID: Final = re.compile(r"[^a-z0-9_-]")
_LONGEST_UUID: Final = 36
HELPER: Final = "You are a helpful assistant."
"""What a model is told where nobody says anything else."""


def clean(text: str) -> str:
    """A text without control characters but tabs and line feeds, and without blanks around it. HTML stays."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def is_blank(text: str) -> bool:
    """Whether PHP takes a text for empty: nothing, or a nought."""
    return text in {"", "0"}


def filled_in(instructions: str, now: datetime, *, username: str = "") -> str:
    """Instructions with the day, such as `January 5, 2026`, and the name of who asks."""
    return instructions.replace("[date]", f"{now:%B} {now.day}, {now.year}").replace("[username]", username)


def local_time(now: datetime, time_zone: str) -> datetime:
    """A time where the deployment's days begin. A zone that nobody knows is UTC."""
    return now.astimezone(_zone(time_zone))


def reduced(conversation_uuid: str) -> str:
    """What is kept of a client's id of a conversation: at most 36 characters of `a-z0-9_-`."""
    return _NOT_IN_A_UUID.sub("", conversation_uuid.lower())[:_LONGEST_UUID]


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        _log.exception("unknown_time_zone", extra={"time_zone": name})
        return UTC
