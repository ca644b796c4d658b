"""Rate limits as parts of the writes that reserve and close a hold: they cost no write of their own."""

from dataclasses import dataclass, field
from typing import Any

from tollgate.contracts.rates import (
    ACCOUNT,
    AT_ONCE,
    PER_MINUTE,
    REQUESTS,
    TOKENS,
    RateClaim,
    RateMarks,
    counter_of,
    slot_of,
)


@dataclass
class Parts:
    """What is added to a write."""

    sets: str = ""
    condition: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, counter: str, value: str) -> None:
        """Add to a counter, which may not be there yet."""
        self.names[name] = counter
        self.sets += f", rates.{name} = if_not_exists(rates.{name}, :nought) + {value}"
        self.values[":nought"] = 0


def admission(claim: RateClaim, *, with_account: bool) -> tuple[Parts, RateMarks]:
    """Count a call in, where every limit has room.

    The limits of the account stand in its item, so the condition reads them there. An account that is believed to have
    none is not counted, and the write fails should it have one after all.
    """
    parts = Parts(values={":one": 1})
    if with_account:
        _count(parts, claim, ACCOUNT, "a", {what: f"limits.{name}" for what, name in PER_MINUTE.items()})
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
    return parts, RateMarks(claim.minute, claim.tokens, scopes, slot)


def _count(parts: Parts, claim: RateClaim, scope: str, letter: str, limits: dict[str, str]) -> None:
    for what, value in ((REQUESTS, ":one"), (TOKENS, ":tokens")):
        name = f"#{letter}_{what}"
        parts.add(name, counter_of(scope, what, claim.minute), value)
        if what in limits:
            limit = limits[what]
            unlimited = f"attribute_not_exists({limit}) OR " if scope == ACCOUNT else ""
            parts.condition += f" AND ({unlimited}attribute_not_exists(rates.{name}) OR rates.{name} < {limit})"
    parts.values[":tokens"] = claim.tokens


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
    return {"minute": marks.minute, "tokens": marks.tokens, "scopes": list(marks.scopes), "slot": marks.slot}


def marks_of(item: dict[str, Any] | None) -> RateMarks | None:
    """Marks as they were left in a hold."""
    if item is None:
        return None
    return RateMarks(item["minute"], int(item["tokens"]), tuple(item["scopes"]), item["slot"])
