"""Schemas as people read them: fields with a type in words, limits, and the objects inside them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from markupsafe import Markup

from tollgate_cli.listings import prose
from tollgate_cli.schemas import without_null

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of an object."""

    name: str
    type: str
    is_required: bool
    description: Markup
    limits: list[Markup]
    """Each in a word or two."""
    values: list[str]
    """All that it can be, where that is a choice."""
    groups: list["Group"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    """The fields of an object; one of several where a value has several forms."""

    label: Markup
    all_fields: list[Field]
    fields: list[Field]
    """Without the one that the label gives away."""


class FieldReader:
    """Reads the schemas of a document."""

    def __init__(self, document: Node) -> None:
        self._document = document

    def resolve(self, node: Node) -> dict[str, Any]:
        """A node of the document without its reference."""
        if "$ref" not in node:
            return dict(node)
        target: Any = self._document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return {**target, **{name: value for name, value in node.items() if name != "$ref"}}

    def parameter(self, parameter: Node) -> Field:
        """A parameter of the path or of the query string."""
        schema = parameter["schema"]
        return Field(
            name=parameter["name"],
            type=self._type(schema),
            is_required=parameter["required"],
            description=prose(parameter.get("description", "")),
            limits=_limits(schema),
            values=_values(schema),
        )

    def fields(self, schema: Node, inside: tuple[str, ...] = ()) -> list[Field]:
        """The fields of an object; `inside` names the objects that it stands in."""
        whole = self.resolve(schema)
        required = whole.get("required", ())
        return [
            self._field(name, value if name in required else without_null(value), name in required, inside)
            for name, value in whole.get("properties", {}).items()
        ]

    def _field(self, name: str, schema: Node, is_required: bool, inside: tuple[str, ...]) -> Field:  # noqa: FBT001
        return Field(
            name=name,
            type=self._type(schema),
            is_required=is_required,
            description=prose(self.resolve(schema).get("description", "")),
            limits=_limits(schema),
            values=_values(schema),
            groups=list(self._groups(schema, inside)),
        )

    def _type(self, schema: Node, *, many: bool = False) -> str:
        if options := _options(schema):
            return " or ".join(dict.fromkeys(self._type(option, many=many) for option in options))
        whole = self.resolve(schema)
        match whole.get("type", "any value"):
            case "array" if not whole.get("items"):
                return "arrays" if many else "array"
            case "array":
                return f"{'arrays' if many else 'array'} of {self._type(whole['items'], many=True)}"
            case "object" if isinstance(whole.get("additionalProperties"), dict):
                return f"{'maps' if many else 'map'} to {self._type(whole['additionalProperties'], many=True)}"
            case list() as kinds:
                return " or ".join(kinds)
            case str() as kind:
                return f"{kind}s" if many else kind
        raise TypeError(f"a type that is not understood here: {whole['type']}")

    def _groups(self, schema: Node, inside: tuple[str, ...]) -> Iterator[Group]:
        """The objects in a value: its own, those of its items, those of each form that it can have."""
        if options := _options(schema):
            for option in options:
                yield from self._groups(option, inside)
            return
        name = schema.get("$ref", "").rpartition("/")[2]
        if name and name in inside:
            return
        whole = self.resolve(schema)
        if whole.get("type") == "array":
            yield from self._groups(whole.get("items", {}), inside)
        elif isinstance(whole.get("additionalProperties"), dict):
            yield from self._groups(whole["additionalProperties"], inside)
        elif whole.get("properties"):
            yield _group(whole, self.fields(whole, (*inside, name)))


_TELLING_APART: Final = ("role", "type")
"""Fields that say which form of a value it is."""


def _group(whole: Node, fields: list[Field]) -> Group:
    description = prose(str(whole.get("description", "")).partition(". ")[0].removesuffix("."))
    for name in _TELLING_APART:
        if "const" in whole["properties"].get(name, {}):
            value = json.dumps(whole["properties"][name]["const"])
            label = Markup("<code>{}: {}</code> {}").format(name, value, description)
            return Group(label, fields, [one for one in fields if one.name != name])
    return Group(description, fields, fields)


def _options(schema: Node) -> list[Node]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


_SIZES: Final = (
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
    ("minProperties", "maxProperties", " entries"),
    ("minimum", "maximum", ""),
)


def _limits(schema: Node) -> list[Markup]:
    """What a value may be, beside its type."""
    parts: list[Markup] = []
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("format") == "date-time":
            parts.append(Markup("ISO 8601"))
        parts += [Markup(words) for low, high, unit in _SIZES if (words := _range(one.get(low), one.get(high), unit))]
        if "const" in one:
            parts.append(Markup("always <code>{}</code>").format(_literal(one["const"])))
    if schema.get("default") is not None and "const" not in schema:
        parts.append(Markup("default <code>{}</code>").format(_literal(schema["default"])))
    return list(dict.fromkeys(parts))


def _values(schema: Node) -> list[str]:
    return [_literal(value) for one in (schema, *schema.get("anyOf", ())) for value in one.get("enum", ())]


def _range(low: float | None, high: float | None, unit: str) -> str:
    # A limit of int64 says nothing to people.
    low, high = (None if bound is not None and abs(bound) > 1e15 else bound for bound in (low, high))
    if high is None:
        return f"{_number(low)} or more{unit}" if low is not None and not unit else ""
    if low is None or (unit and low <= 1):
        return f"up to {_number(high)}{unit}"
    return f"{_number(low)} to {_number(high)}{unit}"


def _number(value: float) -> str:
    return f"{value:,}".removesuffix(".0").replace(",", "\N{NARROW NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")


def _literal(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
