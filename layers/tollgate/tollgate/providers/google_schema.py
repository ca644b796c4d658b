"""A JSON Schema as Gemini reads it: what it does not know is left out, and references are written out.

https://ai.google.dev/api/generate-content#FIELDS.response_json_schema lists the keywords.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

_AS_THEY_ARE: Final = frozenset(
    {
        "$anchor",
        "$id",
        "description",
        "enum",
        "format",
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "propertyOrdering",
        "required",
        "title",
        "type",
    }
)
_ONE_SCHEMA: Final = frozenset({"additionalProperties", "items"})
_MANY_SCHEMAS: Final = frozenset({"anyOf", "oneOf", "prefixItems"})
_MOST_STEPS: Final = 1_000
_DEEPEST: Final = 60
"""After so many schemas, and below that depth, references stay: written out, they can make a small schema huge."""


def to_google(schema: Any) -> Any:
    """The schema with what Gemini knows. What is recursive stays in `$defs`, as does what would get too large."""
    return _Cleaner(schema).whole()


class _Cleaner:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps = 0
        self._depth = 0
        self._open: list[str] = []
        """The references that are being written out."""
        self._kept: dict[str, str] = {}
        """The references that stay, and their names."""

    def whole(self) -> Any:
        clean = self._schema(self._root)
        definitions: dict[str, Any] = {}
        while len(definitions) < len(self._kept):
            reference, name = list(self._kept.items())[len(definitions)]
            self._open = [reference]
            definitions[name] = self._schema(self._at(reference))
        return {**clean, "$defs": definitions} if definitions else clean

    def _schema(self, schema: Any) -> Any:
        self._steps += 1
        if not isinstance(schema, Mapping):
            # `true` and `false` are schemas too.
            return schema if isinstance(schema, bool) else {}
        self._depth += 1
        try:
            if isinstance(schema.get("$ref"), str):
                return self._reference(schema["$ref"], schema)
            return self._composed(schema)
        finally:
            self._depth -= 1

    def _composed(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for part in _list(schema.get("allOf")):
            inner = self._schema(part)
            if isinstance(inner, dict):
                clean = _both(clean, inner)
        return _both(clean, self._own(schema))

    def _own(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for name, value in schema.items():
            if name in _AS_THEY_ARE:
                clean[name] = value
            elif name == "const":
                clean["enum"] = [value]
            elif name in _ONE_SCHEMA and isinstance(value, Mapping | bool):
                clean[name] = self._schema(value)
            elif name in _MANY_SCHEMAS and isinstance(value, list):
                clean[name] = [self._schema(inner) for inner in value]
            elif name == "properties" and isinstance(value, Mapping):
                clean[name] = {key: self._schema(inner) for key, inner in value.items()}
        return clean

    def _reference(self, reference: str, schema: Mapping[str, Any]) -> Any:
        target = self._at(reference)
        if target is None:
            # It leads out of the schema: Gemini will say so.
            return {"$ref": reference}
        is_enough = self._steps > _MOST_STEPS or self._depth > _DEEPEST
        if is_enough or reference in self._kept or reference in self._open:
            name = self._kept.setdefault(reference, _name_of(reference, len(self._kept)))
            return {"$ref": f"#/$defs/{name}"}
        self._open.append(reference)
        inner = self._schema(target)
        self._open.pop()
        # Nothing may stand beside a reference that stays.
        return inner if not isinstance(inner, dict) or "$ref" in inner else _both(inner, self._own(schema))

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            return None
        found = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return None
        return found


def _both(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """What has to fit two schemas at once, as far as one schema can say it; the right one is the nearer one."""
    both = {**left, **right}
    if "properties" in left and "properties" in right:
        both["properties"] = {**left["properties"], **right["properties"]}
    if isinstance(left.get("required"), list) and isinstance(right.get("required"), list):
        both["required"] = [*left["required"], *(name for name in right["required"] if name not in left["required"])]
    return both


def _name_of(reference: str, number: int) -> str:
    last = reference.rpartition("/")[2]
    return f"{last}_{number}" if last.isidentifier() else f"schema_{number}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
