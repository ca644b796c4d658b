"""Numbers without unknown gaps: given out once, counted exactly, and over in their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.resources import Resources
from tollgate.stores.numbers import Keeping, Numbering, Numbers

_KEEPING = Keeping(today=20_000, days=10)


def _after(days: int, keeping: Keeping = _KEEPING) -> Keeping:
    return keeping._replace(today=keeping.today + days)


@pytest.fixture
def numbering(resources: Resources) -> Numbering:
    return Numbering(resources._table(resources.settings.logs_table))


async def _made(numbering: Numbering, count: int, keeping: Keeping, prefix: str = "token") -> list[int]:
    numbers = []
    for place in range(count):
        token = f"{prefix} {keeping.today} {place}"
        numbers.append((await numbering.give("acct", token, keeping)).number)
        await numbering.confirm("acct", token)
    return numbers


class TestGiving:
    async def test_numbers_follow_each_other_and_each_scope_has_its_own(self, numbering: Numbering) -> None:
        assert await _made(numbering, 3, _KEEPING) == [1, 2, 3]
        assert (await numbering.give("other", "a", _KEEPING)).number == 1

    async def test_a_token_that_asks_again_gets_the_same_number(self, numbering: Numbering) -> None:
        first = await numbering.give("acct", "a", _KEEPING)
        await numbering.give("acct", "b", _KEEPING)

        assert (await numbering.give("acct", "a", _KEEPING)).number == first.number == 1

    async def test_what_is_pending_or_void_does_not_count(self, numbering: Numbering) -> None:
        await _made(numbering, 2, _KEEPING)
        await numbering.give("acct", "pending", _KEEPING)
        void = await numbering.give("acct", "void", _KEEPING)
        await numbering.void("acct", "void", void.number)
        await _made(numbering, 1, _KEEPING, "later")

        numbers = await numbering.read("acct", _KEEPING)

        assert (numbers.count, numbers.page(0, 10)) == (3, [1, 2, 5])

    async def test_a_clock_that_is_behind_keeps_the_period_of_the_one_that_is_ahead(self, numbering: Numbering) -> None:
        ahead = await numbering.give("acct", "a", _after(1))

        behind = await numbering.give("acct", "b", _KEEPING)

        assert (behind.number, behind.over_on) == (2, ahead.over_on)

    async def test_a_scope_without_numbers_has_none(self, numbering: Numbering) -> None:
        numbers = await numbering.read("nobody", _KEEPING)

        assert (numbers.count, numbers.page(0, 5)) == (0, [])


class TestExpiry:
    async def test_numbers_are_over_with_their_period_and_those_after_them_stay(self, numbering: Numbering) -> None:
        await _made(numbering, 2, _KEEPING)
        await _made(numbering, 3, _after(4))

        counts = {day: (await numbering.read("acct", _after(day))).page(0, 9) for day in (10, 11, 14, 15)}

        assert counts == {10: [1, 2, 3, 4, 5], 11: [3, 4, 5], 14: [3, 4, 5], 15: []}

    async def test_what_is_over_is_forgotten_when_another_period_begins(self, numbering: Numbering) -> None:
        for day in range(0, 60, 3):
            await _made(numbering, 1, _after(day))
            token = f"void {day}"
            await numbering.void("acct", token, (await numbering.give("acct", token, _after(day))).number)

        item = await numbering._table.get({"shelf": "acct/numbers", "place": "head"})

        assert item is not None
        assert len(item["firsts"]) == len(item["overs"]) <= 5
        assert len(item["voided"]) <= 5
        assert (await numbering.read("acct", _after(57))).page(0, 9) == [33, 35, 37, 39]

    async def test_keeping_for_a_shorter_time_ends_at_once_what_was_to_be_kept_longer(
        self, numbering: Numbering
    ) -> None:
        await _made(numbering, 2, _KEEPING)

        assert (await numbering.read("acct", _after(5, _KEEPING._replace(days=3)))).count == 0
        assert (await numbering.read("acct", _after(5))).count == 2

    async def test_keeping_for_a_longer_time_does_not_bring_back_what_is_over(self, numbering: Numbering) -> None:
        await _made(numbering, 2, _KEEPING)
        longer = _KEEPING._replace(days=30)
        await _made(numbering, 1, _after(5, longer))

        assert (await numbering.read("acct", _after(12, longer))).page(0, 9) == [3]

    @pytest.mark.parametrize("days", [1, 30, 97, 3_657])
    async def test_a_head_remembers_few_periods_however_long_things_are_kept(
        self, numbering: Numbering, days: int
    ) -> None:
        keeping = _KEEPING._replace(days=days)
        for day in range(0, 3 * days, max(days // 40, 1)):
            await _made(numbering, 1, _after(day, keeping))

        item = await numbering._table.get({"shelf": "acct/numbers", "place": "head"})

        assert item is not None
        assert len(item["firsts"]) <= 67

    @given(st.integers(1, 4_000), st.integers(0, 50_000))
    def test_nothing_is_over_before_its_days_nor_long_after(self, days: int, today: int) -> None:
        keeping = Keeping(today, days)

        assert keeping.period <= today < keeping.period + keeping.period_days
        assert today + days < keeping.over_on(keeping.period) <= today + days + max(1, days // 64 + 1)


class TestPages:
    @given(st.integers(1, 30), st.integers(0, 40), st.sets(st.integers(1, 60)), st.integers(1, 7))
    def test_pages_are_all_numbers_once_and_in_order(self, first: int, length: int, holes: set[int], size: int) -> None:
        last = first + length - 1
        numbers = Numbers(first, last, frozenset(hole for hole in holes if first <= hole <= last))

        pages = [numbers.page(start, size) for start in range(0, numbers.count + size, size)]

        every = [number for number in range(first, last + 1) if number not in holes]
        assert [number for page in pages for number in page] == every
        assert numbers.count == len(every)
        assert all(number in numbers for number in every)
