"""The pieces of a conversation, for providers that write them in another way than OpenAI."""

from typing import Any

import pytest

from tollgate.errors import BadRequest
from tollgate.providers.conversation import arguments_of, data_of, results_of, system_loses_its_place, text_of


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hi", "Hi"),
        ("", ""),
        (None, ""),
        ([], ""),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": ""}, {"type": "refusal", "refusal": "b"}], "a\nb"),
        ([{"type": "image_url", "image_url": {}}, {"type": "text", "text": "a"}], "a"),
    ],
)
def test_the_text_of_a_message_is_that_of_its_parts(content: Any, text: str) -> None:
    assert text_of(content) == text


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('{"a": {"b": [1]}}', {"a": {"b": [1]}}),
        ("", {}),
        (None, {}),
        ("{}", {}),
        ("not json", {"_raw": "not json"}),
        ("[1]", {"_raw": "[1]"}),
        ('"a"', {"_raw": '"a"'}),
    ],
)
def test_arguments_in_the_history_are_an_object(text: Any, arguments: dict[str, Any]) -> None:
    assert arguments_of({"function": {"name": "f", "arguments": text}}) == arguments


def test_results_are_found_by_their_calls() -> None:
    result = {"role": "tool", "tool_call_id": "a", "content": "x"}

    assert results_of([{"role": "assistant", "tool_calls": [{"id": "a"}, {"id": "b"}]}, result]) == {"a": result}


@pytest.mark.parametrize("before", [[], [{"role": "assistant", "tool_calls": [{"id": "b"}]}]])
def test_a_result_needs_an_earlier_call(before: list[Any]) -> None:
    messages = [*before, {"role": "tool", "tool_call_id": "a"}, {"role": "assistant", "tool_calls": [{"id": "a"}]}]

    with pytest.raises(BadRequest) as caught:
        results_of(messages)

    assert caught.value.param == f"messages[{len(before)}].tool_call_id"


@pytest.mark.parametrize(
    ("url", "media_type", "data"),
    [
        ("data:image/png;base64,iVBO", "image/png", "iVBO"),
        ("data:Application/PDF;name=a.pdf;base64,JVBE", "application/pdf", "JVBE"),
    ],
)
def test_a_data_url_has_a_type_and_data(url: str, media_type: str, data: str) -> None:
    assert data_of(url, param="p") == (media_type, data)


@pytest.mark.parametrize(
    "url", ["https://images.example/a.png", "data:image/png,abc", "data:image/png;base64", "iVBO", "", "http:;base64,x"]
)
def test_what_would_have_to_be_fetched_is_refused(url: str) -> None:
    with pytest.raises(BadRequest) as caught:
        data_of(url, param="messages[0]")

    assert caught.value.param == "messages[0]"


@pytest.mark.parametrize(
    ("roles", "is_lost"),
    [
        ("su", False),
        ("sdu", False),
        ("ua", False),
        ("us", True),
        ("suad", True),
        ("s", False),
    ],
)
def test_an_instruction_loses_its_place_within_a_conversation(roles: str, is_lost: bool) -> None:
    words = {"s": "system", "d": "developer", "u": "user", "a": "assistant"}

    assert system_loses_its_place([{"role": words[role]} for role in roles]) is is_lost
