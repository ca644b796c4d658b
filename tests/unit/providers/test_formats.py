"""The form of an answer, and what is looked after in it."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollgate.contracts.chat import Completion
from tollgate.providers.blocks import Unreadable
from tollgate.providers.formats import as_asked, asks_for_any_json, schema_of
from tollgate.providers.limits import keeps_limits


@pytest.mark.parametrize(
    ("wanted", "schema", "any_json"),
    [
        (None, None, False),
        ({"type": "text"}, None, False),
        ({"type": "json_object"}, None, True),
        ({"type": "json_schema", "json_schema": {"name": "x"}}, None, True),
        (
            {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
            {"type": "object"},
            False,
        ),
    ],
)
def test_a_format_has_a_schema_or_is_any_json_or_neither(wanted: Any, schema: Any, any_json: bool) -> None:
    body = {"response_format": wanted}

    assert schema_of(body) == schema
    assert asks_for_any_json(body) is any_json


def answering(text: str | None, reason: str = "stop") -> Completion:
    return Completion([{"index": 0, "message": {"content": text}, "finish_reason": reason}], None)


def wanting(schema: Any, *, strict: bool | None = True) -> dict[str, Any]:
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": strict}}
    }


TALL = {"type": "object", "properties": {"height": {"type": "number", "minimum": 2}}}


@pytest.mark.parametrize("body", [{}, {"response_format": {"type": "text"}}, wanting(TALL, strict=None)])
def test_an_answer_without_a_form_is_left_as_it_is(body: dict[str, Any]) -> None:
    answer = answering("```json\n{}\n```")

    assert as_asked(answer, body) is answer


def test_an_answer_that_keeps_a_strict_schema_is_left_as_it_is() -> None:
    answer = answering('{"height": 2}')

    assert as_asked(answer, wanting(TALL)) is answer


@pytest.mark.parametrize("text", ['{"height": 1}', "tall", "", None])
def test_an_answer_that_does_not_keep_a_strict_schema_is_none(text: str | None) -> None:
    with pytest.raises(Unreadable):
        as_asked(answering(text), wanting(TALL))


@pytest.mark.parametrize("reason", ["length", "tool_calls", "content_filter"])
def test_an_answer_that_did_not_come_to_its_end_is_not_looked_at(reason: str) -> None:
    answer = answering('{"height"', reason)

    assert as_asked(answer, wanting(TALL)) is answer


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text("aä🌍", max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=8,
)
_LIMITS = st.sampled_from(
    [
        {"type": "integer", "minimum": -1, "maximum": 3},
        {"type": "number", "exclusiveMinimum": -1, "exclusiveMaximum": 3},
        {"type": "integer", "multipleOf": 3},
        {"type": "string", "minLength": 1, "maxLength": 2},
        {"type": "boolean"},
        {"type": ["string", "null"], "maxLength": 1},
        {"$ref": "#/$defs/small"},
        {"minimum": 0, "maxLength": 1, "maxItems": 1},
        True,
    ]
)
_SCHEMAS = st.recursive(
    _LIMITS,
    lambda inner: st.one_of(
        st.builds(
            lambda items, most: {"type": "array", "items": items, "minItems": 1, "maxItems": most},
            inner,
            st.integers(1, 3),
        ),
        st.builds(
            lambda a, b: {"type": "object", "properties": {"a": a, "b": b}, "minProperties": 1, "maxProperties": 1},
            inner,
            inner,
        ),
        st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"allOf": [a, b]}, inner, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=500)
@given(_VALUES, _SCHEMAS)
def test_limits_are_kept_where_jsonschema_says_so(value: Any, schema: Any) -> None:
    whole = {"$defs": {"small": {"type": "integer", "maximum": 1}}, "allOf": [schema]}

    assert keeps_limits(json.dumps(value), whole) is jsonschema.Draft202012Validator(whole).is_valid(value)


@pytest.mark.parametrize(("text", "is_kept"), [("[1, 2]", True), ("[1, 1]", False), ('[{"a":1},{"a":1}]', False)])
def test_items_are_all_different_where_they_shall_be(text: str, is_kept: bool) -> None:
    assert keeps_limits(text, {"type": "array", "uniqueItems": True}) is is_kept


@pytest.mark.parametrize(("text", "is_kept"), [("0.3", True), ("0.35", False), ("1e300", True)])
def test_a_multiple_is_one_as_near_as_numbers_are(text: str, is_kept: bool) -> None:
    assert keeps_limits(text, {"multipleOf": 0.1}) is is_kept


def test_a_schema_that_has_no_end_limits_nothing() -> None:
    assert keeps_limits("1", {"$ref": "#"})
