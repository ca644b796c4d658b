"""Providers that keep failing, and are asked last for a while: remembered here, and shared through a table."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.table import Table

SCHEMA: Final = 1
PATIENCE: Final = 3
"""Failures in a row, seen by one process, that begin a cooldown; the first failure after one begins the next."""
COOLDOWN_S: Final = 30.0
_LONGEST_S: Final = 120.0
_READ_AGAIN_AFTER_S: Final = 5.0

_log: Final = logging.getLogger(__name__)


class Cooldowns:
    """What is known of providers' failures. Without a table it is what this process has seen itself."""

    def __init__(self, table: Table | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._clock = clock
        self._streaks: dict[str, int] = {}
        self._until: dict[str, float] = {}
        """When the cooldown of a provider ends, in seconds since 1970."""
        self._read_at: dict[str, float] = {}

    async def cooling(self, providers: Iterable[str], now: datetime) -> frozenset[str]:
        """Those of the providers that cool down now; the table is asked at most every few seconds for each."""
        wanted = set(providers)
        await asyncio.gather(*map(self._refresh, wanted))
        return frozenset(provider for provider in wanted if self._until.get(provider, 0.0) > now.timestamp())

    def succeeded(self, provider: str) -> None:
        """Note an answer: it ends a row of failures."""
        self._streaks.pop(provider, None)

    def failed(self, provider: str, now: datetime, wait_s: float | None) -> datetime | None:
        """Note a failure, with the time that the provider asked for; the end of the cooldown that it begins, if any."""
        self._streaks[provider] = self._streaks.get(provider, 0) + 1
        if self._streaks[provider] < PATIENCE or self._until.get(provider, 0.0) > now.timestamp():
            return None
        until = now + timedelta(seconds=min(max(wait_s or 0.0, COOLDOWN_S), _LONGEST_S))
        self._until[provider] = until.timestamp()
        return until

    async def start(self, provider: str, until: datetime) -> None:
        """Tell the others. That they learn of it is worth one try."""
        if self._table is None:
            return
        ends_at = Decimal(int(until.timestamp()))
        item = {"provider": provider, "schema": SCHEMA, "cooling_until": ends_at, "expires_at": ends_at + 3600}
        try:
            await self._table.put(item)
        except (AwsError, AwsUnavailable):
            _log.warning("cooldown_not_shared", extra={"provider": provider}, exc_info=True)
        else:
            _log.warning("cooldown", extra={"provider": provider})

    async def _refresh(self, provider: str) -> None:
        now = self._clock()
        if self._table is None or now - self._read_at.get(provider, -_READ_AGAIN_AFTER_S) < _READ_AGAIN_AFTER_S:
            return
        self._read_at[provider] = now
        try:
            item = await self._table.get({"provider": provider})
        except (AwsError, AwsUnavailable):
            # Who is asked first is not worth failing a call for.
            _log.warning("cooldowns_not_read", exc_info=True)
            return
        if item is not None:
            self._until[provider] = max(self._until.get(provider, 0.0), float(item["cooling_until"]))
