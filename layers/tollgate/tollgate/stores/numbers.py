"""Numbers given out one after the other, without gaps that nobody knows of, so that the n-th thing is found by its n.

Of each scope (an account, a bot of it) one item says which number was the last, in which period the first of each was
given out, and which numbers stand for nothing. A number is *pending* from the write that gives it out until what it
stands for is in place; one that came to nothing is *void*. Both are skipped, so the numbers that count are known
exactly by one read, whoever dies in between.

Things expire in the order of their numbers: all that were made in one period are over on the same day, and never later
than what was made after them.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from msgspec import Struct

from tollgate.stores.table import ConditionFailed, Item, Table

SCHEMA: Final = 1
_MOST_PERIODS: Final = 64
"""A head is written for every number, and pays for its size: so it remembers few periods, however long they are."""


class Keeping(NamedTuple):
    """For how long things are kept. Days are counted from 1 January 1970, UTC."""

    today: int
    days: int
    """How many days at least: a period is over so many days after its end."""

    @property
    def period_days(self) -> int:
        """How long a period is: a day, unless so much is kept that they would be too many."""
        return -(-self.days // _MOST_PERIODS)

    @property
    def period(self) -> int:
        """The first day of the period of today."""
        return self.today - self.today % self.period_days

    def over_on(self, period: int) -> int:
        """The first day on which nothing of a period is there any more."""
        return period + self.period_days + self.days


class Given(NamedTuple):
    """A number that was given out."""

    number: int
    over_on: int
    """The first day on which what it stands for is not there any more."""
    pending: Mapping[str, int]
    """All that is pending, by token."""


class Numbers(Struct, frozen=True):
    """The numbers that count: from `first` to `last`, without the `holes` between them."""

    first: int = 1
    last: int = 0
    holes: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        """How many there are."""
        return max(self.last - self.first + 1, 0) - len(self.holes)

    def page(self, start: int, count: int) -> list[int]:
        """So many of them, from that place on; the first one has the place 0."""
        number = self.first + start
        for hole in sorted(self.holes):
            if hole > number:
                break
            number += 1
        found: list[int] = []
        while number <= self.last and len(found) < count:
            if number not in self.holes:
                found.append(number)
            number += 1
        return found

    def __contains__(self, number: int) -> bool:
        return self.first <= number <= self.last and number not in self.holes


class Numbering:
    """The heads of all scopes, in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def read(self, scope: str, keeping: Keeping) -> Numbers:
        """The numbers of a scope that count by now, strongly consistent."""
        item = await self._table.get(_place(scope))
        return numbers_of(item, keeping) if item else Numbers()

    async def give(self, scope: str, token: str, keeping: Keeping) -> Given:
        """The next number of a scope, pending under a token. The same token gets the same number.

        Raises AwsError, AwsUnavailable.
        """
        period = keeping.period
        while True:
            try:
                return _given(await self._next(scope, token, period), token)
            except ConditionFailed as exc:
                found = exc.item
            if found is not None and token in found["pending"]:
                # The first attempt succeeded and its answer was lost.
                return _given(found, token)
            if found is not None and found["period"] >= period:
                # Of two clocks the one that is ahead says which period it is.
                period = int(found["period"])
                continue
            with suppress(ConditionFailed):  # Another one began the scope or the period.
                begun = (
                    self._begin(scope, token, keeping) if found is None else self._turn(scope, token, keeping, found)
                )
                return _given(await begun, token)

    async def confirm(self, scope: str, token: str) -> None:
        """Say that what a pending number stands for is in place."""
        await self._table.update(_place(scope), "REMOVE pending.#token", names={"#token": token})

    async def void(self, scope: str, token: str, number: int) -> None:
        """Say that a pending number stands for nothing."""
        await self._table.update(
            _place(scope),
            "REMOVE pending.#token ADD voided :number",
            values={":number": {str(number)}},
            names={"#token": token},
        )

    async def _next(self, scope: str, token: str, period: int) -> Item:
        return await self._table.update(
            _place(scope),
            "SET latest = latest + :one, pending.#token = latest + :one",
            values={":one": 1, ":period": period},
            names={"#token": token, "#period": "period"},
            condition="#period = :period AND attribute_not_exists(pending.#token)",
            returning="ALL_NEW",
        )

    async def _begin(self, scope: str, token: str, keeping: Keeping) -> Item:
        period = keeping.period
        item = {
            **_place(scope),
            "schema": SCHEMA,
            "latest": 1,
            "period": period,
            "firsts": {str(period): 1},
            "overs": {str(period): keeping.over_on(period)},
            "pending": {token: 1},
        }
        await self._table.put(item, condition="attribute_not_exists(latest)")
        return item

    async def _turn(self, scope: str, token: str, keeping: Keeping, found: Item) -> Item:
        """The first number of a period. What is known of periods that are over goes."""
        period = keeping.period
        first = numbers_of(found, keeping).first
        over = [name for name, number in found["firsts"].items() if number < first]
        old = {number for number in found.get("voided", ()) if int(number) < first}
        removals = [f"firsts.#over{place}, overs.#over{place}" for place in range(len(over))]
        return await self._table.update(
            _place(scope),
            "SET latest = latest + :one, pending.#token = latest + :one, #period = :period,"
            " firsts.#name = latest + :one, overs.#name = :over_on"
            + (f" REMOVE {', '.join(removals)}" if removals else "")
            + (" DELETE voided :old" if old else ""),
            values={
                ":one": 1,
                ":period": period,
                ":over_on": keeping.over_on(period),
                ":seen": found["period"],
                **({":old": old} if old else {}),
            },
            names={
                "#token": token,
                "#period": "period",
                "#name": str(period),
                **{f"#over{place}": name for place, name in enumerate(over)},
            },
            condition="#period = :seen AND attribute_not_exists(pending.#token)",
            returning="ALL_NEW",
        )


def numbers_of(item: Item, keeping: Keeping) -> Numbers:
    """The numbers of a head that count on that day.

    What was to be kept for longer when it was made is over as soon as what is made now would be; what was to be kept
    for a shorter time is over then, and everything before it with it.
    """
    latest = int(item["latest"])
    first = latest + 1
    for period in sorted(map(int, item["firsts"]), reverse=True):
        if min(int(item["overs"][str(period)]), keeping.over_on(period)) <= keeping.today:
            break
        first = int(item["firsts"][str(period)])
    holes = {*map(int, item.get("voided", ())), *map(int, item["pending"].values())}
    return Numbers(first, latest, frozenset(hole for hole in holes if first <= hole <= latest))


def _given(item: Item, token: str) -> Given:
    number = int(item["pending"][token])
    period = max(place for place in map(int, item["firsts"]) if item["firsts"][str(place)] <= number)
    pending = {name: int(one) for name, one in item["pending"].items()}
    return Given(number, int(item["overs"][str(period)]), pending)


def _place(scope: str) -> Item:
    return {"shelf": f"{scope}/numbers", "place": "head"}
