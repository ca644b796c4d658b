"""Prompts of WordPress's as chat completion requests."""

from typing import Any

import pytest

from tests.builders import a_model
from tests.functions.wpai.conftest import parts, say
from tollgate.contracts.wpai.prompts import PromptRequest
from tollgate.errors import BadRequest
from tollgate.services.wpai.chat_requests import to_chat, to_messages

CALL = {"type": "function_call", "functionCall": {"id": "c1", "name": "f", "args": {"a": {}}}}
RESULT = {"type": "function_response", "functionResponse": {"name": "f", "response": "rain"}}


def a_prompt(*messages: dict[str, Any], **config: Any) -> PromptRequest:
    return PromptRequest.model_validate({"messages": list(messages) or [say()], "modelConfig": config})


def messages_of(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    return to_messages(a_prompt(*messages).messages)


def test_one_text_is_a_plain_string_and_several_are_parts() -> None:
    text = {"type": "text", "text": "a"}

    assert messages_of(parts(text)) == [{"role": "user", "content": "a"}]
    assert messages_of(parts(text, text)) == [{"role": "user", "content": [text, text]}]


def test_a_message_of_nothing_but_unsigned_thoughts_is_dropped() -> None:
    thought = {"channel": "thought", "type": "text", "text": "Hm."}

    assert [one["role"] for one in messages_of(say(), parts(thought, role="model"), say())] == ["user", "user"]


def test_a_signed_thought_goes_back_to_its_provider_whole() -> None:
    mark = '{"type":"thinking","signature":"sig"}'
    thought = {"channel": "thought", "type": "text", "text": "Hm.", "thoughtSignature": mark}

    _, assistant = messages_of(say(), parts(thought, CALL, role="model"))

    assert assistant["thinking_blocks"] == [{"type": "thinking", "signature": "sig", "thinking": "Hm."}]
    assert assistant["content"] is None


@pytest.mark.parametrize("mark", ["x", "[]", "{}", '{"type":"thinking"}', '{"type":"text","text":"x"}', '{"type":[]}'])
def test_a_mark_that_is_none_of_ours_is_left_out(mark: str) -> None:
    thought = {"channel": "thought", "type": "text", "text": "Hm.", "thoughtSignature": mark}

    _, assistant = messages_of(say(), parts(thought, {"type": "text", "text": "a"}, role="model"))

    assert "thinking_blocks" not in assistant


def test_a_result_without_an_id_answers_the_last_call_of_that_name() -> None:
    other = {"type": "function_call", "functionCall": {"id": "c2", "name": "f"}}

    *_, last, first = messages_of(say(), parts(CALL, other, role="model"), parts(RESULT, RESULT))

    assert [last["tool_call_id"], first["tool_call_id"]] == ["c2", "c1"]
    assert last["content"] == "rain"


def test_calls_without_ids_get_some() -> None:
    call = {"type": "function_call", "functionCall": {"name": "f", "args": []}}

    _, assistant, result = messages_of(say(), parts(call, role="model"), parts(RESULT))

    (made,) = assistant["tool_calls"]
    assert made == {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert result["tool_call_id"] == "call_1"


@pytest.mark.parametrize(
    "messages",
    [
        [parts(RESULT)],
        [say(), parts(CALL, role="model"), parts(RESULT, RESULT)],
        [say(), parts({"type": "function_call", "functionCall": {"id": "c"}}, role="model")],
        [parts({"type": "file", "file": {"fileType": "inline", "mimeType": "application/zip", "base64Data": "AAAA"}})],
        [parts({"type": "file", "file": {"fileType": "remote", "mimeType": "audio/mpeg", "url": "https://x.org/a"}})],
    ],
    ids=str,
)
def test_what_no_model_can_be_asked_is_refused_with_its_place(messages: list[dict[str, Any]]) -> None:
    with pytest.raises(BadRequest) as caught:
        messages_of(*messages)

    assert (caught.value.param or "").startswith("messages[")


def test_sound_comes_in_and_goes_out() -> None:
    sound = {"type": "file", "file": {"fileType": "inline", "mimeType": "audio/mpeg", "base64Data": "AAAA"}}
    config = {"outputModalities": ["text", "audio"], "outputSpeechVoice": "verse", "outputMimeType": "audio/mpeg"}

    body = to_chat(a_prompt(parts({"type": "text", "text": "a"}, sound), **config), a_model())

    assert body["messages"][0]["content"][1] == {
        "type": "input_audio",
        "input_audio": {"data": "AAAA", "format": "mp3"},
    }
    assert (body["modalities"], body["audio"]) == (["text", "audio"], {"voice": "verse", "format": "mp3"})


def test_more_likely_tokens_are_asked_for_with_the_switch_that_they_need() -> None:
    body = to_chat(a_prompt(topLogprobs=3), a_model())

    assert (body["logprobs"], body["top_logprobs"]) == (True, 3)


@pytest.mark.parametrize(
    "name", ["model", "messages", "n", "stream", "user", "store", "tools", "metadata", "extra_body"]
)
def test_custom_options_set_nothing_that_is_the_gateways_business(name: str) -> None:
    with pytest.raises(BadRequest, match="custom option"):
        to_chat(a_prompt(customOptions={name: 1}), a_model())


@pytest.mark.parametrize(
    "config",
    [
        {"stopSequences": ["a", "b", "c", "d", "e"]},
        {"presencePenalty": 9},
        {"topLogprobs": 99},
        {"customOptions": {"seed": "x"}},
        {"functionDeclarations": [{"name": "no blanks", "description": ""}]},
        {"webSearch": {"allowedDomains": ["example.com"]}},
    ],
    ids=str,
)
def test_what_a_chat_completion_does_not_take_is_refused_before_money_moves(config: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        to_chat(a_prompt(**config), a_model())
