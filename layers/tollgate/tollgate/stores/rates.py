"""Rate limits as parts of the writes that reserve and close a hold: they cost no write of their own."""

from typing import Any, Final

from msgspec import Struct, field

from tollgate.contracts.accounts import Hold
from tollgate.contracts.rates import (
    ACCOUNT,
    AT_ONCE,
    PER_DAY,
    PER_MINUTE,
    REQUESTS,
    TOKENS,
    RateClaim,
    RateMarks,
    counter_of,
    slot_of,
)

PLAN_LIMIT: Final = "plan_"
"""Before the name of a limit that comes from the account's plan; its tokens are those of a whole period."""
PLAN_TOKENS: Final = f"{PLAN_LIMIT}tokens"


class Parts(Struct):
    """What is added to a write."""

    sets: str = ""
    condition: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, counter: str, value: str, *, where: str = "rates") -> None:
        """Add to a counter, which may not be there yet."""
        self.names[name] = counter
        self.sets += f", {where}.{name} = if_not_exists({where}.{name}, :nought) + {value}"
        self.values[":nought"] = 0

    def add_to_period(self, value: str) -> None:
        """Add to the tokens of the account's period."""
        self.sets += f", period_tokens = if_not_exists(period_tokens, :nought) + {value}"
        self.values[":nought"] = 0


def admission(claim: RateClaim, *, with_account: bool) -> tuple[Parts, RateMarks]:
    """Count a call in, where every limit has room.

    The limits of the account stand in its item, so the condition reads them there. An account that is believed to have
    none is not counted, and the write fails should it have one after all.
    """
    parts = Parts(values={":one": 1})
    if with_account:
        _count(parts, claim, ACCOUNT, "a", {what: f"limits.{name}" for what, name in PER_MINUTE.items()})
        _count_towards_plan(parts, claim)
        parts.condition += f" AND (attribute_not_exists(limits.{AT_ONCE}) OR size(holds) < limits.{AT_ONCE})"
    else:
        parts.condition += " AND size(limits) = :nought"
        parts.values[":nought"] = 0
    if claim.limits:
        limits = {what: f":most_{what}" for what, name in PER_MINUTE.items() if name in claim.limits}
        parts.values |= {f":most_{what}": claim.limits[PER_MINUTE[what]] for what in limits}
        _count(parts, claim, claim.key_id, "k", limits)
    slot = slot_of(claim.key_id) if AT_ONCE in claim.limits else ""
    if slot:
        parts.add("#slot", slot, ":one")
        parts.values[":most_at_once"] = claim.limits[AT_ONCE]
        parts.condition += " AND (attribute_not_exists(rates.#slot) OR rates.#slot < :most_at_once)"
    if not parts.sets:
        del parts.values[":one"]
    scopes = (*([ACCOUNT] if with_account else []), *([claim.key_id] if claim.limits else []))
    return parts, RateMarks(claim.minute, claim.tokens, scopes, slot, claim.at)


def _count(parts: Parts, claim: RateClaim, scope: str, letter: str, limits: dict[str, str]) -> None:
    for what, value in ((REQUESTS, ":one"), (TOKENS, ":tokens")):
        name = f"#{letter}_{what}"
        parts.add(name, counter_of(scope, what, claim.minute), value)
        if what in limits:
            limit = limits[what]
            unlimited = f"attribute_not_exists({limit}) OR " if scope == ACCOUNT else ""
            parts.condition += f" AND ({unlimited}attribute_not_exists(rates.{name}) OR rates.{name} < {limit})"
    parts.values[":tokens"] = claim.tokens


def _count_towards_plan(parts: Parts, claim: RateClaim) -> None:
    """A plan limits the requests of a minute and of a day, and the tokens of a period, which has to be the present one.

    The estimate of the prompt is in the period from the start, so that of many calls at its end few pass.
    """
    parts.add("#a_day", counter_of(ACCOUNT, REQUESTS, claim.day), ":one", where="day_counts")
    parts.add_to_period(":tokens")
    parts.values[":at"] = claim.at
    per_minute, per_day = (f"limits.{PLAN_LIMIT}{name}" for name in (PER_MINUTE[REQUESTS], PER_DAY))
    for limit, counter in ((per_minute, f"rates.#a_{REQUESTS}"), (per_day, "day_counts.#a_day")):
        unlimited = f"attribute_not_exists({limit}) OR attribute_not_exists({counter})"
        parts.condition += f" AND ({unlimited} OR {counter} < {limit})"
    quota = f"limits.{PLAN_TOKENS}"
    parts.condition += f" AND (attribute_not_exists({quota}) OR (period_tokens < {quota} AND period_ends_at > :at))"


def period_correction(hold: Hold, *, tokens: int, at: int | None) -> int:
    """What the tokens of a period change by when a call is over. A call belongs to the period that admitted it.

    `at` is the time in Unix seconds, None where the period is taken for the same.
    """
    if hold.marks is None or ACCOUNT not in hold.marks.scopes:
        return tokens
    if at is not None and hold.period_ends_at is not None and at >= hold.period_ends_at:
        return 0
    return tokens - hold.marks.tokens


def correction(marks: RateMarks | None, *, tokens: int, minute: str) -> Parts:
    """Count a call out: its slot is free, and its tokens are those that it used.

    What it used beyond the estimate counts in the minute in which that is known; an estimate that was too high is taken
    back only in its own minute, since in any other one it does not count any more.
    """
    parts = Parts()
    if marks is None:
        return parts
    difference = tokens - marks.tokens
    if difference > 0 or (difference < 0 and minute == marks.minute):
        parts.values[":difference"] = difference
        for number, scope in enumerate(marks.scopes):
            parts.add(f"#r{number}", counter_of(scope, TOKENS, minute), ":difference")
    if marks.slot:
        parts.values[":minus"] = -1
        parts.add("#slot", marks.slot, ":minus")
    return parts


def marks_item(marks: RateMarks) -> dict[str, Any]:
    """Marks as they stand in a hold."""
    return {**marks._asdict(), "scopes": list(marks.scopes)}


def marks_of(item: dict[str, Any] | None) -> RateMarks | None:
    """Marks as they were left in a hold."""
    if item is None:
        return None
    return RateMarks(item["minute"], int(item["tokens"]), tuple(item["scopes"]), item["slot"], int(item.get("at", 0)))
