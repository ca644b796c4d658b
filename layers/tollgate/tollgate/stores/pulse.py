"""What this process has counted of its own requests."""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from tollgate.contracts.figures import WINDOW_S, WINDOWS, Figures, Window


class Pulse:
    """The requests of this process: all there are where one process is the whole gateway."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._windows: deque[tuple[int, Window]] = deque(maxlen=WINDOWS)
        self._active = 0

    async def read(self, now: datetime) -> Figures:
        """See `Counted`. Windows are those since the first request."""
        current = window_number(now)
        counted = dict(self._windows)
        first = max(min(counted, default=current), current - WINDOWS + 1)
        windows = tuple(counted.get(number, Window()) for number in range(first, current + 1))
        return Figures(windows, self._active)

    def began(self) -> None:
        """Count a request in."""
        self._active += 1

    def ended(self, took_ms: float, *, is_error: bool) -> None:
        """Count it out."""
        self._active -= 1
        number = window_number(self._now())
        last, window = self._windows.pop() if self._windows else (number, Window())
        if last != number:
            self._windows.append((last, window))
            window = Window()
        self._windows.append((number, Window(window.requests + 1, window.errors + is_error, window.busy_ms + took_ms)))


def window_number(now: datetime) -> int:
    """Windows are numbered since 1970."""
    return int(now.timestamp()) // WINDOW_S
