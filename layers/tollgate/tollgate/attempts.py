"""Doing a thing again that was in somebody's way: at once at first, then after pauses of random length."""

import asyncio
import random
from typing import Final, Self

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 0.4


class Attempts:
    """So many rounds of an `async for`, numbered from 0.

    The first `at_once` begin without waiting. Each of the others waits at random up to a limit that doubles, from 50 ms
    to 400 ms: callers that got into each other's way do not come back together.
    """

    def __init__(self, most: int, *, at_once: int = 1) -> None:
        self._most = most
        self._at_once = at_once
        self._next = 0

    def __aiter__(self) -> Self:
        """The same rounds: they are made once."""
        return self

    async def __anext__(self) -> int:
        """The number of the round that begins."""
        number = self._next
        if number == self._most:
            raise StopAsyncIteration
        if number >= self._at_once:
            longest_s = min(_FIRST_PAUSE_S * 2 ** (number - self._at_once), _LONGEST_PAUSE_S)
            await asyncio.sleep(random.uniform(0, longest_s))  # noqa: S311 - not a secret
        self._next += 1
        return number
