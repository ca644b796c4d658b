"""Conversations in turns, against a vendor whose words are easy to read."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_model
from tollgate.errors import BadRequest, UnsupportedParameter
from tollgate.providers.turns import (
    Block,
    check_turns,
    data_of,
    is_in_tool_loop_without_thoughts,
    is_thought,
    to_turns,
    tools_in,
)


class Plain:
    def text(self, text: str, *, is_cached: bool) -> list[Block]:
        return [{"text": text, **({"cached": True} if is_cached else {})}]

    def image(self, url: str, *, is_cached: bool) -> list[Block]:
        return [{"image": url}]

    def pdf(self, base64: str, *, name: str | None, is_cached: bool) -> list[Block]:
        return [{"pdf": base64, "name": name}]

    def call(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> list[Block]:
        return [{"call": call_id, "name": name, "arguments": arguments}]

    def result(self, call_id: str, content: list[Block]) -> list[Block]:
        return [{"result": call_id, "content": content}]

    def thinking(self, block: Mapping[str, Any]) -> list[Block]:
        return [{"thought": block["signature"]}]


def user(content: Any = "Hi", **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


def system(content: Any = "Be brief.") -> dict[str, Any]:
    return {"role": "system", "content": content}


def assistant(content: Any = "Ho", **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def calls(*ids: str, arguments: Any = "{}", **more: Any) -> dict[str, Any]:
    made = [{"id": each, "type": "function", "function": {"name": f"f_{each}", "arguments": arguments}} for each in ids]
    return assistant(None, tool_calls=made, **more)


def result(call_id: str, content: Any = "done") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


THOUGHT = {"type": "thinking", "thinking": "", "signature": "s"}


def turns_of(*messages: Any) -> list[tuple[str, list[Any]]]:
    return [(turn["role"], turn["content"]) for turn in to_turns(messages, Plain())[1]]


def test_what_the_system_says_is_taken_out_in_its_order() -> None:
    messages = [system("A"), user(), {"role": "developer", "content": [{"type": "text", "text": "B"}]}]

    said, turns = to_turns(messages, Plain())

    assert said == [{"text": "A"}, {"text": "B"}]
    assert [turn["role"] for turn in turns] == ["user"]


def test_messages_of_one_speaker_are_one_turn() -> None:
    assert turns_of(user("A"), user("B"), assistant("C"), assistant("D")) == [
        ("user", [{"text": "A"}, {"text": "B"}]),
        ("assistant", [{"text": "C"}, {"text": "D"}]),
    ]


def test_the_user_begins() -> None:
    assert turns_of(assistant("Welcome."), user()) == [
        ("user", [{"text": "."}]),
        ("assistant", [{"text": "Welcome."}]),
        ("user", [{"text": "Hi"}]),
    ]


def test_results_stand_before_what_the_user_says_wherever_they_came() -> None:
    (_, _, (role, content)) = turns_of(user(), calls("1", "2"), result("2"), user("And?"), result("1"))

    assert role == "user"
    assert [next(iter(block)) for block in content] == ["result", "result", "text"]
    assert [block.get("result") for block in content] == ["2", "1", None]


def test_what_says_nothing_is_left_out() -> None:
    turns = turns_of(user([{"type": "text", "text": ""}, {"type": "text", "text": "Hi"}]), assistant(""), user("\n"))

    assert turns == [("user", [{"text": "Hi"}])]


def test_an_assistant_thinks_then_speaks_then_calls() -> None:
    said = calls("1", thinking_blocks=[THOUGHT, {"type": "unknown"}], refusal="No.") | {"content": "Well."}

    (_, (_, content)) = turns_of(user(), said)

    assert content == [
        {"thought": "s"},
        {"text": "Well."},
        {"text": "No."},
        {"call": "1", "name": "f_1", "arguments": {}},
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"a":1}', {"a": 1}),
        ("", {}),
        (None, {}),
        ("not json", {"_raw": "not json"}),
        ("[1]", {"_raw": "[1]"}),
        ("7", {"_raw": "7"}),
    ],
)
def test_arguments_are_an_object_whatever_they_were(arguments: Any, expected: Any) -> None:
    (_, (_, content)) = turns_of(user(), calls("1", arguments=arguments))

    assert content[0]["arguments"] == expected


def test_a_pdf_comes_with_or_without_its_media_type() -> None:
    parts = [{"type": "file", "file": {"file_data": data}} for data in ("data:application/pdf;base64,JVBER", "JVBER")]

    ((_, content),) = turns_of(user(parts))

    assert content == [{"pdf": "JVBER", "name": None}] * 2


_MESSAGES = st.lists(
    st.one_of(
        st.builds(user, st.sampled_from(["", " ", "Hi"])),
        st.builds(assistant, st.sampled_from(["", "Ho"])),
        st.builds(system, st.sampled_from(["", "S"])),
        st.sampled_from(["1", "2", "1.2:3"]).map(calls),
        st.sampled_from(["1", "2", "1.2:3"]).map(result),
    ),
    max_size=12,
)


@given(_MESSAGES)
def test_speakers_always_alternate_the_user_begins_and_no_turn_is_empty(messages: list[Any]) -> None:
    turns = turns_of(*messages)

    assert all(content for _, content in turns)
    assert all(earlier != later for (earlier, _), (later, _) in pairwise(turns))
    assert not turns or turns[0][0] == "user"


@pytest.mark.parametrize(
    ("messages", "lost"),
    [
        ([system(), user()], []),
        ([system(), system(), user()], []),
        ([user(), system()], ["messages.system_order"]),
        ([user(name="ada")], ["messages.name"]),
        ([user([{"type": "image_url", "image_url": {"url": "https://x", "detail": "auto"}}])], []),
        ([user([{"type": "image_url", "image_url": {"url": "https://x", "detail": "low"}}])], ["messages.detail"]),
        ([user([{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}])], []),
        ([user([{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "5m"}}])], []),
        (
            [user([{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}])],
            ["messages.cache_control.ttl"],
        ),
        ([user(name="a"), system(), user(name="b")], ["messages.name", "messages.system_order"]),
    ],
)
def test_what_is_lost_is_named_once(messages: list[Any], lost: list[str]) -> None:
    assert check_turns(messages, a_model()) == lost


@pytest.mark.parametrize(
    "messages", [[system()], [system(), user("")], [user([{"type": "text", "text": " "}])], [assistant("")]]
)
def test_somebody_has_to_say_something(messages: list[Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        check_turns(messages, a_model())

    assert caught.value.param == "messages"


@pytest.mark.parametrize("messages", [[calls("1")], [result("1", "")], [assistant(None, refusal="No.")]])
def test_calls_results_and_refusals_say_something(messages: list[Any]) -> None:
    assert check_turns(messages, a_model()) == []


@pytest.mark.parametrize(
    ("message", "param"),
    [
        (user([{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]), "messages[0].content[0]"),
        (assistant(None, audio={"id": "audio_1"}), "messages[0].audio"),
        (user([{"type": "file", "file": {}}]), "messages[0].content[0].file.file_data"),
        (
            user([{"type": "file", "file": {"file_data": "data:text/plain;base64,SGk="}}]),
            "messages[0].content[0].file.file_data",
        ),
        (user([{"type": "file", "file": {"file_data": "SGk="}}]), "messages[0].content[0].file.file_data"),
    ],
)
def test_what_cannot_be_said_in_turns_is_refused(message: Any, param: str) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        check_turns([message], a_model())

    assert caught.value.param == param


def test_tools_are_known_from_their_calls_once_each() -> None:
    assert tools_in([user(), calls("1", "2"), calls("1")]) == ["f_1", "f_2"]


@pytest.mark.parametrize(
    ("messages", "is_missing"),
    [
        ([user()], False),
        ([user(), calls("1"), result("1")], True),
        ([user(), calls("1", thinking_blocks=[THOUGHT]), result("1")], False),
        ([user(), calls("1", thinking_blocks=[{**THOUGHT, "signature": ""}]), result("1")], True),
        ([user(), calls("1", thinking_blocks=[THOUGHT]), result("1"), calls("2"), result("2")], True),
        ([user(), calls("1"), result("1"), user()], False),
        ([user(), calls("1"), result("1"), system()], True),
        ([user(), assistant("Ho"), user()], False),
    ],
)
def test_thoughts_are_missed_only_since_the_user_spoke(messages: list[Any], is_missing: bool) -> None:
    assert is_in_tool_loop_without_thoughts(messages) is is_missing


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (THOUGHT, True),
        ({"type": "redacted_thinking", "data": "x"}, True),
        ({"type": "redacted_thinking", "data": ""}, False),
        ({"type": "redacted_thinking"}, False),
        ({"type": "thinking", "thinking": "x"}, False),
        ({"type": "thinking", "signature": "x"}, False),
        ({"type": "text", "text": "x"}, False),
        ("thinking", False),
        (None, False),
    ],
)
def test_a_thought_is_one_with_its_signature(block: Any, expected: bool) -> None:
    assert is_thought(block) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:image/png;base64,AAAA", ("image/png", "AAAA")),
        ("https://x/a,b", ("", "")),
        ("data:image/png", ("", "")),
    ],
)
def test_a_data_url_is_a_type_and_its_data(url: str, expected: tuple[str, str]) -> None:
    assert data_of(url) == expected
