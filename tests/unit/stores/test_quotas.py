"""Counters of what visitors used."""

import asyncio
from datetime import timedelta

from tests.builders import NOW
from tollgate.resources import Resources


async def test_tokens_that_are_counted_at_once_are_all_counted(resources: Resources) -> None:
    quotas = resources.quotas

    await asyncio.gather(*(quotas.add(1, "ever|a", 7, expires_at=None) for _ in range(10)))

    assert await quotas.used(1, "ever|a") == 70


async def test_each_bot_and_counter_has_its_own(resources: Resources) -> None:
    assert await resources.quotas.add(1, "ever|a", 7, expires_at=NOW + timedelta(days=1)) == 7
    assert await resources.quotas.add(1, "ever|a", 1, expires_at=NOW + timedelta(days=2)) == 8

    assert [await resources.quotas.used(*place) for place in ((1, "ever|b"), (2, "ever|a"))] == [0, 0]
