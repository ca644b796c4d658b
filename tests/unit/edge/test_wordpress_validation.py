"""Bodies as WordPress's REST API reads them, and what it says is wrong with one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functions.wpai.conftest import parts, say
from tollgate.contracts.wpai.prompts import PromptRequest
from tollgate.edge.wordpress_validation import parse_rest_body, validate_rest
from tollgate.errors import InvalidJson, InvalidParams, MissingParams

TEXT = {"type": "text", "text": "What is it?"}
IMAGE = {"fileType": "inline", "mimeType": "image/png", "base64Data": "iVBORw=="}
NAMES = st.sampled_from(
    [
        "messages",
        "role",
        "parts",
        "type",
        "text",
        "file",
        "fileType",
        "url",
        "base64Data",
        "mimeType",
        "modelConfig",
        "x",
    ]
) | st.text(max_size=3)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def a_file(**changes: Any) -> dict[str, Any]:
    return parts({"type": "file", "file": {**IMAGE, **changes}})


def faults(values: dict[str, Any]) -> dict[str, str]:
    """The code of what is wrong with each parameter."""
    with pytest.raises(InvalidParams) as caught:
        validate_rest(PromptRequest, values)
    facts = caught.value.metadata
    assert facts["params"].keys() == facts["details"].keys()
    return {name: detail["code"] for name, detail in facts["details"].items()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"messages": []}, {"messages": "rest_too_few_items"}),
        ({"messages": "hello"}, {"messages": "rest_invalid_type"}),
        ({"messages": [say(role="system")]}, {"messages": "rest_not_in_enum"}),
        ({"messages": [{"role": "user", "parts": []}]}, {"messages": "rest_too_few_items"}),
        ({"messages": [{"role": "user"}]}, {"messages": "rest_property_required"}),
        ({"messages": [parts({**TEXT, "x": 1})]}, {"messages": "rest_no_matching_schema"}),
        ({"messages": [parts({**TEXT, "channel": "x"})]}, {"messages": "rest_no_matching_schema"}),
        ({"messages": [parts({**TEXT, "type": "file"})]}, {"messages": "rest_no_matching_schema"}),
        ({"messages": [parts({"text": "x"})]}, {"messages": "rest_no_matching_schema"}),
        ({"messages": [a_file(url="https://example.com/a.png")]}, {"messages": "rest_no_matching_schema"}),
        ({"messages": [a_file(base64Data="!!!")]}, {"messages": "rest_no_matching_schema"}),
        ({"messages": [a_file(base64Data="/etc/passwd")]}, {"messages": "rest_no_matching_schema"}),
        ({"messages": [a_file(mimeType="image")]}, {"messages": "rest_no_matching_schema"}),
        (
            {"messages": [a_file(fileType="remote", base64Data=None, url="ftp://x/y")]},
            {"messages": "rest_no_matching_schema"},
        ),
        (
            {"messages": [parts({"type": "function_call", "functionCall": {"name": "x"}})]},
            {"messages": "rest_invalid_param"},
        ),
        (
            {"messages": [parts({"type": "function_response", "functionResponse": {"name": "x"}})]},
            {"messages": "rest_no_matching_schema"},
        ),
        (
            {"messages": [parts({"type": "function_response", "functionResponse": {"response": 1}})]},
            {"messages": "rest_no_matching_schema"},
        ),
        ({"modelConfig": {"temperature": 3}}, {"modelConfig": "rest_out_of_bounds"}),
        ({"modelConfig": {"maxTokens": 0}}, {"modelConfig": "rest_out_of_bounds"}),
        ({"modelConfig": {"maxTokens": 1.5}}, {"modelConfig": "rest_invalid_type"}),
        ({"modelConfig": {"maxTokens": True}}, {"modelConfig": "rest_invalid_type"}),
        ({"modelConfig": {"logprobs": "yes"}}, {"modelConfig": "rest_invalid_type"}),
        ({"modelConfig": {"stopSequences": "a,b"}}, {"modelConfig": "rest_invalid_type"}),
        ({"modelConfig": {"candidateCount": 1000}}, {"modelConfig": "rest_out_of_bounds"}),
        ({"modelConfig": {"foo": 1}}, {"modelConfig": "rest_additional_properties_forbidden"}),
        ({"requestOptions": {"foo": 1}}, {"requestOptions": "rest_additional_properties_forbidden"}),
        ({"modelConfig": {"outputMediaAspectRatio": "3"}}, {"modelConfig": "rest_invalid_pattern"}),
        (
            {"modelConfig": {"outputMediaAspectRatio": "3:2", "outputMediaOrientation": "square"}},
            {"modelConfig": "rest_invalid_param"},
        ),
        ({"capability": "x"}, {"capability": "rest_not_in_enum"}),
        ({"capability": ""}, {"capability": "rest_not_in_enum"}),
        ({"providerId": 5}, {"providerId": "rest_invalid_type"}),
        ({"modelPreferences": [["a"]]}, {"modelPreferences": "rest_no_matching_schema"}),
        ({"modelPreferences": [["a", "b", "c"]]}, {"modelPreferences": "rest_no_matching_schema"}),
        (
            {"modelConfig": {"topP": 2}, "capability": "x"},
            {"modelConfig": "rest_out_of_bounds", "capability": "rest_not_in_enum"},
        ),
    ],
    ids=str,
)
def test_each_bad_parameter_is_named_with_its_fault(changes: dict[str, Any], expected: dict[str, str]) -> None:
    assert faults({"messages": [say()], **changes}) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"modelConfig": []},
        {"unknown": 1},
        {"providerId": None},
        {"modelConfig": {"temperature": None, "stopSequences": [], "outputSchema": []}},
        {"modelConfig": {"maxTokens": 12.0, "logprobs": "false"}},
        {"messages": [parts(TEXT)]},
        {"messages": [say(""), say("more")]},
        {"requestOptions": {"timeout": None, "maxRedirects": 0}},
    ],
    ids=str,
)
def test_what_php_pages_send_is_taken(changes: dict[str, Any]) -> None:
    assert validate_rest(PromptRequest, {"messages": [say()], **changes}).messages


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"temperature": "0.5"}, {"temperature": 0.5}),
        ({"maxTokens": "12"}, {"max_tokens": 12}),
        ({"maxTokens": 12.0}, {"max_tokens": 12}),
        ({"logprobs": "TRUE"}, {"logprobs": True}),
        ({"logprobs": 0}, {"logprobs": False}),
        ({"customOptions": []}, {"custom_options": {}}),
    ],
    ids=str,
)
def test_numbers_and_booleans_may_come_as_text(sent: dict[str, Any], meant: dict[str, Any]) -> None:
    config = validate_rest(PromptRequest, {"messages": [say()], "modelConfig": sent}).config

    assert config is not None
    assert {name: getattr(config, name) for name in meant} == meant


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"maxTokens": "1_0"}, "modelConfig[maxTokens] is not of type integer."),
        ({"temperature": "inf"}, "modelConfig[temperature] is not of type number."),
        ({"topP": -1}, "modelConfig[topP] must be greater than or equal to 0"),
        ({"outputFileType": "x"}, "modelConfig[outputFileType] is not one of inline and remote."),
        ({"stopSequences": [1]}, "modelConfig[stopSequences][0] is not of type string."),
        (
            {"functionDeclarations": [{"name": "x"}]},
            "description is a required property of modelConfig[functionDeclarations][0].",
        ),
        ({"x": 1}, "x is not a valid property of Object."),
    ],
    ids=str,
)
def test_a_fault_is_told_in_wordpress_words(config: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        validate_rest(PromptRequest, {"messages": [say()], "modelConfig": config})

    assert caught.value.metadata["params"] == {"modelConfig": message}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_has_no_fields(content_type: str) -> None:
    assert parse_rest_body(b'{"messages": []}', content_type) == {}


@pytest.mark.parametrize("content", [b"", b"  ", b"[]", b"[1]", b"5", b"null"])
def test_a_body_that_is_no_object_has_no_fields(content: bytes) -> None:
    assert parse_rest_body(content, "application/json; charset=utf-8") == {}


@pytest.mark.parametrize("content", [b"{bad", b"NaN", b'{"a": 1e999}', b'"\\ud800"'])
def test_what_is_not_json_is_told(content: bytes) -> None:
    with pytest.raises(InvalidJson):
        parse_rest_body(content, "application/json")


@given(JSON_VALUES)
def test_whatever_is_sent_is_a_prompt_or_a_fault_of_the_caller(value: Any) -> None:
    said = {"role": "user", "parts": [value]}

    for body in ({"messages": value}, {"messages": [said]}, {"messages": [say()], "modelConfig": value}):
        assert outcome(body) is not None


def outcome(body: dict[str, Any]) -> Any:
    """The messages of a prompt, or what is wrong with it."""
    try:
        return validate_rest(PromptRequest, body).messages
    except (MissingParams, InvalidParams) as exc:
        return exc.metadata["params"] or None
