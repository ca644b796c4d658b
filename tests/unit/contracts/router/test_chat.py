"""What a chat completion request may hold."""

from typing import Any

import pytest

from tests.builders import a_body
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.edge.validation import validate
from tollgate.errors import BadRequest


def refusal(**fields: Any) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        validate(ChatCompletionRequest, a_body(**fields))
    return caught.value


def a_call(**changes: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}, **changes}


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        ({"id": "call_1", "type": "function"}, "'function' is required"),
        ({"id": "call_1"}, "'function' is required"),
        ({"id": "call_1", "type": "function", "custom": {"name": "c", "input": ""}}, "'function' is required"),
        ({"id": "call_1", "type": "custom"}, "'custom' is required"),
        ({"id": "call_1", "type": "custom", "function": {"name": "f"}}, "'custom' is required"),
    ],
    ids=str,
)
def test_a_call_in_the_history_holds_what_its_type_says(call: dict[str, Any], fragment: str) -> None:
    error = refusal(messages=[{"role": "assistant", "tool_calls": [call]}])

    assert error.param == "messages[0].tool_calls[0]"
    assert fragment in error.message


@pytest.mark.parametrize(
    "fields",
    [
        {"provider": {"allow_fallbacks": None, "require_parameters": None, "order": None, "max_price": None}},
        {"provider": {"max_price": {"prompt": None, "completion": None}}},
        {"stream": True, "stream_options": {"include_usage": None, "include_obfuscation": None}},
        {"messages": [{"role": "assistant", "tool_calls": [a_call(type=None)]}]},
        {"messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": None}}]},
        {"messages": [{"role": "user", "content": "Hello", "name": None}]},
        {"messages": [{"role": "assistant", "content": "Hello", "tool_calls": None, "refusal": None, "audio": None}]},
        {"tools": [{"type": "function", "function": {"name": "f", "description": None, "strict": None}}]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": None, "strict": None}}},
    ],
    ids=str,
)
def test_null_is_the_same_as_absent_in_every_depth(fields: dict[str, Any]) -> None:
    validate(ChatCompletionRequest, a_body(**fields))


def test_a_request_names_four_models_at_most() -> None:
    error = refusal(models=["a/1", "a/2", "a/3", "a/4"])

    assert (error.param, error.message) == ("models", "'model' and 'models' name at most 4 models together.")


def test_a_model_that_is_named_twice_counts_once() -> None:
    validate(ChatCompletionRequest, a_body(models=["openai/gpt-4o", "a/1", "a/2", "a/1", "a/3"]))


USER = {"role": "user", "content": "Hello"}
CALLING = {"role": "assistant", "content": None, "tool_calls": [a_call()]}
OLDER_CALL = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "42"}


def said(content: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content}]}


def a_tool(**function: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", **function}}


def of_schema(**schema: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", **schema}}}


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"model": None}, "model", "Missing"),
    ({"model": 5}, "model", "valid string"),
    ({"model": ""}, "model", "at least 1"),
    ({"model": "a" * 257}, "model", "at most 256"),
    ({"messages": None}, "messages", "Missing"),
    ({"messages": []}, "messages", "at least 1"),
    ({"messages": [USER] * 2049}, "messages", "at most 2048"),
    ({"messages": {}}, "messages", "an array"),
    ({"stream": "true"}, "stream", "valid boolean"),
    ({"stream": 1}, "stream", "valid boolean"),
    ({"temperature": -0.1}, "temperature", "greater than or equal to 0"),
    ({"temperature": 2.1}, "temperature", "less than or equal to 2"),
    ({"temperature": "0.5"}, "temperature", "valid number"),
    ({"temperature": True}, "temperature", "valid number"),
    ({"max_completion_tokens": 0}, "max_completion_tokens", "greater than or equal to 1"),
    ({"max_completion_tokens": 1.5}, "max_completion_tokens", "valid integer"),
    ({"max_completion_tokens": "10"}, "max_completion_tokens", "valid integer"),
    ({"max_tokens": 0}, "max_tokens", "greater than or equal to 1"),
    ({"max_tokens": 5, "max_completion_tokens": 6}, "max_tokens", "differ"),
    ({"top_p": -0.1}, "top_p", "greater than or equal to 0"),
    ({"top_p": 1.1}, "top_p", "less than or equal to 1"),
    ({"n": 0}, "n", "greater than or equal to 1"),
    ({"n": 129}, "n", "less than or equal to 128"),
    ({"n": True}, "n", "valid integer"),
    ({"stop": ["a"] * 5}, "stop", "at most 4"),
    ({"stop": 5}, "stop", "valid string"),
    ({"stop": ["a", None]}, "stop[1]", "valid string"),
    ({"presence_penalty": -2.1}, "presence_penalty", "greater than or equal to -2"),
    ({"presence_penalty": 2.1}, "presence_penalty", "less than or equal to 2"),
    ({"frequency_penalty": -2.1}, "frequency_penalty", "greater than or equal to -2"),
    ({"frequency_penalty": 2.1}, "frequency_penalty", "less than or equal to 2"),
    ({"logit_bias": {"50256": -101}}, "logit_bias.50256", "greater than or equal to -100"),
    ({"logit_bias": {"50256": 101}}, "logit_bias.50256", "less than or equal to 100"),
    ({"logit_bias": [1]}, "logit_bias", "an object"),
    ({"logprobs": 1}, "logprobs", "valid boolean"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "less than or equal to 20"),
    ({"logprobs": True, "top_logprobs": -1}, "top_logprobs", "greater than or equal to 0"),
    ({"top_logprobs": 2}, "top_logprobs", "'logprobs': true"),
    ({"logprobs": False, "top_logprobs": 0}, "top_logprobs", "'logprobs': true"),
    ({"seed": 2**63}, "seed", "less than or equal to"),
    ({"seed": -(2**63) - 1}, "seed", "greater than or equal to"),
    ({"seed": 1.0}, "seed", "valid integer"),
    ({"response_format": "json"}, "response_format", "an object"),
    ({"response_format": {"type": "xml"}}, "response_format", "'json_schema'"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "Missing"),
    (of_schema(name="a b"), "response_format.json_schema.name", "pattern"),
    (of_schema(name="a" * 65), "response_format.json_schema.name", "at most 64"),
    (of_schema(name=""), "response_format.json_schema.name", "at least 1"),
    (of_schema(schema=[]), "response_format.json_schema.schema", "an object"),
    (of_schema(strict="yes"), "response_format.json_schema.strict", "valid boolean"),
    ({"tools": [a_tool()] * 129}, "tools", "at most 128"),
    ({"tools": [a_tool(name="a" * 65)]}, "tools[0].function.name", "at most 64"),
    ({"tools": [a_tool(name="a.b")]}, "tools[0].function.name", "pattern"),
    ({"tools": [a_tool(name=None)]}, "tools[0].function.name", "valid string"),
    ({"tools": [{"type": "function"}]}, "tools[0].function", "Missing"),
    ({"tools": [{"type": "search"}]}, "tools[0]", "'function', 'custom'"),
    ({"tools": [{"function": {"name": "f"}}]}, "tools[0].type", "Missing"),
    ({"tools": [{"type": "custom", "custom": {}}]}, "tools[0].custom.name", "Missing"),
    ({"tool_choice": "any"}, "tool_choice", "'none', 'auto' or 'required'"),
    ({"tool_choice": {"type": "custom", "custom": {}}}, "tool_choice.custom.name", "Missing"),
    (
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "none", "tools": []}}},
        "tool_choice.allowed_tools.mode",
        "'auto' or 'required'",
    ),
    (
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto"}}},
        "tool_choice.allowed_tools.tools",
        "Missing",
    ),
    ({"parallel_tool_calls": "no"}, "parallel_tool_calls", "valid boolean"),
    ({"functions": [{"name": "f"}] * 129}, "functions", "at most 128"),
    ({"functions": [{}]}, "functions[0].name", "Missing"),
    ({"functions": [{"name": "f"}], "tools": [a_tool()]}, "functions", "send one of them"),
    ({"function_call": "required"}, "function_call", "'none' or 'auto'"),
    ({"stream_options": {"include_usage": True}}, "stream_options", "'stream': true"),
    ({"stream": False, "stream_options": {}}, "stream_options", "'stream': true"),
    ({"stream": True, "stream_options": {"include_usage": "yes"}}, "stream_options.include_usage", "valid boolean"),
    ({"reasoning_effort": "huge"}, "reasoning_effort", "'minimal'"),
    ({"verbosity": "loud"}, "verbosity", "'low', 'medium' or 'high'"),
    ({"modalities": ["text", "video"]}, "modalities[1]", "'text' or 'audio'"),
    ({"modalities": ["text", "audio"]}, "audio", "required with the modality"),
    ({"audio": {"voice": "alloy", "format": "ogg"}}, "audio.format", "'pcm16'"),
    ({"audio": {"format": "wav"}}, "audio.voice", "Missing"),
    ({"prediction": {"type": "guess", "content": ""}}, "prediction.type", "'content'"),
    ({"prediction": {"type": "content"}}, "prediction.content", "Missing"),
    ({"web_search_options": True}, "web_search_options", "an object"),
    ({"service_tier": "cheap"}, "service_tier", "'flex'"),
    ({"store": "no"}, "store", "valid boolean"),
    ({"metadata": {str(number): "" for number in range(17)}}, "metadata", "at most 16"),
    ({"metadata": {"k" * 65: ""}}, "metadata." + "k" * 65, "at most 64"),
    ({"metadata": {"k": "v" * 513}}, "metadata.k", "at most 512"),
    ({"metadata": {"k": 5}}, "metadata.k", "valid string"),
    ({"user": 5}, "user", "valid string"),
    ({"safety_identifier": "u" * 65}, "safety_identifier", "at most 64"),
    ({"prompt_cache_key": 5}, "prompt_cache_key", "valid string"),
    ({"models": "a/1"}, "models", "an array"),
    ({"models": [""]}, "models[0]", "at least 1"),
    ({"provider": {"sort": "quality"}}, "provider.sort", "'latency'"),
    ({"provider": {"only": "openai"}}, "provider.only", "an array"),
    ({"provider": {"allow_fallbacks": "no"}}, "provider.allow_fallbacks", "valid boolean"),
    ({"provider": {"max_price": {"prompt": -1}}}, "provider.max_price.prompt", "greater than or equal to 0"),
    ({"route": "random"}, "route", "'fallback'"),
    ({"drop_params": "no"}, "drop_params", "valid boolean"),
    # Messages.
    (said("", "wizard"), "messages[0]", "'role' must be one of"),
    ({"messages": [USER, {"role": "user"}]}, "messages[1].content", "Missing"),
    (said(None), "messages[0].content", "valid string"),
    (said(None, "system"), "messages[0].content", "valid string"),
    (said(None, "developer"), "messages[0].content", "valid string"),
    (said([{"type": "image_url", "image_url": {"url": "https://a"}}], "system"), "messages[0].content[0].type", "text"),
    (said([{"type": "video"}]), "messages[0].content[0]", "'type' must be one of"),
    (said([{"text": "Hello"}]), "messages[0].content[0].type", "Missing"),
    (said(["Hello"]), "messages[0].content[0]", "an object"),
    (said([{"type": "image_url", "image_url": {"url": "http://a"}}]), "messages[0].content[0].image_url.url", "https"),
    (
        said([{"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AA"}}]),
        "messages[0].content[0].image_url.url",
        "png|jpeg|webp|gif",
    ),
    (
        said([{"type": "image_url", "image_url": {"url": "data:image/png,AA"}}]),
        "messages[0].content[0].image_url.url",
        "base64",
    ),
    (said([{"type": "image_url", "image_url": "https://a"}]), "messages[0].content[0].image_url", "an object"),
    (
        said([{"type": "image_url", "image_url": {"url": "https://a", "detail": "ultra"}}]),
        "messages[0].content[0].image_url.detail",
        "'low'",
    ),
    (
        said([{"type": "input_audio", "input_audio": {"data": "AA", "format": "ogg"}}]),
        "messages[0].content[0].input_audio.format",
        "'wav' or 'mp3'",
    ),
    (
        said([{"type": "input_audio", "input_audio": {"format": "wav"}}]),
        "messages[0].content[0].input_audio.data",
        "Missing",
    ),
    (said([{"type": "file"}]), "messages[0].content[0].file", "Missing"),
    (said([{"type": "refusal", "refusal": "No."}]), "messages[0].content[0]", "'type' must be one of"),
    (said([{"type": "input_audio"}], "assistant"), "messages[0].content[0]", "'text', 'refusal'"),
    ({"messages": [{"role": "assistant"}]}, "messages[0]", "content is required"),
    ({"messages": [{"role": "assistant", "content": None, "tool_calls": []}]}, "messages[0]", "content is required"),
    ({"messages": [{**CALLING, "tool_calls": [a_call(id=5)]}]}, "messages[0].tool_calls[0].id", "valid string"),
    (
        {"messages": [{**CALLING, "tool_calls": [a_call(function={"arguments": "{}"})]}]},
        "messages[0].tool_calls[0].function.name",
        "Missing",
    ),
    (
        {"messages": [{**CALLING, "tool_calls": [a_call(function={"name": "f", "arguments": {}})]}]},
        "messages[0].tool_calls[0].function.arguments",
        "valid string",
    ),
    ({"messages": [CALLING, {"role": "tool", "content": "42"}]}, "messages[1].tool_call_id", "Missing"),
    ({"messages": [CALLING, {**RESULT, "content": None}]}, "messages[1].content", "valid string"),
    ({"messages": [RESULT]}, "messages[0].tool_call_id", "answers no call"),
    ({"messages": [RESULT, CALLING]}, "messages[0].tool_call_id", "answers no call"),
    ({"messages": [CALLING, {**RESULT, "tool_call_id": "call_2"}]}, "messages[1].tool_call_id", "answers no call"),
    ({"messages": [{"role": "function", "content": "42"}]}, "messages[0].name", "Missing"),
]


@pytest.mark.parametrize(("fields", "param", "fragment"), BAD, ids=[f"{row[1]}-{row[2]}" for row in BAD])
def test_what_a_field_may_not_be_is_refused_by_name(fields: dict[str, Any], param: str, fragment: str) -> None:
    error = refusal(**fields)

    assert error.param == param
    assert fragment in error.message


GOOD: list[dict[str, Any]] = [
    {},
    {"messages": [USER] * 2048},
    {"stream": True},
    {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
    {"temperature": 0, "top_p": 1, "presence_penalty": -2, "frequency_penalty": 2},
    {"temperature": 2.0, "top_p": 0.0},
    {"max_completion_tokens": 1},
    {"max_tokens": 5, "max_completion_tokens": 5},
    {"n": 128},
    {"stop": "a"},
    {"stop": ["a", "b", "c", "d"]},
    {"logit_bias": {"1": -100, "2": 100, "3": 0.5}},
    {"logprobs": True, "top_logprobs": 20},
    {"seed": 2**63 - 1},
    {"seed": -(2**63)},
    {"response_format": {"type": "text"}},
    {"response_format": {"type": "json_object"}},
    of_schema(name="a" * 64, schema={"type": "object"}, strict=True, description="What it is."),
    {"tools": [a_tool(name="aZ_-9" + "x" * 59, parameters={"type": "object"}, strict=False)] * 128},
    {"tools": [{"type": "custom", "custom": {"name": "c", "description": "Free.", "format": {"type": "text"}}}]},
    {"tool_choice": "none"},
    {"tool_choice": {"type": "function", "function": {"name": "f"}}},
    {"tool_choice": {"type": "custom", "custom": {"name": "c"}}},
    {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [a_tool()]}}},
    {"functions": [{"name": "f", "parameters": {}}], "function_call": {"name": "f"}},
    {"functions": [{"name": "f"}], "function_call": "auto"},
    *({"reasoning_effort": effort} for effort in ("none", "minimal", "low", "medium", "high", "xhigh", "max")),
    {"modalities": ["text", "audio"], "audio": {"voice": {"id": "voice_1"}, "format": "pcm16"}},
    {"prediction": {"type": "content", "content": [{"type": "text", "text": "Hello"}]}},
    {"web_search_options": {}, "store": True, "service_tier": "fast", "verbosity": "high"},
    {"metadata": {"k" * 64: "v" * 512}},
    {"metadata": {str(number): "" for number in range(16)}},
    {"user": "u" * 1_000, "safety_identifier": "u" * 64, "prompt_cache_key": "p"},
    {"models": ["a/1"], "route": "fallback", "drop_params": False},
    {"provider": {"order": ["openai"], "only": ["openai"], "ignore": ["azure"], "sort": "price"}},
    {"provider": {"max_price": {"prompt": 0, "completion": 2.5}}},
    {"a_field_of_tomorrow": {"x": 1}},
    # Messages.
    {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}], "name": "a"}, USER]},
    {"messages": [{"role": "developer", "content": "Be brief."}, USER]},
    said(""),
    said([]),
    said([{"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}]),
    *(
        said([{"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,AA"}}])
        for kind in ("png", "jpeg", "webp", "gif")
    ),
    said([{"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}}]),
    said([{"type": "file", "file": {"filename": "a.pdf", "file_data": "AA"}}]),
    said("", "assistant"),
    said([{"type": "refusal", "refusal": "No."}], "assistant"),
    {"messages": [{"role": "assistant", "content": None, "refusal": "No."}, USER]},
    {"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}, USER]},
    {"messages": [USER, CALLING, RESULT]},
    {"messages": [USER, {**CALLING, "tool_calls": [a_call(), a_call(id="call_2")]}, RESULT, {**RESULT, "content": ""}]},
    {"messages": [USER, CALLING, USER, {**RESULT, "content": [{"type": "text", "text": "42"}]}]},
    {"messages": [{**CALLING, "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "c", "input": ""}}]}]},
    {"messages": [OLDER_CALL, {"role": "function", "name": "f", "content": None}]},
    {"messages": [{**CALLING, "reasoning_content": "Hm.", "tool_calls": [a_call(extra_content={"a": {}})]}, RESULT]},
]


@pytest.mark.parametrize("fields", GOOD, ids=lambda fields: str(fields)[:60])
def test_what_a_field_may_be_is_accepted(fields: dict[str, Any]) -> None:
    validate(ChatCompletionRequest, a_body(**fields))


@pytest.mark.parametrize(
    ("fields", "cap"),
    [
        ({}, None),
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 5}, 5),
    ],
)
def test_the_output_cap_has_two_names(fields: dict[str, Any], cap: int | None) -> None:
    assert validate(ChatCompletionRequest, a_body(**fields)).output_cap == cap
