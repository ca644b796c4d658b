"""What follows from the counters of an account: who has to wait, for how long, and what is left."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from tollgate.contracts.rates import ACCOUNT, AT_ONCE, PER_MINUTE, RateClaim, counter_of, slot_of
from tollgate.errors import RateLimited

_SLOT_WAIT_S: Final = 1


class Standing(NamedTuple):
    """One limit, and how much of it is used."""

    source: str
    """`key` or `account`."""
    name: str
    limit: int
    used: int


def standings(
    claim: RateClaim, limits: Mapping[str, int | None], counters: Mapping[str, Any], open_holds: int
) -> list[Standing]:
    """Where a key and its account stand: every limit that they have, the key's first. `limits` are the account's."""
    sources = (
        ("key", claim.key_id, claim.limits, counters.get(slot_of(claim.key_id), 0)),
        ("account", ACCOUNT, limits, open_holds),
    )
    found = []
    for source, scope, limited, in_flight in sources:
        used = {name: counters.get(counter_of(scope, what, claim.minute), 0) for what, name in PER_MINUTE.items()}
        for name, count in {**used, AT_ONCE: in_flight}.items():
            if (limit := limited.get(name)) is not None:
                found.append(Standing(source, name, int(limit), int(count)))
    return found


def check_rates(found: list[Standing], now: datetime) -> None:
    """Refuse a call where a limit is used up.

    Raises RateLimited.
    """
    for standing in found:
        if standing.used >= standing.limit:
            wait_s = _SLOT_WAIT_S if standing.name == AT_ONCE else seconds_left(now)
            what, _, when = standing.name.partition("_per_")
            words = f"{what} per {when}" if when else "requests at the same time"
            raise RateLimited(
                f"Rate limit reached: {standing.limit} {words}. "
                f"Retry after {wait_s} second{'s' if wait_s != 1 else ''}.",
                retry_after_s=wait_s,
                metadata={"limit_source": standing.source},
            )


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


def seconds_left(now: datetime) -> int:
    """Whole seconds until the next minute begins, rounded up."""
    return 60 - now.second


def duration(seconds: int) -> str:
    """A time as OpenAI's headers have it: `1s`, `6m0s`."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
