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
