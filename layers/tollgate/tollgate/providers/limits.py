"""The limits of a JSON Schema that decoders do not keep, checked in what they wrote."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

_NUMBERS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "minimum": lambda value, limit: value >= limit,
    "maximum": lambda value, limit: value <= limit,
    "exclusiveMinimum": lambda value, limit: value > limit,
    "exclusiveMaximum": lambda value, limit: value < limit,
    "multipleOf": lambda value, limit: limit > 0 and math.isclose(value / limit, round(value / limit), abs_tol=1e-9),
}
_SIZES: Final[Mapping[type, tuple[str, str]]] = {
    str: ("minLength", "maxLength"),
    list: ("minItems", "maxItems"),
    dict: ("minProperties", "maxProperties"),
}
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def keeps_limits(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a text is JSON that keeps the limits of a schema; its structure is the decoder's to keep."""
    try:
        return _keeps(from_json(text), schema, schema)
    except ValueError:
        return False
    except RecursionError:
        # A schema that refers to itself without an end: the vendor would not have taken it.
        return True


def _keeps(value: Any, schema: Any, root: Mapping[str, Any]) -> bool:
    if not isinstance(schema, Mapping):
        return True
    if (reference := schema.get("$ref")) is not None:
        return _keeps(value, _resolved(str(reference), root), root)
    if not _is_of_type(value, schema.get("type")) or not _has_room(value, schema):
        return False
    if not all(_keeps(value, each, root) for each in schema.get("allOf", ())):
        return False
    for name in ("anyOf", "oneOf"):
        if name in schema and not any(_keeps(value, each, root) for each in schema[name]):
            return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return all(_keeps(inner, known.get(name), root) for name, inner in value.items())
    if isinstance(value, list):
        return all(_keeps(inner, schema.get("items"), root) for inner in value)
    return True


def _has_room(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return all(fits(value, schema[name]) for name, fits in _NUMBERS.items() if name in schema)
    least, most = _SIZES.get(type(value), ("", ""))
    if isinstance(value, list) and schema.get("uniqueItems") and len({to_json(each) for each in value}) < len(value):
        return False
    return not least or schema.get(least, 0) <= len(value) <= schema.get(most, len(value))


def _is_of_type(value: Any, kinds: Any) -> bool:
    if kinds is None:
        return True
    names = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(value, bool):
        # To Python, a truth is a number too.
        return "boolean" in names
    if isinstance(value, float) and value.is_integer():
        # 2.0 is a whole number as well.
        value = int(value)
    return any(isinstance(value, _TYPES.get(name, (object,))) for name in names)


def _resolved(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
