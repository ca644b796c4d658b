"""Schemas in WordPress's dialect."""

from typing import Any

import pytest

from tollgate_cli.rest import wordpress_path, wordpress_schema

PERSON = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
THEIRS = {"type": "object", "properties": {"a": {"type": "string", "required": True}, "b": {"type": "integer"}}}
NAMES = {"anyOf": [{"required": ["id"]}, {"required": ["name"]}]}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (PERSON, THEIRS),
        ({"type": "object", "properties": {"p": PERSON}}, {"type": "object", "properties": {"p": THEIRS}}),
        ({"type": "array", "items": PERSON}, {"type": "array", "items": THEIRS}),
        ({"oneOf": [PERSON, {"type": "string"}]}, {"oneOf": [THEIRS, {"type": "string"}]}),
        ({"allOf": [PERSON]}, {"allOf": [THEIRS]}),
        (NAMES, NAMES),
        ({"$defs": {"P": PERSON}, "items": {"$ref": "#/$defs/P"}}, {"items": THEIRS}),
        ({"properties": {"title": {"type": "string"}}}, {"properties": {"title": {"type": "string"}}}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "X"}, {"type": "string"}),
    ],
    ids=str,
)
def test_a_property_says_itself_that_it_is_required(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert wordpress_schema(schema) == expected


def test_parameters_are_patterns() -> None:
    path = "/wp-ai/v1/providers/{provider_id}/models/{model_id+}"

    assert wordpress_path(path) == "/wp-ai/v1/providers/(?P<providerId>[^/]+)/models/(?P<modelId>[^/]+)"
