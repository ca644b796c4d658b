"""Identifiers: a prefix that says what a thing is, then 26 characters that sort by time."""

import secrets
import time
from collections.abc import Callable
from typing import Final

# Crockford's base 32: no I, L, O or U, so an identifier read aloud survives.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS: Final = 80

NewId = Callable[[str], str]
"""Gives a fresh identifier for a prefix; passed in where a test wants to know the next one."""


class Ulids:
    """26 characters each, in the layout of a ULID: 48 bits of milliseconds, then 80 random bits.

    Those of one process sort in the order in which they were made, within a millisecond too.
    """

    def __init__(self, *, milliseconds: Callable[[], int], random_bits: Callable[[int], int]) -> None:
        self._milliseconds = milliseconds
        self._random_bits = random_bits
        self._last = 0

    def next(self) -> str:
        """A fresh one."""
        number = (self._milliseconds() << _RANDOM_BITS) | self._random_bits(_RANDOM_BITS)
        # In the same millisecond, or should the clock step back, the next one up.
        self._last = number if number > self._last else self._last + 1
        return "".join(_ALPHABET[(self._last >> shift) & 31] for shift in range(125, -1, -5))


_ulids: Final = Ulids(milliseconds=lambda: time.time_ns() // 1_000_000, random_bits=secrets.randbits)


def new_id(prefix: str) -> str:
    """`prefix`, an underscore and 26 characters."""
    return f"{prefix}_{_ulids.next()}"
