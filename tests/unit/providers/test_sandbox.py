"""The provider that answers without a network: always the same, and wrong only on purpose."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import httpx2
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_body, a_model
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta
from tollgate.errors import (
    ConnectFailed,
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    TooLarge,
    UnsupportedParameter,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)
from tollgate.ledger.bounds import measure
from tollgate.providers.connection import Connection
from tollgate.providers.registry import PROVIDERS
from tollgate.providers.sandbox import SandboxChat, count_tokens
from tollgate.providers.tool_ids import is_safe

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time"}}


def a_sandbox() -> SandboxChat:
    async def no_credential(_fresh: bool) -> None:
        return None

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: pytest.fail("it has no network")))
    return SandboxChat(Connection(PROVIDERS["sandbox"], http=http, environment={}, credential=no_credential))


def a_sandbox_model(trick: str = "chat", **changes: Any) -> Model:
    return a_model(
        **{
            "id": f"sandbox/{trick}",
            "provider": "sandbox",
            "upstream_model": trick,
            "input_modalities": ("text", "image", "audio", "file"),
            **changes,
        }
    )


def a_request(trick: str = "chat", *, cap: int = 1000, model: Any = None, **fields: Any) -> ChatRequest:
    model = model or a_sandbox_model(trick)
    plan = a_sandbox().plan(a_body(**fields), model, is_strict=False)
    return ChatRequest(model=model, body=plan.body, max_output_tokens=cap)


async def whole(*args: Any, **fields: Any) -> Completion:
    return await a_sandbox().complete(a_request(*args, **fields))


async def streamed(*args: Any, came: list[Delta] | None = None, **fields: Any) -> list[Delta]:
    deltas = [] if came is None else came
    async with aclosing(a_sandbox().stream(a_request(*args, **fields))) as stream:
        async for delta in stream:
            deltas.append(delta)
    return deltas


def said(completion: Completion, index: int = 0) -> Any:
    return completion.choices[index]["message"]["content"]


def calls(completion: Completion) -> list[tuple[str, Any]]:
    return [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in completion.choices[0]["message"].get("tool_calls", ())
    ]


def user(text: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


async def test_it_repeats_what_it_was_told() -> None:
    completion = await whole(messages=user("Grüße 🌍"))

    assert said(completion) == "You said: Grüße 🌍"
    assert completion.choices[0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("messages", "answer"),
    [
        (user(""), "You said nothing."),
        (
            user([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:,"}}]),
            "You said: a [image_url]",
        ),
        ([*user("x"), {"role": "tool", "tool_call_id": "c", "content": "12 C"}], "The tool says: 12 C"),
        ([*user("x"), {"role": "assistant", "content": "And"}], "You said: And"),
    ],
)
async def test_it_answers_the_last_message(messages: list[Any], answer: str) -> None:
    assert said(await whole(messages=messages)) == answer


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"n": 3},
        {"trick": "reasoner"},
        {"tools": [WEATHER, CLOCK]},
        {"response_format": {"type": "json_object"}},
        {"cap": 3},
    ],
)
async def test_the_same_question_has_the_same_answer(fields: dict[str, Any]) -> None:
    first, second = await whole(**fields), await whole(**fields)

    assert first == second
    assert await streamed(**fields) == await streamed(**fields)


texts = st.text(max_size=60)


requests = st.fixed_dictionaries(
    {
        "trick": st.sampled_from(["chat", "reasoner", "tiny", "no-usage"]),
        "cap": st.integers(1, 40),
        "messages": texts.map(user),
        "n": st.integers(1, 3),
    },
    optional={
        "stop": texts | st.lists(texts, max_size=3),
        "reasoning_effort": st.sampled_from(["none", "low"]),
        "tools": st.sampled_from([[WEATHER], [WEATHER, CLOCK]]),
        "tool_choice": st.sampled_from(["auto", "none"]),
        "parallel_tool_calls": st.booleans(),
        "response_format": st.sampled_from([{"type": "json_object"}, {"type": "text"}]),
    },
)


@given(requests)
async def test_a_whole_answer_is_its_stream_put_together(fields: dict[str, Any]) -> None:
    completion = await whole(**fields)
    deltas = await streamed(**fields)

    cap, n = fields["cap"], fields["n"]
    assert [joined(deltas, index) for index in range(n)] == [shown(one) for one in completion.choices]
    assert [delta.usage for delta in deltas if delta.usage is not None] == (
        [completion.usage] if completion.usage else []
    )
    if completion.usage is not None:
        assert 1 <= completion.usage.completion_tokens <= cap * n
        assert completion.usage.reasoning_tokens <= completion.usage.completion_tokens


@pytest.mark.parametrize(
    ("stop", "answer"),
    [
        (" two", "You said: one"),
        ([" three", " two"], "You said: one"),
        ("You", ""),
        ("never", "You said: one two three"),
        ("", "You said: one two three"),
        (["", " two"], "You said: one"),
    ],
)
async def test_it_stops_before_a_stop_sequence(stop: Any, answer: str) -> None:
    completion = await whole(messages=user("one two three"), stop=stop)

    assert said(completion) == answer
    assert completion.choices[0]["finish_reason"] == "stop"


@pytest.mark.parametrize("cap", [1, 2, 5])
async def test_it_is_cut_at_the_output_cap(cap: int) -> None:
    completion = await whole(cap=cap, messages=user("one two three four five"))

    assert count_tokens(said(completion)) == cap
    assert completion.choices[0]["finish_reason"] == "length"
    assert completion.usage is not None
    assert completion.usage.completion_tokens == cap


async def test_thinking_counts_towards_the_output_cap() -> None:
    completion = await whole("reasoner", cap=4)

    message = completion.choices[0]["message"]
    assert count_tokens(message["reasoning_content"]) == 4
    assert (message["content"], completion.choices[0]["finish_reason"]) == ("", "length")
    assert completion.usage is not None
    assert (completion.usage.completion_tokens, completion.usage.reasoning_tokens) == (4, 4)


async def test_the_reasoner_thinks_aloud_before_it_answers() -> None:
    completion = await whole("reasoner")
    deltas = await streamed("reasoner")

    message = completion.choices[0]["message"]
    assert message["reasoning_content"]
    kinds = [name for delta in deltas for one in delta.choices for name in one["delta"] if name.endswith("content")]
    assert (
        kinds.index("reasoning_content")
        < len(kinds) - kinds[::-1].index("reasoning_content")
        <= kinds.index("content", 1)
    )
    assert completion.usage is not None
    assert completion.usage.reasoning_tokens == count_tokens(message["reasoning_content"])


async def test_the_reasoner_does_not_think_when_told_not_to() -> None:
    completion = await whole("reasoner", reasoning_effort="none")

    assert "reasoning_content" not in completion.choices[0]["message"]


async def test_several_choices_differ() -> None:
    completion = await whole(n=3)

    assert [one["index"] for one in completion.choices] == [0, 1, 2]
    assert len({said(completion, index) for index in range(3)}) == 3


async def test_it_counts_every_token_of_its_answer() -> None:
    completion = await whole(messages=user("Hello"))

    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 3 + count_tokens("Hello")
    assert completion.usage.completion_tokens == count_tokens("You said: Hello")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"messages": user("Weather?")}, [("get_weather", {"city": "text"})]),
        ({"messages": user("Call get_time.")}, [("get_time", {})]),
        (
            {"messages": user("Call get_weather and get_time.")},
            [("get_weather", {"city": "text"}), ("get_time", {})],
        ),
        (
            {"messages": user("Call get_weather and get_time."), "parallel_tool_calls": False},
            [("get_weather", {"city": "text"})],
        ),
        ({"tool_choice": "auto"}, [("get_weather", {"city": "text"})]),
        ({"tool_choice": "required"}, [("get_weather", {"city": "text"})]),
        ({"tool_choice": "none"}, []),
        ({"tool_choice": {"type": "function", "function": {"name": "get_time"}}}, [("get_time", {})]),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "auto",
                        "tools": [{"type": "function", "function": {"name": "get_time"}}],
                    },
                }
            },
            [("get_time", {})],
        ),
        ({"messages": [*user("x"), {"role": "tool", "tool_call_id": "c", "content": "12 C"}]}, []),
        (
            {
                "messages": [*user("x"), {"role": "tool", "tool_call_id": "c", "content": "12 C"}],
                "tool_choice": "required",
            },
            [("get_weather", {"city": "text"})],
        ),
    ],
)
async def test_it_calls_the_tools_that_are_meant(fields: dict[str, Any], expected: list[Any]) -> None:
    completion = await whole(tools=[WEATHER, CLOCK], **fields)

    assert calls(completion) == expected
    assert completion.choices[0]["finish_reason"] == ("tool_calls" if expected else "stop")
    assert (said(completion) is None) == bool(expected)


async def test_ids_of_calls_are_safe_and_never_used_twice_in_a_conversation() -> None:
    messages = user("Call get_weather and get_time.")
    ids: list[str] = []

    for _ in range(3):
        message = (await whole(messages=messages, tools=[WEATHER, CLOCK], tool_choice="required")).choices[0]["message"]
        ids += [call["id"] for call in message["tool_calls"]]
        results = [{"role": "tool", "tool_call_id": call["id"], "content": "x"} for call in message["tool_calls"]]
        messages = [*messages, message, *results]

    assert len(set(ids)) == len(ids) >= 3
    assert all(map(is_safe, ids))


async def test_json_mode_gives_an_object() -> None:
    assert isinstance(json.loads(said(await whole(response_format={"type": "json_object"}))), dict)


SCHEMAS: list[Any] = [
    {},
    True,
    {"type": "object"},
    {"type": "string", "minLength": 12, "maxLength": 14},
    {"type": "string", "maxLength": 2},
    {"type": "string", "description": "A city by the sea", "maxLength": 5},
    {"type": "integer"},
    {"type": "integer", "minimum": 5},
    {"type": "integer", "minimum": 0.5},
    {"type": "integer", "exclusiveMinimum": 5},
    {"type": "integer", "maximum": -3},
    {"type": "integer", "exclusiveMaximum": 0},
    {"type": "integer", "minimum": 3, "multipleOf": 5},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "minimum": 2.5},
    {"type": "number", "maximum": 0},
    {"type": "boolean"},
    {"type": "null"},
    {"type": ["string", "null"]},
    {"type": ["null", "integer"]},
    {"enum": ["a", 1, None]},
    {"const": {"a": [1]}},
    {"type": "array"},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3},
    {"type": "array", "items": {"type": "integer"}, "maxItems": 0},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "string", "maxLength": 4}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2},
    {"type": "array", "items": True, "minItems": 1},
    {"type": "object", "properties": {"a": True, "b": {"type": "integer"}}, "required": ["a", "b"]},
    {"type": "object", "properties": {}, "required": ["not_described"]},
    {"type": "object", "required": ["x"], "additionalProperties": {"type": "integer"}},
    {"properties": {"a": {"type": "string"}}, "additionalProperties": False},
    {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    {"oneOf": [{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}, {"type": "null"}]},
    {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "anyOf": [{"properties": {"kind": {"const": "a"}}}, {"properties": {"kind": {"const": "b"}}}],
    },
    {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"b": {"type": "boolean"}}, "required": ["b"]},
        ]
    },
    {
        "type": "object",
        "properties": {
            "owner": {"$ref": "#/$defs/person"},
            "friends": {"type": "array", "items": {"$ref": "#/$defs/person"}},
        },
        "required": ["owner", "friends"],
        "additionalProperties": False,
        "$defs": {
            "person": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
                "required": ["name", "age"],
                "additionalProperties": False,
            }
        },
    },
    {
        "type": "object",
        "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["value", "next"],
        "additionalProperties": False,
    },
    {
        "$ref": "#/definitions/tree",
        "definitions": {
            "tree": {
                "type": "object",
                "properties": {"children": {"type": "array", "items": {"$ref": "#/definitions/tree"}}},
                "required": ["children"],
            }
        },
    },
    {
        "type": "object",
        "properties": {"a/b~c": {"type": "integer"}, "d": {"$ref": "#/properties/a~1b~0c"}},
        "required": ["d"],
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
async def test_an_answer_fits_its_schema(schema: Any) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "it", "schema": schema, "strict": True}}

    answer = json.loads(said(await whole(cap=4000, response_format=wanted)))

    jsonschema.Draft202012Validator(schema).validate(answer)


@pytest.mark.parametrize("schema", [schema for schema in SCHEMAS if schema is not True], ids=json.dumps)
async def test_arguments_fit_the_schema_of_their_tool(schema: Any) -> None:
    parameters = {"type": "object", "properties": {"it": schema}, "required": ["it"]}
    if "$ref" in json.dumps(schema):
        parameters = schema
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}

    ((_, arguments),) = calls(await whole(tools=[tool]))

    jsonschema.Draft202012Validator(parameters).validate(arguments)


@pytest.mark.parametrize(
    "function", [{"name": "f"}, {"name": "f", "parameters": {}}, {"name": "f", "parameters": None}]
)
async def test_a_tool_without_parameters_is_called_with_none(function: dict[str, Any]) -> None:
    assert calls(await whole(tools=[{"type": "function", "function": function}])) == [("f", {})]


schemas = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer", "minimum": 3},
            {"type": "number"},
            {"type": "boolean"},
            {"type": "null"},
            {"enum": ["x", 2]},
            {"const": None},
            {},
        ]
    ),
    lambda inner: (
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 3))
        | st.builds(
            lambda properties, strict: {
                "type": "object",
                "properties": properties,
                "required": sorted(properties),
                "additionalProperties": not strict,
            },
            st.dictionaries(st.text(max_size=4), inner, max_size=3),
            st.booleans(),
        )
        | st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=2))
    ),
    max_leaves=8,
)


@given(schemas)
async def test_any_schema_of_the_usual_kind_is_filled(schema: Any) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "it", "schema": schema}}

    answer = json.loads(said(await whole(cap=100_000, response_format=wanted)))

    jsonschema.Draft202012Validator(schema).validate(answer)


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "type",
                        "properties",
                        "items",
                        "prefixItems",
                        "required",
                        "anyOf",
                        "allOf",
                        "oneOf",
                        "enum",
                        "$ref",
                    ),
                    *(
                        "minItems",
                        "maxItems",
                        "minLength",
                        "maxLength",
                        "minimum",
                        "maximum",
                        "multipleOf",
                        "uniqueItems",
                    ),
                ]
            ),
            inner | st.sampled_from(["object", "array", "integer", "string", "#", "#/properties/0", 10**12, -1, 1e300]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(any_json)
async def test_no_schema_at_all_breaks_it(schema: Any) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "it", "schema": schema}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}

    assert len(said(await whole(cap=100_000, response_format=wanted))) < 200_000
    assert len(calls(await whole(tools=[tool]))) == 1


async def test_a_schema_that_branches_without_end_is_cut_short() -> None:
    schema = {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"type": "object", "properties": {str(number): {"$ref": "#/$defs/a"} for number in range(50)}}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "it", "schema": schema}}

    answer = said(await whole(cap=1_000_000, response_format=wanted))

    assert len(answer) < 200_000
    jsonschema.Draft202012Validator(schema).validate(json.loads(answer))


parts = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, texts),
    st.just({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}),
    st.builds(
        lambda size: {"type": "input_audio", "input_audio": {"data": "A" * size, "format": "wav"}}, st.integers(0, 5000)
    ),
    st.builds(lambda size: {"type": "file", "file": {"file_data": "A" * size}}, st.integers(0, 400)),
)
messages = st.lists(
    st.builds(
        lambda role, content: {"role": role, "content": content},
        st.sampled_from(["system", "user", "assistant"]),
        texts | st.lists(parts, max_size=4),
    ),
    min_size=1,
    max_size=4,
)
tools = st.lists(
    st.builds(
        lambda name, description, parameters: {
            "type": "function",
            "function": {"name": name, "description": description, "parameters": parameters},
        },
        st.text("abc_", min_size=1, max_size=8),
        st.text(max_size=80) | st.text('\x00\x01\n "\\é🌍', max_size=80),
        any_json,
    ),
    max_size=3,
)


@given(messages, tools)
async def test_a_prompt_is_never_more_tokens_than_the_gateway_reckons_with(messages: Any, tools: Any) -> None:
    body = a_body(messages=messages, tools=tools)

    usage = (await whole(messages=messages, tools=tools)).usage

    assert usage is not None
    assert 0 < usage.prompt_tokens <= measure(body).bound(tokens_per_image=85, context_length=None)


@given(st.text())
def test_tokens_are_never_more_than_bytes_nor_without_text(text: str) -> None:
    assert count_tokens(text) <= len(text.encode())
    assert (count_tokens(text) > 0) == (text != "")


BROKEN: list[tuple[str, type[TollgateError]]] = [
    ("cut", UpstreamInvalid),
    ("garbage", UpstreamInvalid),
    ("error-mid-stream", ProviderOverloaded),
]


@pytest.mark.parametrize(("trick", "kind"), BROKEN)
@pytest.mark.parametrize("fields", [{}, {"messages": user("")}, {"stop": "You"}, {"tools": [CLOCK]}, {"cap": 1}])
async def test_a_stream_breaks_in_the_middle_and_never_finishes(
    trick: str, kind: type[TollgateError], fields: dict[str, Any]
) -> None:
    came: list[Delta] = []

    with pytest.raises(kind):
        await streamed(trick, came=came, **fields)

    assert 1 <= len(came) <= 3
    assert not any(one["finish_reason"] for delta in came for one in delta.choices)


@pytest.mark.parametrize(("trick", "kind"), [*BROKEN, ("empty", UpstreamInvalid)])
async def test_what_breaks_in_a_stream_breaks_whole_too(trick: str, kind: type[TollgateError]) -> None:
    with pytest.raises(kind):
        await whole(trick)


async def test_an_empty_stream_breaks_before_it_begins() -> None:
    came: list[Delta] = []

    with pytest.raises(UpstreamInvalid):
        await streamed("empty", came=came)

    assert came == []


@pytest.mark.parametrize(
    ("trick", "kind"),
    [
        ("filter", ContentFiltered),
        ("error-400", UpstreamRejected),
        ("error-401", ProviderAuthFailed),
        ("error-403", ProviderAuthFailed),
        ("error-402", ProviderBilling),
        ("error-404", NoProviderAvailable),
        ("error-413", TooLarge),
        ("error-429", ProviderRateLimited),
        ("error-500", UpstreamInvalid),
        ("error-503", ProviderOverloaded),
        ("error-504", UpstreamTimeout),
        ("error-529", ProviderOverloaded),
        ("error-billing", ProviderBilling),
        ("error-connect", ConnectFailed),
        ("error-timeout", UpstreamTimeout),
    ],
)
async def test_a_model_that_fails_on_purpose_fails_before_it_says_anything(
    trick: str, kind: type[TollgateError]
) -> None:
    came: list[Delta] = []

    with pytest.raises(TollgateError) as at_once:
        await whole(trick)
    with pytest.raises(TollgateError) as in_pieces:
        await streamed(trick, came=came)

    assert type(at_once.value) is type(in_pieces.value) is kind
    assert at_once.value.metadata["provider"] == "sandbox"
    assert came == []


async def test_a_prompt_that_fills_the_window_is_refused() -> None:
    model = a_sandbox_model("tiny", context_length=8)

    with pytest.raises(ContextLengthExceeded):
        await whole(model=model, messages=user("one two three four five"))
    assert said(await whole(model=model, messages=user("one")))


async def test_a_model_without_usage_reports_none() -> None:
    assert (await whole("no-usage")).usage is None
    assert not any(delta.usage for delta in await streamed("no-usage"))


@pytest.mark.parametrize(("trick", "is_done"), [("chat", True), ("slow", False)])
async def test_the_slow_model_takes_its_time_before_each_piece(trick: str, is_done: bool) -> None:
    async with aclosing(a_sandbox().stream(a_request(trick))) as stream:
        first = asyncio.ensure_future(anext(stream))
        for _ in range(20):
            await asyncio.sleep(0)

        assert first.done() == is_done
        first.cancel()
        await asyncio.wait({first})


@pytest.mark.parametrize(
    "fields",
    [
        {"logprobs": True},
        {"tools": [{"type": "custom", "custom": {"name": "f"}}]},
        {"web_search_options": {}},
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "mp3"}},
    ],
)
async def test_what_it_cannot_do_it_refuses(fields: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameter):
        await whole(**fields)


def shown(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice["message"]
    return {
        "content": message["content"] or "",
        "reasoning": message.get("reasoning_content", ""),
        "calls": message.get("tool_calls", []),
        "finish": choice["finish_reason"],
    }


def joined(deltas: list[Delta], index: int) -> dict[str, Any]:
    """One choice of a stream, put together."""
    whole: dict[str, Any] = {"content": "", "reasoning": "", "calls": [], "finish": None}
    for one in (one for delta in deltas for one in delta.choices if one["index"] == index):
        assert whole["finish"] is None, "nothing comes after the finish"
        delta = one["delta"]
        whole["content"] += delta.get("content") or ""
        whole["reasoning"] += delta.get("reasoning_content") or ""
        whole["finish"] = one["finish_reason"]
        for fragment in delta.get("tool_calls", ()):
            if "id" in fragment:
                whole["calls"].append({name: value for name, value in fragment.items() if name != "index"})
            else:
                whole["calls"][fragment["index"]]["function"]["arguments"] += fragment["function"]["arguments"]
    return whole
