"""What follows from the counters of an account: who has to wait, for how long, and what is left."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from tollgate.contracts.rates import ACCOUNT, AT_ONCE, PER_DAY, PER_MINUTE, REQUESTS, RateClaim, counter_of, slot_of
from tollgate.errors import DayLimited, RateLimited

_SLOT_WAIT_S: Final = 1
_PREFIXES: Final = ("x-ratelimit", "x-rate-limit")


class Standing(NamedTuple):
    """One limit, and how much of it is used."""

    source: str
    """`key`, `account` or `plan`."""
    name: str
    limit: int
    used: int


def standings(
    claim: RateClaim,
    limits: Mapping[str, int | None],
    counters: Mapping[str, Any],
    open_holds: int,
    *,
    plan_limits: Mapping[str, int | None] | None = None,
) -> list[Standing]:
    """Where a key and its account stand: every limit that they have, the key's first. `limits` are the account's."""
    sources = (
        ("key", claim.key_id, claim.limits, counters.get(slot_of(claim.key_id), 0)),
        ("account", ACCOUNT, limits, open_holds),
        ("plan", ACCOUNT, plan_limits or {}, open_holds),
    )
    found = []
    for source, scope, limited, in_flight in sources:
        used = {name: counters.get(counter_of(scope, what, claim.minute), 0) for what, name in PER_MINUTE.items()}
        used[PER_DAY] = counters.get(counter_of(scope, REQUESTS, claim.day), 0)
        for name, count in {**used, AT_ONCE: in_flight}.items():
            if (limit := limited.get(name)) is not None:
                found.append(Standing(source, name, int(limit), int(count)))
    return found


def check_rates(found: Sequence[Standing], now: datetime) -> None:
    """Refuse a call where a limit is used up.

    Raises RateLimited.
    """
    standing = used_up(found)
    if standing is None:
        return
    wait_s = _SLOT_WAIT_S if standing.name == AT_ONCE else seconds_left(now, standing.name)
    what, _, when = standing.name.partition("_per_")
    words = f"{what} per {when}" if when else "requests at the same time"
    kind = DayLimited if standing.name == PER_DAY else RateLimited
    raise kind(
        f"Rate limit reached: {standing.limit} {words}. Retry after {wait_s} second{'s' if wait_s != 1 else ''}.",
        retry_after_s=wait_s,
        metadata={
            "limit_source": standing.source,
            "limit": standing.limit,
            "remaining": 0,
            "reset_time": int(now.timestamp()) + wait_s,
        },
    )


def used_up(found: Sequence[Standing]) -> Standing | None:
    """The first limit that is used up; None where there is room."""
    return next((standing for standing in found if standing.used >= standing.limit), None)


def notice_of(standing: Standing, claim: RateClaim) -> str:
    """The name under which an account notes that its owner was told of a limit in the present window."""
    scope = claim.key_id if standing.source == "key" else ACCOUNT
    return counter_of(scope, f"told_{standing.source}_{standing.name}", window_of_limit(standing.name, claim))


def window_of_limit(name: str, claim: RateClaim) -> str:
    """The window of a limit that a call falls into: its day, or its minute."""
    return claim.day if name == PER_DAY else claim.minute


def rate_headers(found: list[Standing], now: datetime) -> dict[str, str]:
    """The headers that tell of the limits within a minute; of two limits the one that has less left."""
    headers: dict[str, str] = {}
    for what, name in PER_MINUTE.items():
        if limited := [standing for standing in found if standing.name == name]:
            tightest = min(limited, key=lambda standing: standing.limit - standing.used)
            headers |= {
                f"x-ratelimit-limit-{what}": str(tightest.limit),
                f"x-ratelimit-remaining-{what}": str(max(tightest.limit - tightest.used, 0)),
                f"x-ratelimit-reset-{what}": duration(seconds_left(now)),
            }
    return headers


def window_headers(found: list[Standing], now: datetime) -> dict[str, str]:
    """The headers of the WP LLM API, in both of their spellings, about the limit of requests that has the least left.

    A time is in Unix seconds.
    """
    limited = [standing for standing in found if standing.name in {PER_MINUTE[REQUESTS], PER_DAY}]
    if not limited:
        return {}
    tightest = min(limited, key=lambda standing: (standing.limit - standing.used, standing.limit))
    told = {
        "limit": tightest.limit,
        "remaining": max(tightest.limit - tightest.used, 0),
        "reset": int(now.timestamp()) + seconds_left(now, tightest.name),
    }
    return {f"{prefix}-{name}": str(value) for prefix in _PREFIXES for name, value in told.items()}


def seconds_left(now: datetime, name: str = "") -> int:
    """Whole seconds until the next minute begins, or for a limit by day the next one in UTC, rounded up."""
    if name == PER_DAY:
        return 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
    return 60 - now.second


def duration(seconds: int) -> str:
    """A time as OpenAI's headers have it: `1s`, `6m0s`."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
