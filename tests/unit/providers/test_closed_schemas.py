"""Schemas for decoders that know only closed objects."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.providers.closed_schemas import closed, schema_of, schema_to_check


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object"}, {"type": "object", "additionalProperties": False}),
        ({"properties": {}}, {"properties": {}, "additionalProperties": False}),
        ({"type": ["object", "null"]}, {"type": ["object", "null"], "additionalProperties": False}),
        ({"type": "object", "additionalProperties": True}, {"type": "object", "additionalProperties": False}),
        # An open set of names cannot be told otherwise: the vendor says that it does not take it.
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ),
        ({"type": "string", "maxLength": 3}, {"type": "string", "description": "maxLength: 3"}),
        (
            {"type": "integer", "minimum": 0, "maximum": 9, "description": "A digit."},
            {"type": "integer", "description": "A digit. (minimum: 0, maximum: 9)"},
        ),
        ({"type": "array", "minItems": 1}, {"type": "array", "minItems": 1}),
        ({"type": "array", "minItems": 2}, {"type": "array", "description": "minItems: 2"}),
        ({"type": "array", "uniqueItems": True}, {"type": "array", "description": "uniqueItems: true"}),
        # Names of properties are not keywords.
        (
            {"type": "object", "properties": {"minimum": {"type": "number"}}},
            {"type": "object", "properties": {"minimum": {"type": "number"}}, "additionalProperties": False},
        ),
        ({"enum": [{"type": "object"}]}, {"enum": [{"type": "object"}]}),
        ({"const": {"maximum": 1}}, {"const": {"maximum": 1}}),
        ({"$schema": "x", "type": "string"}, {"type": "string"}),
        (
            {"anyOf": [{"type": "object"}, {"type": "null"}], "$defs": {"a": {"type": "object"}}},
            {
                "anyOf": [{"type": "object", "additionalProperties": False}, {"type": "null"}],
                "$defs": {"a": {"type": "object", "additionalProperties": False}},
            },
        ),
        (
            {"type": "array", "items": {"type": "object"}},
            {"type": "array", "items": {"type": "object", "additionalProperties": False}},
        ),
        (True, True),
    ],
)
def test_objects_are_closed_and_limits_told(schema: Any, expected: Any) -> None:
    assert closed(schema) == expected


_SCHEMAS = st.recursive(
    st.sampled_from([{"type": "string", "minLength": 1}, {"type": "integer", "maximum": 3}, {"type": "null"}, True]),
    lambda inner: st.one_of(
        st.builds(lambda value: {"type": "array", "items": value, "maxItems": 3}, inner),
        st.builds(lambda value: {"type": "object", "properties": value}, st.dictionaries(st.text(max_size=3), inner)),
        st.builds(lambda value: {"anyOf": value}, st.lists(inner, max_size=3)),
    ),
)


@given(_SCHEMAS)
def test_what_is_closed_stays_as_it_is(schema: Any) -> None:
    once = closed(schema)

    assert closed(once) == once


@given(_SCHEMAS)
def test_the_schema_of_the_client_is_left_as_it_was(schema: Any) -> None:
    before = repr(schema)

    closed(schema)

    assert repr(schema) == before


def wanting(schema: Any, *, strict: bool = True) -> dict[str, Any]:
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": strict}}
    }


@pytest.mark.parametrize(
    ("body", "schema"),
    [
        ({}, None),
        ({"response_format": None}, None),
        ({"response_format": {"type": "text"}}, None),
        ({"response_format": {"type": "json_object"}}, None),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, None),
        (wanting({"type": "object"}), {"type": "object"}),
    ],
)
def test_a_request_has_a_schema_or_none(body: dict[str, Any], schema: Any) -> None:
    assert schema_of(body) == schema


LIMITED: Any = {"type": "string", "maxLength": 3}


@pytest.mark.parametrize(
    ("schema", "is_checked"),
    [
        ({"type": "object"}, False),
        ({"type": "array", "minItems": 1}, False),
        # A property may be called as a limit is.
        ({"properties": {"minimum": {"type": "integer"}}}, False),
        ({"enum": [LIMITED]}, False),
        (LIMITED, True),
        ({"properties": {"a": LIMITED}}, True),
        ({"$defs": {"a": LIMITED}}, True),
        ({"anyOf": [{"type": "null"}, LIMITED]}, True),
        ({"type": "array", "items": LIMITED}, True),
    ],
    ids=str,
)
def test_a_strict_schema_is_checked_where_it_has_limits(schema: Any, is_checked: bool) -> None:
    assert (schema_to_check(wanting(schema)) is not None) == is_checked
    assert schema_to_check(wanting(schema, strict=False)) is None
