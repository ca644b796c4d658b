"""Bodies and query strings as contracts, and what is wrong with one."""

from typing import Any

import pytest

from tests.builders import a_body
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.contracts.shapes import Shape
from tollgate.edge.validation import parse_body, validate
from tollgate.errors import BadRequest, InvalidJson


def refused(values: dict[str, Any], shape: type[Shape] = ChatCompletionRequest) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        validate(shape, values)
    return caught.value


def said(*parts: Any, role: str = "user") -> dict[str, Any]:
    return a_body(messages=[{"role": "system", "content": "Be brief."}, {"role": role, "content": list(parts)}])


A_TEXT = {"type": "text", "text": "Look:"}


@pytest.mark.parametrize(
    ("values", "param", "fragment"),
    [
        (
            said(A_TEXT, {"type": "image_url", "image_url": {"url": "ftp://x"}}),
            "messages[1].content[1].image_url.url",
            "match pattern",
        ),
        (said(A_TEXT, {"type": "image_url", "image_url": {}}), "messages[1].content[1].image_url.url", "Missing"),
        (said(A_TEXT, {"type": "image_url"}), "messages[1].content[1].image_url", "Missing"),
        (said(A_TEXT, {"type": "text"}), "messages[1].content[1].text", "Missing"),
        (said({"type": "text", "text": 5}), "messages[1].content[0].text", "expected a valid string"),
        (said(A_TEXT, {"type": "video"}), "messages[1].content[1]", "'type' must be one of 'text', 'image_url'"),
        (said({"type": "image_url"}, role="system"), "messages[1].content[0].type", "expected 'text'"),
        (said({"type": "refusal"}, role="assistant"), "messages[1].content[0].refusal", "Missing"),
        (said(5), "messages[1].content[0]", "expected an object"),
        (a_body(stop=["a"] * 5), "stop", "at most 4 items"),
        (a_body(stop=["a", 5]), "stop[1]", "expected a valid string"),
        (a_body(stop=5), "stop", "expected a valid string"),
        (a_body(tool_choice="sometimes"), "tool_choice", "'none', 'auto' or 'required'"),
        (a_body(tool_choice={"type": "some"}), "tool_choice", "'type' must be one of 'function'"),
        (a_body(tool_choice={"type": "function", "function": {}}), "tool_choice.function.name", "Missing"),
        (a_body(tool_choice={"type": "function"}), "tool_choice.function", "Missing"),
        (a_body(function_call={"nom": "f"}), "function_call.name", "Missing"),
        (
            a_body(prediction={"type": "content", "content": [{"type": "text"}]}),
            "prediction.content[0].text",
            "Missing",
        ),
    ],
    ids=str,
)
def test_a_field_with_several_forms_is_judged_by_the_form_that_was_meant(
    values: dict[str, Any], param: str, fragment: str
) -> None:
    error = refused(values)

    assert error.param == param
    assert fragment in error.message


@pytest.mark.parametrize(
    ("values", "param"),
    [
        (
            a_body(messages=[{"role": "user", "user": "u", "content": [{"type": "text"}]}]),
            "messages[0].content[0].text",
        ),
        (
            said({"type": "image_url", "image_url": {"image_url": "https://example.com/a.png"}}),
            "messages[1].content[0].image_url.url",
        ),
        (a_body(tools=[{"type": "function", "function": {"function": "f"}}]), "tools[0].function.name"),
    ],
    ids=str,
)
def test_a_field_that_is_called_like_a_form_is_not_taken_for_it(values: dict[str, Any], param: str) -> None:
    assert refused(values).param == param


@pytest.mark.parametrize(
    ("values", "param", "message"),
    [
        ({"model": "openai/gpt-4o"}, "messages", "Missing required parameter: 'messages'."),
        (
            a_body(messages=[{"content": "Hello"}]),
            "messages[0].role",
            "Missing required parameter: 'messages[0].role'.",
        ),
        (
            a_body(messages=[{"role": "wizard"}]),
            "messages[0]",
            (
                "Invalid value for 'messages[0]': 'role' must be one of "
                "'system', 'developer', 'user', 'assistant', 'tool', 'function'."
            ),
        ),
        (a_body(messages=["Hello"]), "messages[0]", "Invalid value for 'messages[0]': expected an object."),
        (a_body(messages="Hello"), "messages", "Invalid value for 'messages': expected an array."),
        (a_body(metadata="note"), "metadata", "Invalid value for 'metadata': expected an object."),
        (a_body(stream_options=5), "stream_options", "Invalid value for 'stream_options': expected an object."),
        (a_body(messages=[]), "messages", "'messages' must have at least 1 item (received 0)."),
        (a_body(stop=["a"] * 5), "stop", "'stop' must have at most 4 items (received 5)."),
        (
            a_body(metadata={str(number): "" for number in range(17)}),
            "metadata",
            "'metadata' must have at most 16 items (received 17).",
        ),
        (
            a_body(safety_identifier="u" * 65),
            "safety_identifier",
            "'safety_identifier' must be at most 64 characters (received 65).",
        ),
        (a_body(model=""), "model", "'model' must be at least 1 character (received 0)."),
        (a_body(n=129), "n", "Invalid value for 'n': expected less than or equal to 128."),
        (a_body(temperature="0.5"), "temperature", "Invalid value for 'temperature': expected a valid number."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_names_the_field_and_the_limit_in_the_words_of_the_api(
    values: dict[str, Any], param: str, message: str
) -> None:
    error = refused(values)

    assert (error.param, error.message) == (param, message)


@pytest.mark.parametrize(
    "values", [a_body(messages=[{"role": "x" * 10_000}]), a_body(metadata={"x" * 10_000: ""})], ids=("role", "name")
)
def test_a_refusal_is_short_whatever_was_sent(values: dict[str, Any]) -> None:
    error = refused(values)

    assert len(error.message) < 500
    assert len(error.param or "") <= 200


@pytest.mark.parametrize(
    "content",
    [
        b'{"temperature": NaN}',
        b'{"temperature": Infinity}',
        b'{"temperature": -Infinity}',
        b'{"temperature": 1e999}',
        b'{"tools": [{"function": {"parameters": {"maximum": -1E+400}}}]}',
        b'{"seed": 1' + b"0" * 400 + b".0}",
        b'{"seed": 1' + b"0" * 250 + b"e99}",
    ],
    ids=lambda content: content[:40].decode(),
)
def test_a_number_that_is_none_is_not_json(content: bytes) -> None:
    with pytest.raises(InvalidJson):
        parse_body(content, "application/json")


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": 1e308}',
        b'{"a": 1e-999}',
        b'{"a": "1e999"}',
        b'{"a": "data:image/png;base64,AAA1e999"}',
        b'{"1e999": [null, {"b": "2E400"}]}',
    ],
    ids=lambda content: content.decode(),
)
def test_a_number_that_is_one_and_a_text_that_looks_like_one_that_is_not_are_json(content: bytes) -> None:
    parse_body(content, "application/json")
