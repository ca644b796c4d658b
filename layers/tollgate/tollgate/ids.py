"""Identifiers: a prefix that says what a thing is, then 26 characters that sort by time."""

import secrets
import time
from collections.abc import Callable
from typing import Final

# Crockford's base 32: no I, L, O or U, so an identifier read aloud survives.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

NewId = Callable[[str], str]
"""Gives a fresh identifier for a prefix; passed in where a test wants to know the next one."""


def new_id(prefix: str) -> str:
    """`prefix` + `_` + 26 characters: 48 bits of milliseconds, then 80 random bits, the layout of a ULID."""
    return f"{prefix}_{ulid(time.time_ns() // 1_000_000, secrets.token_bytes(10))}"


def ulid(milliseconds: int, randomness: bytes) -> str:
    """26 characters for a Unix time and 10 random bytes; they sort as the times do."""
    number = (milliseconds << 80) | int.from_bytes(randomness, "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
