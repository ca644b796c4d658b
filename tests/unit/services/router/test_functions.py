"""`functions` and `function_call`, in and out."""

from typing import Any

import pytest

from tests.builders import a_body
from tollgate.services.router.functions import expects_function_call, is_older_form, to_tools

FUNCTION = {"name": "f", "parameters": {"type": "object"}}
TOOL = {"type": "function", "function": FUNCTION}
USER = {"role": "user", "content": "Hello"}
CALL = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}}
RESULT = {"role": "function", "name": "f", "content": "42"}


@pytest.mark.parametrize(
    ("fields", "is_older"),
    [
        ({}, False),
        ({"tools": [TOOL]}, False),
        ({"functions": [FUNCTION]}, True),
        ({"functions": None}, False),
        ({"functions": None, "tools": [TOOL]}, False),
        ({"messages": [USER, CALL, RESULT]}, True),
        ({"messages": [USER, CALL, USER]}, True),
        ({"messages": [{"role": "assistant", "content": "Hi", "function_call": None}]}, False),
    ],
    ids=str,
)
def test_a_request_is_of_the_older_form_when_it_speaks_of_functions(fields: dict[str, Any], is_older: bool) -> None:
    assert is_older_form(a_body(**fields)) is is_older


@pytest.mark.parametrize(
    ("fields", "is_older"),
    [
        ({"functions": [FUNCTION]}, True),
        ({"messages": [USER, CALL, RESULT], "functions": [FUNCTION]}, True),
        ({"messages": [USER, CALL, RESULT], "tools": [TOOL]}, False),
        ({"messages": [USER, CALL, RESULT]}, True),
        ({"tools": [TOOL]}, False),
        ({}, False),
    ],
    ids=str,
)
def test_who_sends_tools_is_answered_with_tool_calls_whatever_the_history(
    fields: dict[str, Any], is_older: bool
) -> None:
    assert expects_function_call(a_body(**fields)) is is_older


def test_an_older_call_without_arguments_has_an_empty_object_as_a_tool_call() -> None:
    bare = {"role": "assistant", "content": None, "function_call": {"name": "f"}}

    (message,) = to_tools(a_body(messages=[bare]))["messages"]

    assert message["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}
