"""What is DeepSeek's own: whether it thinks, and what it takes then; its cache; blank lines while one waits."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.builders import a_body, a_chat_request, a_model
from tests.unit.providers.adapters import an_adapter, upstream
from tests.upstream import a_completion, json_reply
from tollgate.contracts.chat import Plan
from tollgate.contracts.usage import Usage
from tollgate.errors import ProviderOverloaded, UnsupportedParameter
from tollgate.providers.deepseek import has_lost_its_thoughts, read_hits

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
LOST: list[dict[str, Any]] = [
    {"role": "user", "content": "?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "!"},
]
KEPT: list[dict[str, Any]] = [LOST[0], {**LOST[1], "reasoning_content": "Let me see."}, LOST[2]]
MODEL = a_model(id="deepseek/deepseek-v4-pro", provider="deepseek", upstream_model="deepseek-v4-pro")


def planned(*, is_strict: bool = False, **fields: Any) -> Plan:
    return an_adapter("deepseek").plan(a_body(**fields), MODEL, is_strict=is_strict)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [("minimal", "low"), ("low", "low"), ("medium", "high"), ("high", "high"), ("xhigh", "high"), ("max", "max")],
)
def test_efforts_are_folded_as_deepseek_folds_them(asked: str, sent: str) -> None:
    plan = planned(reasoning_effort=asked)

    body = an_adapter("deepseek").to_wire(a_chat_request(model=MODEL, body=dict(plan.body)), is_stream=False)

    assert (body["reasoning_effort"], body["thinking"]) == (sent, {"type": "enabled"})


def test_nothing_is_said_of_thinking_where_the_client_says_nothing() -> None:
    body = an_adapter("deepseek").to_wire(a_chat_request(model=MODEL), is_stream=False)

    assert "thinking" not in body
    assert "reasoning_effort" not in body


def test_no_effort_is_no_thinking() -> None:
    plan = planned(reasoning_effort="none")

    body = an_adapter("deepseek").to_wire(a_chat_request(model=MODEL, body=dict(plan.body)), is_stream=False)

    assert body["thinking"] == {"type": "disabled"}
    assert "reasoning_effort" not in body


TUNED: dict[str, Any] = {"temperature": 0.5, "top_p": 0.5, "presence_penalty": 0.5, "frequency_penalty": 0.5}


def test_what_it_would_ignore_while_it_thinks_is_dropped_by_name() -> None:
    assert set(planned(**TUNED).dropped) == TUNED.keys()


@pytest.mark.parametrize("fields", [{"reasoning_effort": "none"}, {"messages": LOST}])
def test_what_tunes_an_answer_is_sent_where_it_does_not_think(fields: dict[str, Any]) -> None:
    plan = planned(**TUNED, **fields)

    assert plan.dropped == ()
    assert plan.body.items() >= TUNED.items()


def test_logprobs_are_refused_while_it_thinks_and_given_otherwise() -> None:
    assert planned(logprobs=True, reasoning_effort="none").body["logprobs"] is True
    with pytest.raises(UnsupportedParameter):
        planned(logprobs=True)


def test_an_operator_s_flag_holds_whether_it_thinks_or_not() -> None:
    model = structs.replace(MODEL, flags={"logprobs": False})

    with pytest.raises(UnsupportedParameter):
        an_adapter("deepseek").plan(a_body(logprobs=True, reasoning_effort="none"), model, is_strict=False)


@pytest.mark.parametrize(
    ("messages", "is_lost"),
    [
        (LOST, True),
        (KEPT, False),
        ([*KEPT, *LOST], True),
        ([*KEPT, *KEPT], False),
        ([{"role": "assistant", "content": "Hi."}], False),
        ([{**KEPT[1], "reasoning_content": ""}], False),
        ([{**KEPT[1], "reasoning_content": None}], True),
    ],
)
def test_thoughts_are_lost_where_a_call_has_come_back_without_them(messages: list[Any], is_lost: bool) -> None:
    assert has_lost_its_thoughts(messages) is is_lost


def test_an_effort_that_has_no_use_without_the_thoughts_is_dropped_by_name() -> None:
    assert planned(messages=LOST, reasoning_effort="high").dropped == ("reasoning_effort",)
    assert planned(messages=LOST, reasoning_effort="none").dropped == ()
    assert planned(messages=LOST).dropped == ()


def test_an_effort_that_has_no_use_without_the_thoughts_is_refused_where_nothing_may_be_dropped() -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        planned(messages=LOST, reasoning_effort="high", is_strict=True)

    assert caught.value.param == "reasoning_effort"


def test_a_schema_is_asked_for_in_words_since_it_takes_json_alone() -> None:
    made = planned(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}})

    assert made.body["response_format"] == {"type": "json_object"}
    assert made.answer_schema == {"type": "object"}


@pytest.mark.parametrize("field", ["user", "safety_identifier"])
def test_the_user_has_one_name(field: str) -> None:
    body = an_adapter("deepseek").to_wire(a_chat_request(model=MODEL, body={field: "u_1"}, user=None), is_stream=False)

    assert body["user_id"] == "u_1"
    assert field not in body


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 9,
                "prompt_cache_hit_tokens": 64,
                "prompt_cache_miss_tokens": 36,
            },
            Usage(100, 9, 64),
        ),
        (
            {"completion_tokens": 9, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36},
            Usage(100, 9, 64),
        ),
        ({"prompt_tokens": 100, "completion_tokens": 9}, Usage(100, 9)),
        (
            {"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 64}},
            Usage(100, 9, 64),
        ),
        ({"completion_tokens": 9, "prompt_cache_hit_tokens": 64}, Usage(0, 9, 64, is_estimated=True)),
        ({"prompt_tokens": 100, "completion_tokens": 9, "prompt_cache_hit_tokens": -1}, None),
        ({"prompt_tokens": 100, "completion_tokens": 9, "prompt_cache_miss_tokens": 1.5}, None),
        ({}, None),
        (None, None),
        ("none", None),
    ],
)
def test_what_was_found_in_the_cache_is_part_of_the_prompt(usage: Any, read: Usage | None) -> None:
    assert read_hits(usage) == read


@given(
    st.dictionaries(
        st.sampled_from(["prompt_tokens", "completion_tokens", "prompt_cache_hit_tokens", "prompt_cache_miss_tokens"]),
        st.none() | st.booleans() | st.integers() | st.text(),
    )
)
def test_no_usage_is_an_error(usage: dict[str, Any]) -> None:
    read = read_hits(usage)

    assert read is None or min(read.prompt_tokens, read.completion_tokens, read.cached_tokens) >= 0


async def test_blank_lines_come_while_one_waits() -> None:
    reply = json_reply(a_completion("Done."))

    async with upstream("deepseek", replace(reply, pieces=(b"\n", b"\n\n", *reply.pieces))) as adapter:
        completion = await adapter.complete(a_chat_request(model=MODEL))

    assert completion.choices[0]["message"]["content"] == "Done."


async def test_an_answer_for_which_there_was_no_room_is_an_overload() -> None:
    answer = a_completion("Do")
    answer["choices"][0]["finish_reason"] = "insufficient_system_resource"

    async with upstream("deepseek", json_reply(answer)) as adapter:
        with pytest.raises(ProviderOverloaded):
            await adapter.complete(a_chat_request(model=MODEL))
