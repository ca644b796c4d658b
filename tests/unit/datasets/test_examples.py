"""One line of a training file."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.datasets.examples import MAX_TOKENS, BadLine, count_tokens, read_example

_TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)


def _line(value: Any) -> bytes:
    return json.dumps(value).encode()


def _chat(*roles: str) -> bytes:
    return _line({"messages": [{"role": role, "content": "x"} for role in roles]})


@given(prompt=_TEXT, completion=_TEXT, is_ascii=st.booleans())
def test_a_pair_is_a_question_and_its_answer_however_it_is_escaped(
    prompt: str, completion: str, is_ascii: bool
) -> None:
    line = json.dumps({"prompt": prompt, "completion": completion}, ensure_ascii=is_ascii).encode()

    example = read_example(line)

    assert [message["role"] for message in example.messages] == ["user", "assistant"]
    assert [message["content"] for message in example.messages] == [prompt, completion]
    assert example.tokens == count_tokens(len(prompt.encode())) + count_tokens(len(completion.encode()))
    assert example.tokens <= example.most_tokens


@given(
    roles=st.lists(st.sampled_from(["system", "user", "assistant"]), max_size=6).map(
        lambda roles: [*roles, "assistant"]
    )
)
def test_a_conversation_is_one_when_the_assistant_has_the_last_word(roles: list[str]) -> None:
    example = read_example(_chat(*roles))

    assert (example.form, [message["role"] for message in example.messages]) == ("messages", roles)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_example_or_a_bad_line(line: bytes) -> None:
    found = []

    with suppress(BadLine):
        found.append(read_example(line))

    assert all(example.messages for example in found)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\xff{}", "is not UTF-8 (byte 1)"),
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'"prompt"', "is not a JSON object"),
        (b"{}", "has no 'prompt'"),
        (_line({"prompt": "x"}), "has no 'completion'"),
        (_line({"prompt": "", "completion": "x"}), "'prompt' has to be a text that is not empty"),
        (_line({"prompt": "x", "completion": 1}), "'completion' has to be a text that is not empty"),
        (_line({"messages": []}), "'messages' has to be a list that is not empty"),
        (_line({"messages": {"role": "user"}}), "'messages' has to be a list that is not empty"),
        (_line({"messages": ["x"]}), "'messages[0]' is not an object"),
        (_line({"messages": [{"role": "tool", "content": "x"}]}), "'messages[0].role' has to be"),
        (_line({"messages": [{"role": ["user"], "content": "x"}]}), "'messages[0].role' has to be"),
        (_line({"messages": [{"role": "assistant", "content": None}]}), "'messages[0].content' has to be a text"),
        (_chat("user"), "the last of 'messages' has to be the assistant's"),
        (_chat("assistant", "user"), "the last of 'messages' has to be the assistant's"),
        (_line({"prompt": "x" * 4 * MAX_TOKENS, "completion": "y"}), f"has {MAX_TOKENS + 1} tokens"),
        (b'{"prompt":"\\ud800","completion":"x"}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"prompt":' + b"1" * 100_000 + b"}", "is not JSON"),
    ],
)
def test_a_bad_line_says_why(line: bytes, why: str) -> None:
    with pytest.raises(BadLine, match=r".*") as caught:
        read_example(line)

    assert str(caught.value).startswith(why)


def test_a_line_of_as_many_tokens_as_may_be_is_good() -> None:
    example = read_example(_line({"prompt": "x" * 4 * (MAX_TOKENS - 1), "completion": "y"}))

    assert example.tokens == MAX_TOKENS


def test_what_is_wrong_is_told_without_a_word_of_the_line() -> None:
    with pytest.raises(BadLine) as caught:
        read_example(b'{"prompt": "the secret of my shop"')

    assert "secret" not in str(caught.value)
