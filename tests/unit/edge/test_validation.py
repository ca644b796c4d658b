"""Bodies and query strings as contracts, and what is wrong with one."""

from typing import Any

import pytest

from tests.builders import a_body
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.contracts.shapes import Shape
from tollgate.edge.validation import validate
from tollgate.errors import BadRequest


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
        (said(A_TEXT, {"type": "video"}), "messages[1].content[1]", "'video'"),
        (said({"type": "image_url"}, role="system"), "messages[1].content[0].type", "expected 'text'"),
        (said({"type": "refusal"}, role="assistant"), "messages[1].content[0].refusal", "Missing"),
        (said(5), "messages[1].content[0]", "expected"),
        (a_body(stop=["a"] * 5), "stop", "at most 4 items"),
        (a_body(stop=["a", 5]), "stop[1]", "expected a valid string"),
        (a_body(stop=5), "stop", "expected a valid string"),
        (a_body(tool_choice="sometimes"), "tool_choice", "'none', 'auto' or 'required'"),
        (a_body(tool_choice={"type": "some"}), "tool_choice", "'some'"),
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
