"""The conventions of WordPress's REST API that need no gateway to be seen."""

from typing import Any

import pytest

from tollgate.edge.event import rest_family_of, root_of
from tollgate.edge.wordpress import fields_of, only


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("a", {"a": 1, "b": 2}, {"a": 1}),
        ("a,b", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2}),
        ("a b", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2}),
        ("a.b", {"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}),
        ("a.b,a", {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}}),
        ("a,a.b", {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}}),
        ("a.b", [{"a": [{"b": 1, "c": 2}]}], [{"a": [{"b": 1}]}]),
        ("a.b", {"a": "text"}, {"a": "text"}),
        ("", {"a": 1}, {}),
        (".", {"a": 1}, {}),
    ],
)
def test_only_the_fields_that_are_named_are_kept(text: str, value: Any, expected: Any) -> None:
    assert only(value, fields_of(text)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/wp-ai/v1", "wpai"),
        ("/wp-ai/v1/providers/", "wpai"),
        ("/wp-json/wp-ai/v1/nope", "wpai"),
        ("/wp-json/wp-ai/v1", "wpai"),
        ("/wp-ai/v10/providers", None),
        ("/v1/wp-ai/v1", None),
        ("/wp-json", None),
    ],
)
def test_a_path_belongs_to_the_family_of_its_namespace(path: str, expected: str | None) -> None:
    assert rest_family_of(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/live/wp-json/wp-ai/v1/generate", "https://api.example.com/live/wp-json/"),
        ("/live/wp-ai/v1", "https://api.example.com/live/"),
        ("/wp-ai/v1/providers/x/models/wp-ai/v1", "https://api.example.com/"),
    ],
)
def test_the_root_is_what_stands_before_the_namespace(path: str, expected: str) -> None:
    headers = [(b"host", b"api.example.com"), (b"x-forwarded-proto", b"https")]

    assert root_of({"headers": headers, "path": "/", "aws.event": {"requestContext": {"path": path}}}) == expected
