"""How the gateway has been doing."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Final, TypeVar

from tollgate.contracts.answer import Answer
from tollgate.contracts.figures import Window
from tollgate.contracts.wpllm.status import Status
from tollgate.resources import Resources
from tollgate.services.wpllm.health import PATIENCE_S, can_admit
from tollgate.stores.aws import AwsError, AwsUnavailable

T = TypeVar("T")

_DEGRADED: Final = 0.05
_OUTAGE: Final = 0.5
_LATELY: Final = 2
"""Windows by which it is judged how things are now: the present one, and the last that is over."""

_log: Final = logging.getLogger(__name__)


async def get_status(resources: Resources) -> Answer:
    """What was counted of the last day's requests, and what waits in the queue. No provider is asked."""
    now = resources.now()
    has_queue = bool(resources.settings.events_queue)
    admits, counted, waiting = await asyncio.gather(
        can_admit(resources),
        _within_patience(resources.figures.read(now)),
        _within_patience(resources.events.size()) if has_queue else _nothing(),
    )
    figures = counted or await resources.pulse.read(now)
    status = _worst(figures.windows, admits=admits, is_partial=counted is None or waiting is None)
    content = Status.model_validate(
        {
            "status": "maintenance" if resources.settings.maintenance else status,
            "timestamp": int(now.timestamp()),
            "uptime": uptime_of(figures.windows),
            "response_time": response_time_of(figures.windows),
            "active_requests": figures.active_requests,
            "queue_size": waiting or 0,
        }
    )
    return Answer(content=content, headers={"cache-control": "no-store"})


def uptime_of(windows: Sequence[Window]) -> float:
    """The percentage of windows in which fewer than half of all requests failed. Without a request nothing failed."""
    up = sum(not window.requests or window.errors < window.requests * _OUTAGE for window in windows)
    return round(100 * up / len(windows), 3) if windows else 100.0


def response_time_of(windows: Sequence[Window]) -> float:
    """Milliseconds that a request took on average, in the last window that had any."""
    last = next((window for window in reversed(windows) if window.requests), None)
    return round(last.busy_ms / last.requests, 1) if last else 0.0


def _worst(windows: Sequence[Window], *, admits: bool, is_partial: bool) -> str:
    lately = windows[-_LATELY:]
    requests, errors = sum(window.requests for window in lately), sum(window.errors for window in lately)
    failed = errors / requests if requests else 0.0
    if not admits or failed >= _OUTAGE:
        return "outage"
    return "degraded" if is_partial or failed >= _DEGRADED else "operational"


async def _within_patience(asked: Awaitable[T]) -> T | None:
    """What is asked for, or None where there is no answer in time."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await asked
    except (AwsError, AwsUnavailable, TimeoutError):
        _log.warning("status_without_figures", exc_info=True)
        return None


async def _nothing() -> int:
    return 0
