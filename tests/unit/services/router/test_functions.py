"""`functions` and `function_call`, in and out."""

from copy import deepcopy
from typing import Any

import pytest

from tests.builders import a_body
from tollgate.services.router.functions import expects_function_call, is_older_form, to_function_call, to_tools

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


def test_functions_become_tools() -> None:
    body = to_tools(a_body(functions=[FUNCTION, {"name": "g"}], temperature=1))

    assert body["tools"] == [TOOL, {"type": "function", "function": {"name": "g"}}]
    assert "functions" not in body
    assert (body["model"], body["temperature"], body["messages"]) == ("openai/gpt-4o", 1, [USER])


@pytest.mark.parametrize(
    ("function_call", "tool_choice"),
    [
        ("none", "none"),
        ("auto", "auto"),
        ({"name": "f"}, {"type": "function", "function": {"name": "f"}}),
    ],
)
def test_the_choice_of_a_function_becomes_the_choice_of_a_tool(function_call: Any, tool_choice: Any) -> None:
    body = to_tools(a_body(functions=[FUNCTION], function_call=function_call))

    assert body["tool_choice"] == tool_choice
    assert "function_call" not in body


def test_no_choice_of_a_function_is_no_choice_of_a_tool() -> None:
    assert "tool_choice" not in to_tools(a_body(functions=[FUNCTION]))


def test_an_empty_list_of_functions_is_no_tool() -> None:
    assert "tools" not in to_tools(a_body(functions=[]))


def test_each_result_in_the_history_answers_the_call_before_it() -> None:
    again = {**CALL, "function_call": {"name": "f", "arguments": '{"a":2}'}}

    messages = to_tools(a_body(messages=[USER, CALL, RESULT, again, {**RESULT, "content": "43"}]))["messages"]

    ids = [call["id"] for message in messages for call in message.get("tool_calls", ())]
    assert len(set(ids)) == 2
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == ids
    assert [message["content"] for message in messages] == ["Hello", None, "42", None, "43"]
    assert not any("function_call" in message or message["role"] == "function" for message in messages)


def test_an_older_call_keeps_its_arguments_and_what_was_said_with_it() -> None:
    messages = to_tools(a_body(messages=[{**CALL, "content": "Wait.", "name": "bot"}]))["messages"]

    (message,) = messages
    (call,) = message["tool_calls"]
    assert (message["content"], message["name"]) == ("Wait.", "bot")
    assert (call["type"], call["function"]) == ("function", {"name": "f", "arguments": '{"a":1}'})


def test_a_result_without_content_is_an_empty_one() -> None:
    messages = to_tools(a_body(messages=[CALL, {**RESULT, "content": None}]))["messages"]

    assert messages[1]["content"] == ""


def test_the_request_itself_is_left_as_it_was() -> None:
    body = a_body(messages=[USER, CALL, RESULT], functions=[FUNCTION], function_call="auto")
    before = deepcopy(body)

    to_tools(body)

    assert body == before


A_CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_a_tool_call_becomes_a_function_call() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [A_CALL]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}

    assert to_function_call(choice, "message") == {
        "index": 0,
        "message": {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        "finish_reason": "function_call",
    }


def test_of_several_calls_the_first_one_is_told() -> None:
    second = {**A_CALL, "function": {"name": "g", "arguments": "{}"}}

    message = to_function_call({"message": {"tool_calls": [A_CALL, second]}}, "message")["message"]

    assert message == {"function_call": {"name": "f", "arguments": "{}"}}


def test_a_fragment_of_arguments_has_no_name() -> None:
    fragment = {"index": 0, "function": {"arguments": '{"a'}}

    assert to_function_call({"delta": {"tool_calls": [fragment]}}, "delta")["delta"] == {
        "function_call": {"arguments": '{"a'}
    }


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", None])
def test_a_text_and_its_reason_stay_what_they_are(reason: str | None) -> None:
    choice = {"message": {"role": "assistant", "content": "Hi"}, "finish_reason": reason}

    assert to_function_call(choice, "message") == choice
