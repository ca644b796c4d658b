"""How many tokens a conversation can be at most."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from tests.builders import a_body
from tollgate.ledger.bounds import measure

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)


def bound_of(**body: Any) -> int:
    """The bound of a request for a model whose images count nothing, so that they hide nothing."""
    return measure(a_body(**body)).bound(tokens_per_image=0, context_length=None)


def a_tool(parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


@given(JSON)
def test_a_tool_is_never_more_tokens_than_its_json_has_bytes(parameters: Any) -> None:
    tools = [a_tool(parameters)]

    assert bound_of(tools=tools) - bound_of() >= len(to_json(tools))


@given(JSON)
def test_a_response_schema_is_never_more_tokens_than_its_json_has_bytes(schema: Any) -> None:
    response_format = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}

    assert bound_of(response_format=response_format) - bound_of() >= len(to_json(response_format))


@given(JSON)
def test_a_call_in_the_history_is_never_more_tokens_than_its_json_has_bytes(extra: Any) -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": extra}]

    assert bound_of(messages=[{"role": "assistant", "tool_calls": calls}]) >= len(to_json(calls))


@pytest.mark.parametrize(
    "parameters",
    [
        {"enum": [*"abcdefghijklmnopqrstuvwxyz"] * 10},
        {"enum": ['"' * 100, "\n" * 100, "\x00" * 100]},
        {"enum": list(range(10)) * 50},
        {"enum": [{}] * 100},
    ],
    ids=("short words", "escapes", "numbers", "nothing"),
)
def test_json_of_many_small_values_leaves_room_for_the_signs_between_them(parameters: Any) -> None:
    text = to_json(parameters)

    assert bound_of(tools=[a_tool(parameters)]) - bound_of() >= len(text) + text.count(b",")


def test_the_name_of_a_file_is_text_too() -> None:
    part = {"type": "file", "file": {"filename": "ä" * 1_000, "file_data": ""}}

    assert bound_of(messages=[{"role": "user", "content": [part]}]) >= 2_000


def test_an_earlier_spoken_answer_counts_although_only_its_id_is_sent() -> None:
    spoken = {"role": "assistant", "audio": {"id": "audio_1"}}

    size = measure(a_body(messages=[spoken]))

    assert size.bound(tokens_per_image=0, context_length=None) >= 16_384
    assert size.audio_bytes > 0
