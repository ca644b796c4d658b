"""How many tokens a conversation can be at most."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from tests.builders import a_body
from tollgate.ledger.bounds import PromptSize, estimate_tokens, measure

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


@given(st.text(max_size=200))
def test_the_text_of_a_message_counts_its_utf_8_bytes(text: str) -> None:
    with_text = measure(a_body(messages=[{"role": "user", "content": text}]))
    without = measure(a_body(messages=[{"role": "user", "content": ""}]))

    assert with_text.text_bytes - without.text_bytes == len(text.encode())


@given(st.lists(st.text(max_size=50), min_size=1, max_size=5))
def test_the_texts_of_parts_are_all_counted(texts: list[str]) -> None:
    parts = [{"type": "text", "text": text} for text in texts]

    assert bound_of(messages=[{"role": "user", "content": parts}]) >= sum(len(text.encode()) for text in texts)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "", "name": "x" * 100},
        {"role": "tool", "content": "", "tool_call_id": "x" * 100},
        {"role": "assistant", "content": None, "refusal": "x" * 100},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "x" * 100}]},
        {"role": "assistant", "content": None, "reasoning_content": "x" * 100},
        {"role": "assistant", "tool_calls": [{"id": "x" * 100, "type": "function", "function": {"name": "f"}}]},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "x" * 100}},
    ],
    ids="+".join,
)
def test_every_text_in_a_message_counts_whatever_its_field(message: dict[str, Any]) -> None:
    assert bound_of(messages=[message]) >= 100


@pytest.mark.parametrize(
    "field",
    [
        {"tool_choice": {"type": "function", "function": {"name": "x" * 100}}},
        {"prediction": {"type": "content", "content": "x" * 100}},
    ],
    ids=lambda field: next(iter(field)),
)
def test_what_else_a_provider_shows_to_the_model_counts(field: dict[str, Any]) -> None:
    assert bound_of(**field) - bound_of() >= 100


def test_each_message_and_each_tool_has_an_allowance_of_16_tokens() -> None:
    size = measure(a_body(messages=[{"role": "user", "content": "a"}] * 3, tools=[a_tool({})] * 2))

    assert size.items == 5
    assert size.bound(tokens_per_image=0, context_length=None) == size.text_bytes + 5 * 16


def test_an_image_counts_what_the_catalogue_says_and_not_the_bytes_of_its_address() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}

    size = measure(a_body(messages=[{"role": "user", "content": [image, image]}]))

    assert (size.images, size.text_bytes) == (2, len("user"))
    assert size.bound(tokens_per_image=1_000, context_length=None) == 2_000 + 16 + 4


@pytest.mark.parametrize(("seconds", "bytes_per_s"), [(1, 1_000), (60, 1_000), (3, 16_000)])
def test_sound_counts_at_least_32_tokens_a_second_at_any_bit_rate(seconds: int, bytes_per_s: int) -> None:
    encoded = "A" * (-(-seconds * bytes_per_s * 4 // 3))
    part = {"type": "input_audio", "input_audio": {"data": encoded, "format": "mp3"}}

    assert bound_of(messages=[{"role": "user", "content": [part]}]) >= 32 * seconds


def test_a_file_counts_its_decoded_bytes() -> None:
    part = {"type": "file", "file": {"file_data": "QUJD" * 100}}

    assert measure(a_body(messages=[{"role": "user", "content": [part]}])).file_bytes == 300


def test_what_a_vendor_explains_to_its_model_counts_where_there_is_something_to_explain() -> None:
    explained: list[dict[str, Any]] = [
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"response_format": {"type": "json_object"}},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}]},
    ]

    added = [
        measure(a_body(**body)).bound(tokens_per_image=0, context_length=None, tokens_for_tools=500) - bound_of(**body)
        for body in [{}, *explained]
    ]

    assert added == [0, 500, 500, 500]


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_no_prompt_is_longer_than_the_window_of_the_model(text_bytes: int, context_length: int) -> None:
    size = PromptSize(text_bytes=text_bytes)

    assert size.bound(tokens_per_image=0, context_length=context_length) == min(text_bytes, context_length)


def test_a_message_without_anything_in_it_costs_its_allowance() -> None:
    assert bound_of(messages=[{"role": "assistant", "content": None, "tool_calls": None}]) == 16 + len("assistant")


def test_fields_that_no_model_reads_do_not_count() -> None:
    assert bound_of(metadata={"note": "x" * 100}, user="x" * 100, stop=["x"], seed=1) == bound_of()


@pytest.mark.parametrize(
    ("text_bytes", "images", "tokens"), [(0, 0, 1), (1, 0, 1), (4, 0, 1), (5, 0, 2), (400, 2, 270)]
)
def test_an_estimate_is_a_token_for_four_bytes_and_at_least_one(text_bytes: int, images: int, tokens: int) -> None:
    assert PromptSize(text_bytes=text_bytes, images=images).estimate(tokens_per_image=85) == tokens


@pytest.mark.parametrize(("text_bytes", "tokens"), [(0, 0), (1, 1), (4, 1), (5, 2)])
def test_an_estimated_answer_that_is_not_empty_is_at_least_one_token(text_bytes: int, tokens: int) -> None:
    assert estimate_tokens(text_bytes) == tokens


@given(st.text(min_size=1, max_size=100))
def test_an_estimate_is_never_above_the_bound(text: str) -> None:
    size = measure(a_body(messages=[{"role": "user", "content": text}]))

    assert size.estimate() <= size.bound(tokens_per_image=0, context_length=None)
