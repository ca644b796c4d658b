"""Structured output: any JSON Schema as one that chat completions take, and the answer back."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

Schema = Mapping[str, Any]

_JSON: Final = "application/json"
_VALUE: Final = "value"
_SHARED: Final = ("$defs", "definitions")
_NAMED: Final = frozenset({"properties", "$defs", "definitions"})


def response_format(schema: Schema | None, mime_type: str | None) -> dict[str, Any] | None:
    """What a chat completion is asked for; None where it is free text."""
    if schema and mime_type in {None, "", _JSON}:
        wanted = wrapped(schema) if is_wrapped(schema) else dict(schema)
        described: dict[str, Any] = {"name": "response", "schema": wanted}
        if _is_closed(wanted):
            described["strict"] = True
        return {"type": "json_schema", "json_schema": described}
    return {"type": "json_object"} if mime_type == _JSON else None


def is_wrapped(schema: Schema) -> bool:
    """Whether a schema is for something else than an object, which providers do not take at the root."""
    return schema.get("type") != "object" and "properties" not in schema


def wrapped(schema: Schema) -> dict[str, Any]:
    """The schema of an object with the one value that is wanted."""
    inner = {name: value for name, value in schema.items() if name not in {*_SHARED, "$schema"}}
    return {
        "type": "object",
        "properties": {_VALUE: _with_root(inner)},
        "required": [_VALUE],
        "additionalProperties": False,
        **{name: _with_root(schema[name]) for name in _SHARED if name in schema},
    }


def unwrapped(text: str) -> str:
    """The value out of such an object, as JSON; what is none stays as it is, so that nothing paid for is lost."""
    try:
        answer = from_json(text)
    except ValueError:
        return text
    if not isinstance(answer, dict) or answer.keys() != {_VALUE}:
        return text
    return to_json(answer[_VALUE]).decode()


def _with_root(node: Any) -> Any:
    """What refers to the whole schema refers to the place where it now stands."""
    if isinstance(node, list):
        return [_with_root(one) for one in node]
    if isinstance(node, dict):
        return {
            name: f"#/properties/{_VALUE}" if name == "$ref" and one == "#" else _with_root(one)
            for name, one in node.items()
        }
    return node


def _is_closed(schema: Any) -> bool:
    """Whether a schema says of every object which fields it has, and wants all of them, as strict decoders need it."""
    if isinstance(schema, list):
        return all(map(_is_closed, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, Mapping):
        names = set(properties) if isinstance(properties, Mapping) else set()
        if schema.get("additionalProperties") is not False or names != set(schema.get("required") or ()):
            return False
    return all(
        all(map(_is_closed, one.values())) if name in _NAMED and isinstance(one, Mapping) else _is_closed(one)
        for name, one in schema.items()
        if name not in {"enum", "const", "default", "examples", "required"}
    )
