"""JSON Schemas for decoders that know only closed objects, and no limits of numbers and lengths.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
"""

from collections.abc import Mapping
from typing import Any, Final

from tollgate.contracts.chat import JsonObject

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


def schema_of(body: JsonObject) -> JsonObject | None:
    """The schema that a request wants its answer in, if it has one."""
    wanted = body.get("response_format") or {}
    return wanted["json_schema"].get("schema") or None if wanted.get("type") == "json_schema" else None


def schema_to_check(body: JsonObject) -> JsonObject | None:
    """The schema of a request that wants it kept to the letter, where it has limits that no decoder keeps."""
    schema = schema_of(body)
    is_strict = schema is not None and body["response_format"]["json_schema"].get("strict")
    return schema if is_strict and _has_limits(schema) else None


def closed(schema: Any) -> Any:
    """The schema with every object closed, and with the limits that no decoder keeps told in its descriptions."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    limits = _limits_in(schema)
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


def _has_limits(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_has_limits, schema))
    if not isinstance(schema, Mapping):
        return False
    named = (each for name in _NAMED if isinstance(schema.get(name), Mapping) for each in schema[name].values())
    nested = (schema[name] for name in _NESTED if name in schema)
    return bool(_limits_in(schema)) or any(map(_has_limits, (*named, *nested)))


def _limits_in(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: schema[name] for name in _LIMITS if name in schema and not _is_known(name, schema[name])}


def _is_known(name: str, value: Any) -> bool:
    return name == "minItems" and value in (0, 1)


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    if kind is None:
        return "properties" in schema
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
