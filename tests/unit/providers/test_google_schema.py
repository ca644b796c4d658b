"""JSON Schemas as Gemini reads them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.errors import BadRequest
from tollgate.providers import google_schema


@pytest.mark.parametrize(
    ("schema", "clean"),
    [
        ({"$schema": "https://json-schema.org/x", "type": "string", "strict": True}, {"type": "string"}),
        (
            {"type": ["string", "null"], "pattern": "x", "minLength": 1, "title": "T"},
            {"type": ["string", "null"], "title": "T"},
        ),
        (
            {"type": "integer", "minimum": 0, "maximum": 9, "multipleOf": 3},
            {"type": "integer", "minimum": 0, "maximum": 9},
        ),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"enum": ["a", 1], "default": "a", "examples": ["a"]}, {"enum": ["a", 1]}),
        (
            {"type": "object", "properties": {"pattern": {"type": "string", "pattern": "x"}}},
            {"type": "object", "properties": {"pattern": {"type": "string"}}},
        ),
        (
            {"type": "array", "items": {"type": "string", "x": 1}, "minItems": 1, "uniqueItems": True},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ),
        ({"prefixItems": [{"type": "string", "x": 1}, True]}, {"prefixItems": [{"type": "string"}, True]}),
        ({"anyOf": [{"type": "null"}, {"type": "string", "x": 1}]}, {"anyOf": [{"type": "null"}, {"type": "string"}]}),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
        ({"additionalProperties": {"type": "string", "x": 1}}, {"additionalProperties": {"type": "string"}}),
        ({"properties": ["a"], "items": "b", "anyOf": "c"}, {}),
        ({"properties": {"a": 7, "b": True}}, {"properties": {"a": {}, "b": True}}),
        (True, True),
        (None, {}),
    ],
)
def test_what_gemini_does_not_know_is_left_out(schema: Any, clean: Any) -> None:
    assert to_google(schema) == clean


def test_what_a_schema_refers_to_is_written_out_where_it_is_referred_to() -> None:
    schema = {
        "type": "object",
        "properties": {
            "home": {"$ref": "#/$defs/Place", "description": "Where one lives."},
            "work": {"$ref": "#/definitions/a~1b%20c"},
            "first": {"$ref": "#/properties/list/items/0"},
            "list": {"items": [{"type": "integer"}]},
        },
        "$defs": {
            "Place": {"type": "object", "description": "A place.", "properties": {"n": {"$ref": "#/$defs/N"}}},
            "N": {"type": "string"},
        },
        "definitions": {"a/b c": {"type": "number"}},
    }

    assert to_google(schema)["properties"] == {
        "home": {"type": "object", "description": "Where one lives.", "properties": {"n": {"type": "string"}}},
        "work": {"type": "number"},
        "first": {"type": "integer"},
        "list": {},
    }
    assert "$defs" not in to_google(schema)


def test_what_refers_to_itself_stays_a_definition() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "x": {"type": "integer", "y": 1}}}
    kept = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node_0"}, "x": {"type": "integer"}}}

    assert to_google({"$ref": "#/$defs/Node", "$defs": {"Node": node}}) == {**kept, "$defs": {"Node_0": kept}}


def test_two_that_refer_to_each_other_stay_definitions() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {
            "A": {"properties": {"b": {"$ref": "#/$defs/B"}}},
            "B": {"properties": {"a": {"$ref": "#/$defs/A"}}},
        },
    }

    clean = to_google(schema)

    assert references(clean) == {"#/$defs/A_0"}
    assert clean["$defs"] == {"A_0": {"properties": {"b": {"properties": {"a": {"$ref": "#/$defs/A_0"}}}}}}


def test_nothing_stands_beside_a_reference_that_stays() -> None:
    schema = {"$defs": {"A": {"$ref": "#/$defs/A", "title": "T"}}, "$ref": "#/$defs/A", "description": "D"}

    assert set(to_google(schema)) == {"$ref", "$defs"}


@pytest.mark.parametrize("reference", ["https://schemas.example/x", "#/$defs/Missing", "#/x/9", "other.json"])
def test_a_reference_that_leads_nowhere_is_left_for_gemini_to_refuse(reference: str) -> None:
    assert to_google({"properties": {"a": {"$ref": reference}}}) == {"properties": {"a": {"$ref": reference}}}


def test_all_of_several_schemas_is_one_schema() -> None:
    schema = {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"$ref": "#/$defs/B"},
        ],
        "properties": {"c": {"type": "string"}},
        "required": ["c", "a"],
        "$defs": {"B": {"properties": {"b": {"type": "string"}}, "required": ["b"]}},
    }

    clean = to_google(schema)

    assert list(clean["properties"]) == ["a", "b", "c"]
    assert clean["required"] == ["a", "b", "c"]
    assert "allOf" not in clean


@pytest.mark.parametrize("filling", ["", "x" * 10_000])
def test_a_small_schema_does_not_become_a_huge_one(filling: str) -> None:
    definitions: dict[str, Any] = {
        f"D{level}": {"properties": {side: {"$ref": f"#/$defs/D{level + 1}"} for side in ("left", "right")}}
        for level in range(40)
    }
    schema = {"$ref": "#/$defs/D0", "$defs": {**definitions, "D40": {"description": filling}}}

    clean = to_google(schema)

    assert len(json.dumps(clean)) < 5 * len(json.dumps(schema))
    assert references(clean) == {f"#/$defs/{name}" for name in clean["$defs"]}


def test_what_is_used_a_few_times_is_written_out_each_time() -> None:
    place = {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}
    names = ("home", "work", "other")
    schema = {"properties": {name: {"$ref": "#/$defs/Place"} for name in names}, "$defs": {"Place": place}}

    assert to_google(schema) == {"properties": dict.fromkeys(names, place)}


def test_a_schema_whose_recursive_parts_hold_each_other_is_refused() -> None:
    inner: dict[str, Any] = {"description": "x" * 10_000}
    for level in range(20):
        inner = {"properties": {"a": inner, "b": {"$ref": "#" + "/properties/a" * level}}}

    with pytest.raises(BadRequest) as caught:
        to_google(inner)

    assert caught.value.param == "tools"


def test_a_schema_as_deep_as_json_may_be_is_read() -> None:
    inner: dict[str, Any] = {"type": "string"}
    root: dict[str, Any] = {"$ref": "#/$defs/A"}
    for _ in range(190):
        inner = {"items": inner}
    for _ in range(55):
        root = {"items": root}

    clean = to_google({**root, "$defs": {"A": inner}})

    assert str(clean).count("items") == 245


def test_a_long_chain_of_references_ends() -> None:
    chain = {f"D{level}": {"items": {"$ref": f"#/$defs/D{level + 1}"}} for level in range(5_000)}

    clean = to_google({"$ref": "#/$defs/D0", "$defs": {**chain, "D5000": {"type": "string"}}})

    assert references(clean) == {f"#/$defs/{name}" for name in clean["$defs"]}


_LEAVES = st.sampled_from(
    [{"type": "string"}, {"$ref": "#"}, {"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}, True, 7, None]
)
_SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "items": inner,
            "anyOf": st.lists(inner, max_size=3),
            "allOf": st.lists(inner, max_size=2),
            "additionalProperties": inner,
            "pattern": st.just("x"),
        },
    ),
    max_leaves=12,
)


_DEFINITIONS = _SCHEMAS.filter(lambda schema: schema is not None)


@given(root=_SCHEMAS, a=_DEFINITIONS, b=_DEFINITIONS)
def test_every_schema_ends_and_every_reference_in_it_is_defined(root: Any, a: Any, b: Any) -> None:
    schema = {**root, "$defs": {"A": a, "B": b}} if isinstance(root, dict) else root

    try:
        clean = to_google(schema)
    except BadRequest:
        return

    defined = {f"#/$defs/{name}" for name in clean.get("$defs", ())} if isinstance(clean, dict) else set()
    assert references(clean) <= defined
    assert "pattern" not in set(keywords(clean))


def to_google(schema: Any) -> Any:
    return google_schema.to_google(schema, param="tools")


def references(schema: Any) -> set[str]:
    """All references in a schema."""
    return {value for name, value in pairs(schema) if name == "$ref"}


def keywords(schema: Any) -> Iterator[str]:
    return (name for name, _ in pairs(schema))


def pairs(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            yield name, value
            yield from pairs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from pairs(value)
