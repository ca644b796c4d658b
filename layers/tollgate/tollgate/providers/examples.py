"""A value that fits a JSON Schema, as a model that keeps to its schema might have written it.

https://json-schema.org/draft/2020-12/json-schema-validation
"""

import math
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

_DEEPEST: Final = 8
_MOST_STEPS: Final = 500
"""After so many values, and below that depth, only what a schema requires is filled in."""
_MOST_ITEMS: Final = 20
_LONGEST_TEXT: Final = 1_000
_FORMATS: Final[Mapping[str, str]] = {
    "date": "2026-11-21",
    "date-time": "2026-11-21T09:00:00Z",
    "email": "someone@example.com",
    "ipv4": "192.0.2.1",
    "time": "09:00:00Z",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def example_of(schema: Any) -> Any:
    """The same value every time. Where a schema is none, or asks for what cannot be made up, the value is a guess."""
    return _Example(schema).of(schema)


class _Example:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps = 0

    def of(self, schema: Any, depth: int = 0, number: int = 0) -> Any:
        """A value for a schema; that of another `number` is another one, as far as the schema lets it."""
        rules = self._resolved(schema, depth)
        if "const" in rules:
            return rules["const"]
        if choices := _list(rules.get("enum")):
            return choices[number % len(choices)]
        if depth > 2 * _DEEPEST or self._steps > 4 * _MOST_STEPS:
            return None
        match _kind_of(rules):
            case "object":
                return self._object(rules, depth)
            case "array":
                return self._array(rules, depth)
            case "integer":
                return _integer(rules) + number * (_step_of(rules) or 1)
            case "number":
                return _number(rules) + number
            case "boolean":
                return number % 2 == 0
            case "null":
                return None
        return _text(rules, number)

    def _object(self, rules: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = _mapping(rules.get("properties"))
        required = [name for name in _list(rules.get("required")) if isinstance(name, str)]
        names = required if self._is_enough(depth) else dict.fromkeys([*properties, *required])
        others = rules.get("additionalProperties", {})
        return {name: self.of(properties.get(name, others), depth + 1) for name in names}

    def _array(self, rules: Mapping[str, Any], depth: int) -> list[Any]:
        items = rules.get("items", {})
        first = _list(rules.get("prefixItems")) or _list(items)
        least = _count(rules.get("minItems"), 0)
        wanted = 0 if self._is_enough(depth) else (len(first) or int(items is not False))
        length = min(max(wanted, least), max(_count(rules.get("maxItems"), _MOST_ITEMS), least), _MOST_ITEMS)
        differs = rules.get("uniqueItems") is True
        return [
            self.of(first[place] if place < len(first) else items, depth + 1, place if differs else 0)
            for place in range(length)
        ]

    def _is_enough(self, depth: int) -> bool:
        return depth > _DEEPEST or self._steps > _MOST_STEPS

    def _resolved(self, schema: Any, depth: int) -> Mapping[str, Any]:
        """The schema with what it refers to and what it is composed of, one of its alternatives chosen."""
        self._steps += 1
        if not isinstance(schema, Mapping) or self._steps > 8 * _MOST_STEPS:
            return {}
        parts = list(_list(schema.get("allOf")))
        if isinstance(schema.get("$ref"), str):
            parts.append(self._at(schema["$ref"]))
        alternatives = [options for name in ("anyOf", "oneOf") if (options := _list(schema.get(name)))]
        parts += [min(options, key=_size) if self._is_enough(depth) else options[0] for options in alternatives]
        if not parts:
            return schema
        merged = {name: value for name, value in schema.items() if name not in {"allOf", "anyOf", "oneOf", "$ref"}}
        for part in parts:
            # A schema that is part of itself gets deeper here too.
            merged = _merged(merged, self._resolved(part, depth + 1) if depth <= 2 * _DEEPEST else {})
        return merged

    def _at(self, reference: str) -> Any:
        found = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping):
                found = found.get(name)
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return {}
        return found


def _kind_of(rules: Mapping[str, Any]) -> str:
    kind = rules.get("type")
    kind = next(iter(kind), None) if isinstance(kind, list) else kind
    if isinstance(kind, str):
        return kind
    if "properties" in rules or "required" in rules:
        return "object"
    return "array" if "items" in rules or "prefixItems" in rules else "string"


def _merged(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**left, **right}
    if "properties" in left and "properties" in right:
        ours, theirs = _mapping(left["properties"]), _mapping(right["properties"])
        merged["properties"] = {
            **ours,
            **{name: _merged(_mapping(ours.get(name)), _mapping(inner)) for name, inner in theirs.items()},
        }
    if "required" in left and "required" in right:
        merged["required"] = [*_list(left["required"]), *_list(right["required"])]
    return merged


def _size(schema: Any) -> int:
    """How much a schema may ask for, about: nothing is simpler than a value without others in it."""
    return len(str(schema)) + (1_000 if isinstance(schema, Mapping) and "$ref" in schema else 0)


def _integer(rules: Mapping[str, Any]) -> int:
    lowest = _first(
        _limit(rules, "minimum", math.ceil), _limit(rules, "exclusiveMinimum", lambda limit: math.floor(limit) + 1)
    )
    highest = _first(
        _limit(rules, "maximum", math.floor), _limit(rules, "exclusiveMaximum", lambda limit: math.ceil(limit) - 1)
    )
    value = _between(1, lowest, highest)
    if step := _step_of(rules):
        value = -(-value // step) * step
        value = highest // step * step if highest is not None and value > highest else value
    return int(value)


def _step_of(rules: Mapping[str, Any]) -> int:
    step = _limit(rules, "multipleOf", float)
    return int(step) if step and step > 0 and step == int(step) else 0


def _number(rules: Mapping[str, Any]) -> Any:
    above, below = _limit(rules, "exclusiveMinimum", float), _limit(rules, "exclusiveMaximum", float)
    value = _between(1, _limit(rules, "minimum", float), _limit(rules, "maximum", float))
    if above is not None and below is not None:
        return value if above < value < below else (above + below) / 2
    if above is not None and value <= above:
        return above + 1
    if below is not None and value >= below:
        return below - 1
    return value


def _between(value: Any, lowest: Any, highest: Any) -> Any:
    value = value if lowest is None else max(value, lowest)
    return value if highest is None else min(value, highest)


def _text(rules: Mapping[str, Any], number: int) -> str:
    known = _FORMATS.get(rules["format"]) if isinstance(rules.get("format"), str) else None
    text = known or (rules["description"] if isinstance(rules.get("description"), str) else "") or "text"
    if number:
        text = f"{number} {text}"
    least = min(_count(rules.get("minLength"), 0), _LONGEST_TEXT)
    return text.ljust(least, ".")[: _count(rules.get("maxLength"), _LONGEST_TEXT)]


def _limit(rules: Mapping[str, Any], name: str, read: Any) -> Any:
    value = rules.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return read(value) if is_number else None


def _count(value: Any, default: int) -> int:
    is_count = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
    return int(value) if is_count else default


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
