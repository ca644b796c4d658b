"""Bodies and query strings as contracts, and what is wrong with one."""

from typing import Any, ClassVar

import pytest

from tests.builders import a_body
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.contracts.shapes import Query, Shape, StrictShape
from tollgate.edge.validation import parse_body, validate
from tollgate.errors import BadRequest, InvalidJson, UnsupportedMediaType


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


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"{",
        b'{"a": 1',
        b'{"a": "\\ud800"}',
        b'{"a": "\\ud800x"}',
        b'{"a": "\\udc00\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\xff"}',
        b"{'a': 1}",
        b'{"a": 1} {"b": 2}',
        b'{"a": 1,}',
        b'{"a": undefined}',
        b'{"a": 01}',
        b'{"a": "line\nbreak"}',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b'{"a": ' + b"9" * 5_000 + b"}",
        b"[" * 10_000,
    ],
    ids=lambda content: content[:20].decode("latin-1") or "nothing",
)
def test_what_does_not_parse_is_invalid_json(content: bytes) -> None:
    with pytest.raises(InvalidJson) as caught:
        parse_body(content, "application/json")

    assert caught.value.reason == "invalid_json"


@pytest.mark.parametrize("content", [b"[]", b'[{"model": "m"}]', b'"text"', b"5", b"null", b"true"])
def test_json_that_is_no_object_is_invalid_json_too(content: bytes) -> None:
    with pytest.raises(InvalidJson, match="JSON object"):
        parse_body(content, "application/json")


def test_a_refused_body_is_not_repeated() -> None:
    with pytest.raises(InvalidJson) as caught:
        parse_body(b'{"messages": [{"content": "my secret" oops}]}', "application/json")

    assert "secret" not in caught.value.message


def test_of_equal_names_the_last_one_counts() -> None:
    assert parse_body(b'{"n": 1, "n": 2}', "application/json") == {"n": 2}


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert parse_body(b'{"a": "\\ud83d\\ude00"}', "application/json") == {"a": "😀"}


def test_blank_lines_around_the_body_do_not_matter() -> None:
    assert parse_body(b'\r\n\n {"a": 1} \n', "application/json") == {"a": 1}


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", " application/json ", ""],
)
def test_json_is_read_under_its_content_type_with_any_parameters_and_under_none(content_type: str) -> None:
    assert parse_body(b"{}", content_type) == {}


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/jsonp", "json"],
)
def test_another_content_type_is_not_read_whatever_the_body_is(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        parse_body(b"{}", content_type)

    assert caught.value.metadata == {"content_type": content_type.partition(";")[0]}


def test_a_body_of_no_type_that_is_not_json_has_the_wrong_type() -> None:
    with pytest.raises(UnsupportedMediaType):
        parse_body(b"model=gpt-4o", "")


def test_an_empty_body_of_no_type_is_merely_empty() -> None:
    with pytest.raises(InvalidJson, match="it is empty"):
        parse_body(b"", "")


def test_a_content_type_of_any_length_is_told_in_short() -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        parse_body(b"{}", "x" * 10_000)

    assert len(caught.value.message) < 200


class Inner(Shape):
    count: int | None = None


class Example(StrictShape):
    name: str
    size: int = 3
    inner: Inner | None = None


class Clearing(StrictShape):
    null_is_absent: ClassVar[bool] = False

    name: str | None = "unnamed"


class Page(Query):
    limit: int = 20


def test_null_for_an_optional_field_is_the_same_as_not_sending_it() -> None:
    assert validate(Example, {"name": "a", "size": None, "inner": None}) == Example(name="a")


def test_null_for_a_required_field_is_a_missing_field() -> None:
    assert refused({"name": None}, Example).message == "Missing required parameter: 'name'."


def test_null_stays_where_it_clears_a_value() -> None:
    assert validate(Clearing, {"name": None}).name is None


def test_an_unknown_field_is_refused_only_where_the_contract_is_strict_about_it() -> None:
    assert refused({"name": "a", "colour": "red"}, Example).message == "Unknown parameter: 'colour'."
    assert validate(Example, {"name": "a", "inner": {"colour": "red"}}).inner == Inner()


def test_an_unknown_field_that_is_null_is_not_there() -> None:
    validate(Example, {"name": "a", "colour": None})


def test_the_first_field_at_fault_is_named() -> None:
    assert refused({"size": "x", "inner": 5}, Example).param == "name"


@pytest.mark.parametrize("value", ["5", 5.0, True])
def test_a_json_value_of_another_type_is_not_turned_into_the_right_one(value: Any) -> None:
    assert refused({"name": "a", "inner": {"count": value}}, Example).param == "inner.count"


def test_a_query_is_text_and_its_numbers_are_read_from_it() -> None:
    assert validate(Page, {"limit": "5"}).limit == 5


def test_a_bad_query_parameter_is_called_one() -> None:
    assert refused({"limit": "five"}, Page).message.startswith("Invalid query parameter for 'limit': ")


@pytest.mark.parametrize(
    ("function", "param"),
    [
        ({}, "tools[1].function.name"),
        ({"name": "has space"}, "tools[1].function.name"),
        ({"name": "f", "parameters": []}, "tools[1].function.parameters"),
        ({"name": "f", "strict": "yes"}, "tools[1].function.strict"),
        ({"name": "f", "description": 5}, "tools[1].function.description"),
    ],
)
def test_a_fault_in_a_tool_is_found_inside_of_it(function: dict[str, Any], param: str) -> None:
    good = {"type": "function", "function": {"name": "f"}}

    assert refused(a_body(tools=[good, {"type": "function", "function": function}])).param == param


def test_a_message_of_ours_is_taken_as_it_is() -> None:
    error = refused(a_body(stream_options={"include_usage": True}))

    assert (error.param, error.message) == (
        "stream_options",
        "'stream_options' is only allowed with 'stream': true.",
    )
