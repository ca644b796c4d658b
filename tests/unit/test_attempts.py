"""Rounds, and the pauses before them."""

import asyncio

import pytest

from tollgate.attempts import Attempts


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in seconds."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return made


@pytest.mark.parametrize("most", [1, 2, 7])
async def test_there_are_so_many_rounds_and_no_more(pauses: list[float], most: int) -> None:
    attempts = Attempts(most)

    assert [number async for number in attempts] == list(range(most))
    assert [number async for number in attempts] == []
    assert len(pauses) == most - 1


async def test_pauses_grow_to_a_limit_and_differ(pauses: list[float]) -> None:
    for _ in range(200):
        async for _ in Attempts(7):
            pass

    limits = [0.05, 0.1, 0.2, 0.4, 0.4, 0.4]
    for place, limit in enumerate(limits):
        of_round = pauses[place :: len(limits)]
        assert 0.8 * limit < max(of_round) <= limit
        assert len(set(of_round)) > 1


async def test_the_first_rounds_may_begin_at_once(pauses: list[float]) -> None:
    assert [number async for number in Attempts(4, at_once=3)] == [0, 1, 2, 3]
    assert len(pauses) == 1
    assert pauses[0] <= 0.05
