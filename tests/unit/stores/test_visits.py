"""Counters of visits: exact, a minute long, forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta

from tollgate.resources import Resources

_NOW = datetime(2026, 11, 21, 9, 0, 30, tzinfo=UTC)


async def test_of_visits_at_once_as_many_are_let_in_as_there_is_room_for(resources: Resources) -> None:
    counted = await asyncio.gather(*(resources.visits.count("somebody", 5, _NOW) for _ in range(20)))

    assert counted.count(True) == 5


async def test_each_minute_and_each_visitor_has_room_of_its_own(resources: Resources) -> None:
    visits = resources.visits
    assert await visits.count("somebody", 1, _NOW)

    assert not await visits.count("somebody", 1, _NOW + timedelta(seconds=29))
    assert await visits.count("somebody", 1, _NOW + timedelta(seconds=30))
    assert await visits.count("somebody else", 1, _NOW)


async def test_a_counter_is_forgotten_after_an_hour(resources: Resources) -> None:
    await resources.visits.count("somebody", 1, _NOW)

    table = resources._table(resources.settings.visits_table)
    (item,) = [item async for item in table.scan()]
    assert item["expires_at"] == int((_NOW + timedelta(hours=1)).timestamp())
