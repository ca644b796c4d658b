"""JSON in the one form that JavaScript leaves as it is.

Some receivers hash the bytes that came, others parse them and hash what they write again. Both verify only a text that
JavaScript's `JSON.stringify(JSON.parse(text))` gives back unchanged.
Sources: https://tc39.es/ecma262/#sec-json.stringify, https://tc39.es/ecma262/#sec-numeric-types-number-tostring
"""

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_INDEX: Final = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)
# https://tc39.es/ecma262/#array-index
_INDEX_LIMIT: Final = 2**32 - 1
_LARGEST_SAFE: Final = 2**53 - 1


def canonical(value: Any) -> str:
    """A JSON value as that text.

    Whole floats are written as integers, numbers that JavaScript has no exact form of as it would read them, what is
    no number at all as `null`, and halves of surrogate pairs not at all.

    Raises TypeError for what JSON has no form of.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case int():
            return _integer(value)
        case float() | Decimal():
            return _number(float(value))
        case Mapping():
            return "{" + ",".join(f"{_string(name)}:{canonical(one)}" for name, one in _members(value)) + "}"
        case list() | tuple():
            return "[" + ",".join(map(canonical, value)) + "]"
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def _string(text: str) -> str:
    return json.dumps(_whole(text), ensure_ascii=False)


def _whole(text: str) -> str:
    """The text without halves of surrogate pairs; two that belong together become what they stand for."""
    if _SURROGATES.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _integer(value: int) -> str:
    if abs(value) <= _LARGEST_SAFE:
        return str(value)
    try:
        return _number(float(value))
    except OverflowError:
        return "null"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "null"
    if value == 0:
        return "0"
    # Python finds the same shortest digits, and writes them in another form.
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    # So many digits stand before the point.
    point = len(text) + int(exponent)
    return ("-" if sign else "") + _placed(text, point)


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{digits.rjust(len(digits) - point, '0')}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def _members(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The members in JavaScript's order: names that are indexes first, by number, then the others as they stand."""
    members = {_whole(name): one for name, one in value.items()}
    indexes = sorted((name for name in members if _is_index(name)), key=int)
    return [(name, members[name]) for name in [*indexes, *(name for name in members if not _is_index(name))]]


def _is_index(name: str) -> bool:
    return _INDEX.fullmatch(name) is not None and int(name) < _INDEX_LIMIT
