"""Requests as Gemini's bodies: the corners that no recorded exchange has."""

from typing import Any

import pytest

from tests.builders import a_model
from tollgate.contracts.chat import ChatRequest
from tollgate.errors import BadRequest, UnsupportedParameter
from tollgate.providers.google import GoogleChat
from tollgate.providers.google_request import PLACEHOLDER, to_wire, without_signatures

USER = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
OTHER = {"type": "function", "function": {"name": "g"}}


def wire(flags: dict[str, Any] | None = None, cap: int = 1000, **body: Any) -> dict[str, Any]:
    flags = GoogleChat.dialect.flags_of(a_model(flags=flags or {}))
    return to_wire(ChatRequest(a_model(), {"messages": [USER], **body}, max_output_tokens=cap), flags)


def a_call(call_id: str = "call_1", name: str = "f", arguments: Any = "{}", **changes: Any) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}, **changes}


def calling(*calls: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **changes}


def result(call_id: str = "call_1", content: Any = "done") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def signed(signature: str) -> dict[str, Any]:
    return {"extra_content": {"google": {"thought_signature": signature}}}


@pytest.mark.parametrize(
    ("effort", "cap", "flags", "budget"),
    [
        ("none", 100_000, {}, 0),
        ("minimal", 100_000, {}, 1_024),
        ("low", 100_000, {}, 1_024),
        ("medium", 100_000, {}, 8_192),
        ("high", 100_000, {}, 24_576),
        ("xhigh", 100_000, {}, 24_576),
        ("max", 100_000, {}, 24_576),
        ("high", 9_000, {}, 8_999),
        ("high", 1, {}, 0),
        ("none", 100_000, {"budget_min": 128, "budget_off": False}, 128),
        ("low", 100, {"budget_min": 128, "budget_off": False}, 128),
        ("none", 100_000, {"budget_min": 512}, 0),
        ("low", 400, {"budget_min": 512}, 0),
        ("low", 600, {"budget_min": 512}, 599),
    ],
)
def test_an_effort_becomes_a_budget_that_the_model_takes(
    effort: str, cap: int, flags: dict[str, Any], budget: int
) -> None:
    config = wire({"effort_field": "thinkingBudget", **flags}, cap, reasoning_effort=effort)["generationConfig"]

    assert config["thinkingConfig"] == {"thinkingBudget": budget}


@pytest.mark.parametrize(
    ("effort", "level"),
    [
        ("none", "MINIMAL"),
        ("minimal", "MINIMAL"),
        ("low", "LOW"),
        ("medium", "MEDIUM"),
        ("high", "HIGH"),
        ("xhigh", "HIGH"),
        ("max", "HIGH"),
    ],
)
def test_an_effort_becomes_a_level(effort: str, level: str) -> None:
    assert wire(reasoning_effort=effort)["generationConfig"]["thinkingConfig"] == {"thinkingLevel": level}


@pytest.mark.parametrize("asked", [False, None, "yes", 1])
def test_thoughts_are_shown_only_when_they_are_asked_for(asked: Any) -> None:
    assert "thinkingConfig" not in wire(include_reasoning=asked)["generationConfig"]
    assert wire(include_reasoning=True)["generationConfig"]["thinkingConfig"] == {"includeThoughts": True}


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ({"type": "function", "function": {"name": "g"}}, {"mode": "ANY", "allowedFunctionNames": ["g"]}),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [TOOL]}},
            {"mode": "VALIDATED", "allowedFunctionNames": ["f"]},
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TOOL, OTHER]}},
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
        ),
    ],
)
def test_a_choice_of_tools_becomes_a_mode(choice: Any, config: dict[str, Any]) -> None:
    body = wire(tools=[TOOL, OTHER], tool_choice=choice)

    assert body["toolConfig"] == {"functionCallingConfig": config}
    assert [one["name"] for one in body["tools"][0]["functionDeclarations"]] == ["f", "g"]


@pytest.mark.parametrize("tools", [[], [{}], [{"type": "function"}], [{"type": "function", "function": "f"}]])
def test_allowed_tools_that_name_none_are_refused(tools: list[Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        wire(tools=[TOOL], tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools}})

    assert caught.value.param == "tool_choice.allowed_tools.tools"


def test_a_tool_that_is_on_offer_no_more_is_declared_and_cannot_be_called() -> None:
    history = [USER, calling(a_call(name="gone")), result()]

    alone = wire(messages=history)
    beside = wire(messages=history, tools=[TOOL])
    forbidden = wire(messages=history, tools=[TOOL], tool_choice="none")

    assert [one["name"] for one in alone["tools"][0]["functionDeclarations"]] == ["gone"]
    assert alone["toolConfig"] == {"functionCallingConfig": {"mode": "NONE"}}
    assert [one["name"] for one in beside["tools"][0]["functionDeclarations"]] == ["f", "gone"]
    assert beside["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED", "allowedFunctionNames": ["f"]}}
    assert forbidden["toolConfig"] == {"functionCallingConfig": {"mode": "NONE"}}


def test_without_tools_there_is_nothing_about_tools() -> None:
    assert wire().keys() == {"contents", "generationConfig"}


def test_a_call_without_its_result_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        wire(messages=[USER, calling(a_call("a"), a_call("b")), result("a")])

    assert caught.value.param == "messages[1].tool_calls[1]"


def test_a_result_without_its_call_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        wire(messages=[USER, result("unknown")])

    assert caught.value.param == "messages[1].tool_call_id"


def test_results_follow_their_calls_whatever_the_client_wrote_between() -> None:
    contents = wire(messages=[USER, calling(a_call()), {"role": "user", "content": "Well?"}, result()])["contents"]

    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert [*contents[2]["parts"][0], *contents[2]["parts"][1]] == ["functionResponse", "text"]


@pytest.mark.parametrize(
    ("content", "response"),
    [
        ("rain", {"output": "rain"}),
        ("", {"output": ""}),
        ('{"celsius": 12}', {"celsius": 12}),
        ("[1, 2]", {"output": "[1, 2]"}),
        ("12", {"output": "12"}),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], {"output": "a\nb"}),
    ],
)
def test_a_result_is_an_object(content: Any, response: dict[str, Any]) -> None:
    contents = wire(messages=[USER, calling(a_call()), result(content=content)])["contents"]

    assert contents[2]["parts"][0]["functionResponse"]["response"] == response


def test_a_signature_goes_back_with_its_call_and_the_others_go_without() -> None:
    history = [USER, calling(a_call("a"), a_call("b", **signed("c2ln"))), result("a"), result("b")]

    parts = wire(messages=history)["contents"][1]["parts"]

    assert [part.get("thoughtSignature") for part in parts] == [None, "c2ln"]


def test_the_first_call_of_a_turn_that_nobody_signed_has_the_placeholder() -> None:
    history = [USER, calling(a_call("a"), a_call("b")), result("a"), result("b")]

    parts = wire(messages=history)["contents"][1]["parts"]
    older = wire({"effort_field": "thinkingBudget"}, messages=history)["contents"][1]["parts"]

    assert [part.get("thoughtSignature") for part in parts] == [PLACEHOLDER, None]
    assert [part.get("thoughtSignature") for part in older] == [None, None]


@pytest.mark.parametrize(
    "extra",
    [None, "x", {"google": None}, {"google": "x"}, {"google": {"thought_signature": 7}}, {"google": {}}, {"other": {}}],
)
def test_what_is_no_signature_of_googles_is_none(extra: Any) -> None:
    history = [USER, calling(a_call(extra_content=extra)), result()]

    parts = wire({"effort_field": "thinkingBudget"}, messages=history)["contents"][1]["parts"]

    assert "thoughtSignature" not in parts[0]


def test_signatures_are_replaced_where_there_are_any() -> None:
    history = [USER, calling(a_call(**signed("c2ln"))), result()]
    body = wire(messages=history)

    changed = without_signatures(body)

    assert changed is not None
    assert changed["contents"][1]["parts"][0]["thoughtSignature"] == PLACEHOLDER
    assert {**changed, "contents": []} == {**body, "contents": []}
    assert body["contents"][1]["parts"][0]["thoughtSignature"] == "c2ln"
    assert without_signatures(changed) is None
    assert without_signatures(wire()) is None


@pytest.mark.parametrize(
    ("messages", "roles"),
    [
        ([USER, USER], ["user"]),
        ([{"role": "assistant", "content": "Hello"}], ["user", "model"]),
        ([{"role": "user", "content": ""}], ["user"]),
        ([USER, {"role": "assistant", "content": ""}, USER], ["user"]),
        ([USER, {"role": "assistant", "content": None, "audio": {"id": "a"}}, USER], ["user"]),
        ([{"role": "system", "content": "S"}, {"role": "assistant", "content": "A"}, USER], ["user", "model", "user"]),
    ],
)
def test_turns_alternate_and_begin_with_the_user(messages: list[Any], roles: list[str]) -> None:
    contents = wire(messages=messages)["contents"]

    assert [content["role"] for content in contents] == roles
    assert all(content["parts"] for content in contents)


def test_a_refusal_in_the_history_is_what_the_model_said() -> None:
    history = [
        USER,
        {"role": "assistant", "content": None, "refusal": "I won't."},
        USER,
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}, {"type": "text", "text": "Sorry."}]},
    ]

    contents = wire(messages=history)["contents"]

    assert contents[1]["parts"] == [{"text": "I won't."}]
    assert contents[3]["parts"] == [{"text": "No."}, {"text": "Sorry."}]


@pytest.mark.parametrize(
    ("part", "kind", "param"),
    [
        (
            {"type": "image_url", "image_url": {"url": "https://images.example/cat.png"}},
            BadRequest,
            "messages[0].content[1].image_url.url",
        ),
        (
            {"type": "file", "file": {"file_data": "data:text/plain;base64,SGk="}},
            UnsupportedParameter,
            "messages[0].content[1].file.file_data",
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf"}},
            UnsupportedParameter,
            "messages[0].content[1].file.file_data",
        ),
        ({"type": "hologram"}, UnsupportedParameter, "messages[0].content[1]"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_its_place(part: dict[str, Any], kind: type[BadRequest], param: str) -> None:
    with pytest.raises(kind) as caught:
        wire(messages=[{"role": "user", "content": [{"type": "text", "text": "See:"}, part]}])

    assert caught.value.param == param


@pytest.mark.parametrize(("seed", "sent"), [(7, 7), (0, 0), (2**31, 0), (-1, 2**31 - 1), (2**63 - 1, 2**31 - 1)])
def test_a_seed_fits_into_what_gemini_takes(seed: int, sent: int) -> None:
    assert wire(seed=seed)["generationConfig"]["seed"] == sent


@pytest.mark.parametrize(("stop", "sent"), [("x", ["x"]), (["x", "", "y"], ["x", "y"])])
def test_texts_that_end_an_answer_are_a_list_without_empty_ones(stop: Any, sent: list[str]) -> None:
    assert wire(stop=stop)["generationConfig"]["stopSequences"] == sent


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "x"}},
        {"type": "json_schema", "json_schema": {"name": "x", "schema": None}},
    ],
)
def test_json_without_a_schema_is_a_media_type(wanted: dict[str, Any]) -> None:
    config = wire(response_format=wanted)["generationConfig"]

    assert config == {"maxOutputTokens": 1000, "responseMimeType": "application/json"}


def test_free_text_and_one_answer_need_no_words() -> None:
    config = wire(response_format={"type": "text"}, n=1, logprobs=False)["generationConfig"]

    assert config == {"maxOutputTokens": 1000}
