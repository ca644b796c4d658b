"""What calls count towards the rate limits of their key and their account."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

ACCOUNT = "account"
REQUESTS = "requests"
TOKENS = "tokens"
PER_MINUTE = {REQUESTS: "requests_per_minute", TOKENS: "tokens_per_minute"}
PER_DAY = "requests_per_day"
AT_ONCE = "concurrent_requests"


class RateClaim(NamedTuple):
    """One call, as its limits see it."""

    key_id: str
    limits: Mapping[str, int]
    """Those of the key; those of the account are with the account."""
    minute: str
    tokens: int = 0
    """About how many the prompt has. What it had indeed, and the answer, are counted when the call is settled."""
    at: int = 0
    """When the call is admitted, in Unix seconds."""

    @property
    def day(self) -> str:
        """The UTC day that its minute is of."""
        return day_of(self.minute)


class RateMarks(NamedTuple):
    """What a call in flight has been counted in, to be corrected when it is over."""

    minute: str
    tokens: int
    scopes: tuple[str, ...]
    """`account`, the id of the key, or both."""
    slot: str = ""
    """The counter of the key's calls in flight, where it has such a limit."""
    at: int = 0
    """When the call was admitted, in Unix seconds."""


def minute_of(now: datetime) -> str:
    """The name of the minute that `now` falls into. Names sort by time."""
    return now.strftime("%Y-%m-%dT%H:%M")


def day_of(minute: str) -> str:
    """The name of the UTC day of a minute, or of any later part of an ISO time."""
    return minute[: len("2026-11-21")]


def counter_of(scope: str, what: str, minute: str) -> str:
    """The name of a counter, under which the account has it."""
    return f"{scope}|{what}|{minute}"


def slot_of(key_id: str) -> str:
    """The name of the counter of a key's calls in flight."""
    return f"{key_id}|in_flight"
