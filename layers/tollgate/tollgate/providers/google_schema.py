"""A JSON Schema as Gemini reads it: what it does not know is left out, and references are written out.

https://ai.google.dev/api/generate-content#FIELDS.response_json_schema lists the keywords.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from pydantic_core import to_json

from tollgate.errors import BadRequest

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
# A hold takes a byte of a request for a token, and JSON has about four bytes a token: what is written out may be three
# times what was sent. Beyond it, and below some depth, references stay.
_MOST_WRITTEN_OUT: Final = 3
_DEEPEST: Final = 60
_MOST_KEPT: Final = 2
_SMALL_BYTES: Final = 1_024


def to_google(schema: Any, *, param: str) -> Any:
    """The schema with what Gemini knows. What is recursive stays in `$defs`, as does what would get too large.

    Raises BadRequest, naming `param`, for a schema whose recursive parts are larger than itself.
    """
    return _Cleaner(schema, param).whole()


class _Cleaner:
    def __init__(self, root: Any, param: str) -> None:
        self._root = root
        self._param = param
        size_bytes = _size_bytes(root)
        self._room_bytes = _MOST_WRITTEN_OUT * size_bytes
        """For what is written out."""
        self._kept_room_bytes = _MOST_KEPT * size_bytes + _SMALL_BYTES
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
        if reference in self._kept or reference in self._open or not self._has_room(target):
            return {"$ref": f"#/$defs/{self._keep(reference, target)}"}
        self._open.append(reference)
        inner = self._schema(target)
        self._open.pop()
        # Nothing may stand beside a reference that stays.
        return inner if not isinstance(inner, dict) or "$ref" in inner else _both(inner, self._own(schema))

    def _has_room(self, target: Any) -> bool:
        if self._room_bytes <= 0 or self._depth > _DEEPEST:
            return False
        self._room_bytes -= _size_bytes(target)
        return self._room_bytes >= 0

    def _keep(self, reference: str, target: Any) -> str:
        if reference not in self._kept:
            self._kept[reference] = _name_of(reference, len(self._kept))
            self._kept_room_bytes -= _size_bytes(target)
            if self._kept_room_bytes < 0:
                raise BadRequest("The schema refers to parts of itself in too many ways.", param=self._param)
        return self._kept[reference]

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


def _size_bytes(schema: Any) -> int:
    return len(to_json(schema))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
