"""Chat completions as results of WordPress's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.contracts.usage import Usage
from tollgate.contracts.wpai.messages import Message
from tollgate.services.wpai.chat_answers import to_additional_data, to_candidates, to_token_usage


def a_candidate(message: dict[str, Any], reason: Any = "stop", *, is_wrapped: bool = False) -> dict[str, Any]:
    (candidate,) = to_candidates([{"message": message, "finish_reason": reason}], is_wrapped=is_wrapped)
    return candidate


def parts_of(message: dict[str, Any], **rest: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = a_candidate(message, **rest)["message"]["parts"]
    return found


@pytest.mark.parametrize(
    ("message", "reason", "expected"),
    [
        ({"content": "a"}, "stop", "stop"),
        ({"content": "a"}, "length", "length"),
        ({"content": "a"}, "function_call", "tool_calls"),
        ({"tool_calls": [{"function": {"name": "f"}}]}, "stop", "tool_calls"),
        ({"refusal": "No."}, "stop", "content_filter"),
        ({"content": "a"}, None, "error"),
        ({"content": "a"}, "eos", "error"),
    ],
)
def test_a_reason_to_end_is_one_that_wordpress_knows(message: dict[str, Any], reason: Any, expected: str) -> None:
    assert a_candidate(message, reason)["finishReason"] == expected


def test_a_reason_that_has_no_name_is_kept_beside() -> None:
    choices = [{"message": {}, "finish_reason": "eos"}, {"message": {}, "finish_reason": "stop"}]

    assert to_additional_data(choices) == {"finishReasons": ["eos", "stop"]}


def test_logprobs_are_kept_for_each_candidate() -> None:
    assert to_additional_data([{"logprobs": {"content": []}, "finish_reason": "stop"}])["logprobs"] == [{"content": []}]


def test_an_answer_of_nothing_has_an_empty_text() -> None:
    empty = [{"channel": "content", "type": "text", "text": ""}]

    assert parts_of({"content": None}) == parts_of({"content": ""}) == empty


def test_a_refusal_is_text() -> None:
    assert parts_of({"content": None, "refusal": "No."})[0]["text"] == "No."


def test_text_in_pieces_becomes_one_part() -> None:
    (part,) = parts_of({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})

    assert part["text"] == "ab"


def test_sound_comes_as_a_file_with_what_is_said_before_it() -> None:
    text, file = parts_of({"content": None, "audio": {"data": "AAAA", "transcript": "Hi"}})

    assert text["text"] == "Hi"
    assert file["file"] == {"fileType": "inline", "mimeType": "audio/wav", "base64Data": "AAAA"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [("{}", {}), ("", {}), (None, {}), ('{"a":{}}', {"a": {}}), ("{bad", "{bad"), ({"a": 1}, {"a": 1})],
)
def test_arguments_are_parsed_and_never_lost(arguments: Any, expected: Any) -> None:
    call = {"id": "c1", "function": {"name": "f", "arguments": arguments}}

    part = next(part for part in parts_of({"tool_calls": [call]}) if part["type"] == "function_call")

    assert part["functionCall"] == {"id": "c1", "name": "f", "args": expected}


def test_a_signature_survives_the_way_to_the_page_and_back() -> None:
    thought = parts_of(
        {"content": "a", "thinking_blocks": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}]}
    )[0]

    assert (thought["channel"], thought["text"]) == ("thought", "Hm.")
    assert thought["thoughtSignature"] == '{"type":"thinking","signature":"s"}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"value":[1]}', "[1]"), ('{"value":{}}', "{}"), ("no", "no"), ('{"a":1}', '{"a":1}'), ("[1]", "[1]")],
)
def test_a_wrapped_value_comes_out_and_what_is_none_stays(text: str, expected: str) -> None:
    assert parts_of({"content": text}, is_wrapped=True)[0]["text"] == expected


def test_thoughts_are_counted_only_where_there_are_some() -> None:
    assert to_token_usage(Usage(3, 2)) == {"promptTokens": 3, "completionTokens": 2, "totalTokens": 5}
    assert to_token_usage(Usage(3, 2, reasoning_tokens=1))["thoughtTokens"] == 1


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "content": st.none() | st.text(),
            "refusal": st.none() | st.text(),
            "reasoning_content": st.none() | st.text(),
            "tool_calls": st.lists(
                st.fixed_dictionaries(
                    {
                        "id": st.text(min_size=1),
                        "function": st.fixed_dictionaries({"name": st.just("f"), "arguments": st.text()}),
                    }
                ),
                max_size=2,
            ),
        },
    )
)
def test_what_is_answered_can_be_sent_back_as_history(message: dict[str, Any]) -> None:
    candidate = a_candidate(message)

    assert Message.model_validate(candidate["message"]).parts
