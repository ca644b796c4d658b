"""JSON Schemas for decoders that know only closed objects, and no limits of numbers and lengths.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
"""

from collections.abc import Mapping
from typing import Any, Final

_LIMITS: Final = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
# Under these names stand schemas by name, and under those a schema or a list of them.
_NAMED: Final = frozenset({"properties", "$defs", "definitions"})
_NESTED: Final = frozenset({"items", "prefixItems", "anyOf", "oneOf", "allOf", "not"})


def closed(schema: Any) -> Any:
    """The schema with every object closed, and with the limits that no decoder keeps told in its descriptions."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    limits = {name: schema[name] for name in _LIMITS if name in schema and not _is_known(name, schema[name])}
    result: dict[str, Any] = {}
    for name, value in schema.items():
        if name in limits or name == "$schema":
            continue
        if name in _NAMED and isinstance(value, Mapping):
            result[name] = {inner: closed(each) for inner, each in value.items()}
        elif name in _NESTED:
            result[name] = closed(value)
        else:
            result[name] = value
    if limits:
        told = ", ".join(f"{name}: {_shown(value)}" for name, value in limits.items())
        result["description"] = f"{schema['description']} ({told})" if schema.get("description") else told
    if _is_object(schema) and not isinstance(schema.get("additionalProperties"), Mapping):
        result["additionalProperties"] = False
    return result


def _is_known(name: str, value: Any) -> bool:
    return name == "minItems" and value in (0, 1)


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    if kind is None:
        return "properties" in schema
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
