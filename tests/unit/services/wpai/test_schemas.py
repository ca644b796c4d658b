"""Any JSON Schema as one that chat completions take."""

from typing import Any

import pytest

from tollgate.services.wpai.schemas import response_format

CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def sent(schema: dict[str, Any]) -> Any:
    wanted = response_format(schema, "application/json")
    assert wanted is not None
    return wanted["json_schema"]


@pytest.mark.parametrize(
    ("mime_type", "expected"), [("application/json", {"type": "json_object"}), ("text/plain", None), (None, None)]
)
def test_without_a_schema_the_type_decides(mime_type: str | None, expected: Any) -> None:
    assert response_format(None, mime_type) == response_format({}, mime_type) == expected


@pytest.mark.parametrize(
    ("schema", "is_strict"),
    [
        (CLOSED, True),
        ({**CLOSED, "required": []}, False),
        ({"type": "object", "properties": {}}, False),
        ({**CLOSED, "properties": {"a": {"type": "object"}}}, False),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": CLOSED}}}, True),
        ({**CLOSED, "properties": {"a": {"enum": [{"type": "object"}]}}}, True),
    ],
    ids=str,
)
def test_an_object_is_sent_as_it_is_and_strict_where_it_qualifies(schema: dict[str, Any], is_strict: bool) -> None:
    assert sent(schema)["schema"] == schema
    assert sent(schema).get("strict", False) is is_strict


def test_what_is_no_object_is_wrapped_and_refers_to_itself_at_its_new_place() -> None:
    tree = {"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/$defs/leaf"}]}, "$defs": {"leaf": CLOSED}}

    schema = sent(tree)["schema"]

    assert schema["required"] == ["value"]
    assert schema["properties"]["value"]["items"]["anyOf"][0] == {"$ref": "#/properties/value"}
    assert schema["$defs"] == {"leaf": CLOSED}
