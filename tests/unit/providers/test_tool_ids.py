"""Ids of tool calls, made safe for every provider, the same in the call and in its result."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.providers.tool_ids import is_safe, new_call_id, with_safe_ids


@pytest.mark.parametrize("call_id", ["call_1", "toolu_01A-b", "a", "x" * 64])
def test_an_id_of_letters_digits_and_dashes_is_safe(call_id: str) -> None:
    assert is_safe(call_id)


@pytest.mark.parametrize(
    "call_id", ["", None, 7, "functions.read:0", "a b", "id\n", "x" * 65, "größe", "call/1", ["call_1"]]
)
def test_anything_else_is_not_safe(call_id: Any) -> None:
    assert not is_safe(call_id)


def test_a_new_id_looks_like_one_of_openai_and_is_another_every_time() -> None:
    made = {new_call_id() for _ in range(100)}

    assert len(made) == 100
    assert all(re.fullmatch(r"call_[A-Za-z0-9]{24}", call_id) for call_id in made)


def test_safe_ids_stay_as_they_are() -> None:
    messages = [said("user"), called("call_1", "toolu_2"), result("toolu_2"), result("call_1")]

    assert with_safe_ids(messages) == messages


def test_an_unsafe_id_is_replaced_by_the_same_one_in_the_call_and_in_its_result() -> None:
    messages = with_safe_ids([called("functions.read:0", "functions.read:1"), result("functions.read:1")])

    first, second = ids_of(messages[0])
    assert first != second
    assert messages[1]["tool_call_id"] == second
    assert re.fullmatch(r"call_[A-Za-z0-9]{24}", first)


def test_the_replacement_is_the_same_when_the_conversation_goes_on() -> None:
    # Otherwise the provider could not read the beginning of the conversation from its cache.
    earlier = with_safe_ids([called("a:0"), result("a:0")])
    later = with_safe_ids([called("a:0"), result("a:0"), called("a:1"), result("a:1")])

    assert later[:2] == earlier


def test_an_id_that_is_used_again_in_a_later_turn_becomes_another_one() -> None:
    messages = with_safe_ids([called("call_0"), result("call_0"), called("call_0"), result("call_0")])

    assert ids_of(messages[0]) == ["call_0"] == [messages[1]["tool_call_id"]]
    assert ids_of(messages[2]) != ["call_0"]
    assert ids_of(messages[2]) == [messages[3]["tool_call_id"]]


def test_calls_of_one_turn_with_the_same_id_get_their_results_in_order() -> None:
    messages = with_safe_ids([called("", ""), result("", "first"), result("", "second")])

    assert ids_of(messages[0]) == [messages[1]["tool_call_id"], messages[2]["tool_call_id"]]
    assert len(set(ids_of(messages[0]))) == 2


def test_a_result_without_a_call_gets_a_safe_id_too() -> None:
    messages = with_safe_ids([result("functions.read:0")])

    assert is_safe(messages[0]["tool_call_id"])


def test_what_the_client_sent_is_not_changed() -> None:
    message = called("functions.read:0")

    with_safe_ids([message])

    assert ids_of(message) == ["functions.read:0"]


call_ids = st.sampled_from(["", "call_0", "call_1", "functions.read:0", "x" * 65]) | st.text(max_size=8)


@given(st.lists(st.lists(call_ids, min_size=1, max_size=4), max_size=5), st.randoms(use_true_random=False))
def test_ids_end_up_safe_and_unique_and_every_result_finds_its_call(turns: list[list[str]], random: Any) -> None:
    messages: list[dict[str, Any]] = []
    for turn in turns:
        messages.append(called(*turn))
        answered = list(dict.fromkeys(turn))
        random.shuffle(answered)
        messages += [result(call_id) for call_id in answered for _ in range(turn.count(call_id))]

    changed = with_safe_ids(messages)

    calls = [call_id for message in changed if "tool_calls" in message for call_id in ids_of(message)]
    results = [message["tool_call_id"] for message in changed if message["role"] == "tool"]
    assert all(is_safe(call_id) for call_id in calls)
    assert len(set(calls)) == len(calls)
    assert sorted(results) == sorted(calls)


def said(role: str) -> dict[str, Any]:
    return {"role": role, "content": "Hello"}


def called(*call_ids: Any) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}} for call_id in call_ids
        ],
    }


def result(call_id: Any, content: str = "done") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def ids_of(message: Any) -> list[str]:
    return [call["id"] for call in message["tool_calls"]]
