"""JSON Schemas of contracts, in the words that stand beside their fields.

A field is described by the string below it. At run time such a string costs nothing; here it is read off the source.
"""

import ast
import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

Schema = dict[str, Any]
Side = Literal["validation", "serialization"]
"""A contract that is sent to us is described as it is validated, one that we send as it is serialized."""

REFERENCE: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of some contracts and of everything in them."""

    by_name: Mapping[str, Schema]
    references: Mapping[tuple[type[Any], Side], Schema]
    """What stands where a contract is meant."""

    def resolve(self, schema: Schema) -> Schema:
        """A schema without its reference: what is referred to, under the words that stand beside the reference."""
        if "$ref" not in schema:
            return schema
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return {**self.by_name[schema["$ref"].removeprefix(REFERENCE)], **beside}


def schemas_of(contracts: Iterable[tuple[type[BaseModel], Side]]) -> Schemas:
    """Describe contracts. The same one may come several times."""
    wanted = sorted(set(contracts), key=lambda item: (item[0].__module__, item[0].__name__, item[1]))
    references, whole = models_json_schema(wanted, ref_template=REFERENCE + "{model}", schema_generator=DescribedFields)
    definitions = whole.get("$defs", {})
    names = {name: _readable(name) for name in definitions}
    return Schemas(
        by_name={names[name]: _renamed(schema, names) for name, schema in definitions.items()},
        references={contract: _renamed(schema, names) for contract, schema in references.items()},
    )


def without_null(schema: Mapping[str, Any]) -> Schema:
    """A schema of what is meant where something is sent: null, as a value and as a default, means that nothing is."""
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **rest}
    return {**rest, "anyOf": options} if options else rest


@cache
def field_descriptions(contract: type[BaseModel]) -> dict[str, str]:
    """What is written below the fields of a contract and of those that it builds on."""
    found: dict[str, str] = {}
    for kind in reversed(contract.__mro__):
        if issubclass(kind, BaseModel) and kind.__module__.startswith("tollgate."):
            found.update(_described_in(kind))
    return found


def _described_in(contract: type[BaseModel]) -> dict[str, str]:
    source = _source(contract.__module__)
    definitions = (node for node in source.body if isinstance(node, ast.ClassDef) and node.name == contract.__name__)
    lines = next((definition.body for definition in definitions), [])
    found: dict[str, str] = {}
    for field, below in pairwise(lines):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
            case _:
                pass
    return found


@cache
def _source(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(__import__(module, fromlist=["_"])))


class DescribedFields(GenerateJsonSchema):
    """pydantic's generator, without titles that repeat names, and with what is written below the fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002, D102 - pydantic's signature
        return False

    def model_schema(self, schema: Any) -> Schema:  # noqa: D102 - pydantic's own
        result = super().model_schema(schema)
        result.pop("title", None)
        contract = schema["cls"]
        descriptions = field_descriptions(contract)
        if contract.__pydantic_root_model__:
            return result
        for name, field in contract.model_fields.items():
            described = result["properties"][field.alias or name]
            if name in descriptions:
                described["description"] = descriptions[name]
            if field.default_factory is not None and self.mode == "validation":
                default = field.get_default(call_default_factory=True)
                if not isinstance(default, BaseModel):
                    described["default"] = default
        return result

    def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: D102, FBT001 - as above
        # What has a default is always in an answer; what may be missing has None for one.
        if self.mode == "serialization" and field["schema"]["type"] == "default":
            return field["schema"].get("default") is not None
        return super().field_is_required(field, total)

    def decimal_schema(self, schema: Any) -> Schema:  # noqa: ARG002, D102 - as above
        # Money is read from a JSON number, and a number only: see `contracts.money`.
        return {"type": "number"}


# What pydantic leaves beside a decimal that is read by a function of ours.
_KEYWORDS: Final = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_NOT_KEYWORDS: Final = frozenset({"decimal_places", "max_digits"})


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """A schema with readable names, in the words of JSON Schema alone."""
    match node:
        case dict():
            return dict(_renamed_keyword(key, value, names) for key, value in node.items() if key not in _NOT_KEYWORDS)
        case list():
            return [_renamed(value, names) for value in node]
        case str() if node.startswith(REFERENCE):
            return REFERENCE + names[node.removeprefix(REFERENCE)]
    return node


def _renamed_keyword(key: str, value: Any, names: Mapping[str, str]) -> tuple[str, Any]:
    if key in _KEYWORDS and not isinstance(value, dict):
        # A bound that is a decimal comes as a text.
        return _KEYWORDS[key], json.loads(value) if isinstance(value, str) else value
    return key, _renamed(value, names)


def _readable(name: str) -> str:
    """Contracts of one name are told apart by their families, and what is read otherwise than written by its side."""
    *path, last = name.split("__")
    last = last.removesuffix("-Output").replace("-Input", "Input")
    return (path[2].title() if len(path) > 2 else "") + last
