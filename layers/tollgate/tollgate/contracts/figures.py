"""How busy the gateway is, and how well it does, as far as somebody has counted."""

from typing import NamedTuple

WINDOW_S = 300
WINDOWS = 24 * 3600 // WINDOW_S
"""Those of a day."""


class Window(NamedTuple):
    """The requests of callers that ended within five minutes."""

    requests: int = 0
    errors: int = 0
    """Those of them that were answered with a status of 500 or above."""
    busy_ms: float = 0.0
    """How long all of them took together."""


class Figures(NamedTuple):
    """The windows of up to a day, oldest first; the last one is not over."""

    windows: tuple[Window, ...]
    active_requests: int
