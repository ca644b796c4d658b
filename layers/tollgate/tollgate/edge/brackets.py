"""Names with brackets, as PHP reads forms and query strings: `messages[0][role]=user`.

https://www.php.net/manual/en/faq.html.php#faq.html.arrays
"""

import re
from collections.abc import Iterable
from typing import Any, Final

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP: Final = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST: Final = 8
# As many as PHP reads of a request: https://www.php.net/manual/en/info.configuration.php#ini.max-input-vars
MOST_FIELDS: Final = 1_000


def nested(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The values in their places: objects, and lists where all that is in brackets are numbers, or nothing.

    Of two fields with one place the last wins. A name that is not made of a word and brackets is taken as it is, and
    what is nested deeper than eight times is left out; so is what comes after the first thousand fields.
    """
    root: dict[str, Any] = {}
    for number, (name, value) in enumerate(fields):
        if number == MOST_FIELDS:
            break
        match = _NAME.fullmatch(name)
        steps = [match[1], *_STEP.findall(match[2])] if match else [name]
        if len(steps) <= _DEEPEST:
            _put(root, steps, value)
    return {name: _as_list(value) for name, value in root.items()}


def _put(place: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        inner = place.get(_key(place, step))
        if not isinstance(inner, dict):
            inner = place[_key(place, step)] = {}
        place = inner
    place[_key(place, steps[-1])] = value


def _key(place: dict[str, Any], step: str) -> str:
    """Empty brackets stand for the next number."""
    if step:
        return step
    return str(1 + max((int(key) for key in place if _is_number(key)), default=-1))


def _as_list(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _as_list(one) for name, one in value.items()}
    return list(inner.values()) if all(map(_is_number, inner)) else inner


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
