"""What a chat completion request may hold."""

from typing import Any

import pytest

from tests.builders import a_body
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.edge.validation import validate
from tollgate.errors import BadRequest


def refusal(**fields: Any) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        validate(ChatCompletionRequest, a_body(**fields))
    return caught.value


def a_call(**changes: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}, **changes}


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        ({"id": "call_1", "type": "function"}, "'function' is required"),
        ({"id": "call_1"}, "'function' is required"),
        ({"id": "call_1", "type": "function", "custom": {"name": "c", "input": ""}}, "'function' is required"),
        ({"id": "call_1", "type": "custom"}, "'custom' is required"),
        ({"id": "call_1", "type": "custom", "function": {"name": "f"}}, "'custom' is required"),
    ],
    ids=str,
)
def test_a_call_in_the_history_holds_what_its_type_says(call: dict[str, Any], fragment: str) -> None:
    error = refusal(messages=[{"role": "assistant", "tool_calls": [call]}])

    assert error.param == "messages[0].tool_calls[0]"
    assert fragment in error.message


@pytest.mark.parametrize(
    "fields",
    [
        {"provider": {"allow_fallbacks": None, "require_parameters": None, "order": None, "max_price": None}},
        {"provider": {"max_price": {"prompt": None, "completion": None}}},
        {"stream": True, "stream_options": {"include_usage": None, "include_obfuscation": None}},
        {"messages": [{"role": "assistant", "tool_calls": [a_call(type=None)]}]},
        {"messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": None}}]},
        {"messages": [{"role": "user", "content": "Hello", "name": None}]},
        {"messages": [{"role": "assistant", "content": "Hello", "tool_calls": None, "refusal": None, "audio": None}]},
        {"tools": [{"type": "function", "function": {"name": "f", "description": None, "strict": None}}]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": None, "strict": None}}},
    ],
    ids=str,
)
def test_null_is_the_same_as_absent_in_every_depth(fields: dict[str, Any]) -> None:
    validate(ChatCompletionRequest, a_body(**fields))


def test_a_request_names_four_models_at_most() -> None:
    error = refusal(models=["a/1", "a/2", "a/3", "a/4"])

    assert (error.param, error.message) == ("models", "'model' and 'models' name at most 4 models together.")


def test_a_model_that_is_named_twice_counts_once() -> None:
    validate(ChatCompletionRequest, a_body(models=["openai/gpt-4o", "a/1", "a/2", "a/1", "a/3"]))
