"""When a delivery is tried, and when it is given up."""

import hashlib
from typing import Final

OFFSETS_S: Final = (0, 30, 120, 600, 3_600, 21_600, 86_400)
"""Seconds from the beginning of a delivery to each of its attempts, before jitter."""
ATTEMPTS: Final = len(OFFSETS_S)
TIMEOUT_S: Final = 10.0
"""How long a receiver may take to answer."""
EVENTS_IN_A_ROW: Final = 5
"""So many events that no attempt could deliver switch their webhook off."""

_JITTER: Final = 0.1
_SHORTEST_WAIT_S: Final = 5


def due_at(attempt: int, *, begun_at: int, now: int, seed: str) -> int:
    """When an attempt, counted from 1, is due, in Unix seconds: never before its predecessor is over.

    The jitter of up to a tenth comes from the seed, so that it is the same however often it is asked for.
    """
    digest = hashlib.sha256(f"{seed}|{attempt}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    offset = OFFSETS_S[attempt - 1] * (1 + _JITTER * (2 * share - 1))
    return max(begun_at + round(offset), now + _SHORTEST_WAIT_S)
