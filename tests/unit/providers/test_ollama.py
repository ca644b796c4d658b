"""Ollama's adapter against exchanges in Ollama's own form."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_model
from tests.unit.providers.pieces import all_of, answered_in
from tests.upstream import Reply, Upstream, a_client, json_reply, raw_reply
from tests.wire import cases, has, read, read_bytes
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Delta
from tollgate.contracts.usage import Usage
from tollgate.errors import (
    BadRequest,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    UnsupportedParameter,
    UpstreamInvalid,
    UpstreamRejected,
)
from tollgate.providers.connection import Connection
from tollgate.providers.ollama import OllamaChat, Progress, delta_from_wire, from_wire, to_wire, usage_from_wire
from tollgate.providers.registry import PROVIDERS

CASES = cases("ollama")
BROKEN = ["no_finish", "not_json", "cut_in_json", "list", "no_lines"]
USER = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_request_becomes_exactly_what_ollama_reads(case: str, is_stream: bool) -> None:
    request = planned(case)

    body = to_wire(request, OllamaChat.dialect.flags_of(request.model), is_stream=is_stream)

    assert body == {**read("ollama", case, "request.json"), "stream": is_stream}


@pytest.mark.parametrize("case", CASES)
def test_what_is_left_out_is_named(case: str) -> None:
    plan = an_adapter().plan(read("ollama", case, "client.json"), the_model(case), is_strict=False)

    assert list(plan.dropped) == read("ollama", case, "expected.json")["dropped"]


@pytest.mark.parametrize("case", CASES)
def test_what_the_client_sent_is_left_as_it_was(case: str) -> None:
    request = planned(case)
    before = repr(request)

    to_wire(request, OllamaChat.dialect.flags_of(request.model), is_stream=True)

    assert repr(request) == before


@pytest.mark.parametrize("case", CASES)
def test_an_answer_becomes_a_choice_and_usage(case: str) -> None:
    expected = read("ollama", case, "expected.json")

    completion = from_wire(read("ollama", case, "answer.json"))

    assert completion.choices == expected["choices"]
    assert completion.usage is not None
    assert completion.usage.counts() == expected["usage"]
    assert completion.upstream_model == "qwen3:8b"


@pytest.mark.parametrize("case", CASES)
async def test_a_stream_says_what_the_whole_answer_says(case: str) -> None:
    expected = read("ollama", case, "expected.json")

    deltas = await heard([read_bytes("ollama", case, "stream.ndjson")])

    assert joined(deltas) == said(expected["choices"][0])
    assert [delta.usage.counts() for delta in deltas if delta.usage is not None] == [expected["usage"]]


@pytest.mark.parametrize("case", CASES)
async def test_a_stream_means_the_same_cut_at_any_byte_and_with_other_line_endings(case: str) -> None:
    stream = read_bytes("ollama", case, "stream.ndjson")
    plain = await heard([stream])

    assert await heard([bytes([byte]) for byte in stream]) == plain
    assert await heard([stream.replace(b"\n", b"\r\n\r\n")]) == plain
    assert await heard([stream.removesuffix(b"\n")]) == plain
    for place in range(1, len(stream), 7):
        assert await heard([stream[:place], stream[place:]]) == plain


@given(case=st.sampled_from(CASES), cuts=st.lists(st.integers(0, 10_000), max_size=30))
async def test_a_stream_is_the_same_however_it_is_cut(case: str, cuts: list[int]) -> None:
    stream = read_bytes("ollama", case, "stream.ndjson")
    places = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]

    deltas = await heard([stream[start:end] for start, end in pairwise(places)])

    assert deltas == await heard([stream])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bad_request", UpstreamRejected),
        ("no_tools", UpstreamRejected),
        ("no_model", NoProviderAvailable),
        ("bad_key", ProviderAuthFailed),
        ("no_access", ProviderAuthFailed),
        ("usage_limit", ProviderBilling),
        ("rate_limit", ProviderRateLimited),
        ("no_memory", UpstreamInvalid),
        ("bad_gateway", UpstreamInvalid),
        ("overloaded", ProviderOverloaded),
    ],
)
async def test_a_refusal_is_told_as_what_it_is(name: str, kind: type[TollgateError]) -> None:
    recorded = read("ollama", "errors", f"{name}.json")

    async with upstream(json_reply(recorded["body"], recorded["status"])) as (adapter, _):
        with pytest.raises(TollgateError) as caught:
            await adapter.complete(a_request())

    assert type(caught.value) is kind
    assert caught.value.metadata["provider"] == "ollama"


@pytest.mark.parametrize("name", BROKEN)
async def test_a_stream_that_does_not_end_well_is_an_error(name: str) -> None:
    with pytest.raises(UpstreamInvalid):
        await heard([read_bytes("ollama", "broken", f"{name}.ndjson")])


async def test_an_error_in_place_of_a_stream_comes_first() -> None:
    came: list[Delta] = []

    with pytest.raises(NoProviderAvailable):
        await heard([read_bytes("ollama", "broken", "error_first.ndjson")], came)

    assert came == []


async def test_an_error_after_text_comes_after_it() -> None:
    came: list[Delta] = []

    with pytest.raises(UpstreamInvalid):
        await heard([read_bytes("ollama", "broken", "error_after_text.ndjson")], came)

    assert joined(came)["content"] == "Hello"


async def test_a_model_whose_streams_lose_calls_is_asked_for_a_whole_answer() -> None:
    whole = read("ollama", "tools", "answer.json")
    request = a_request(the_model("tools", flags={"stream_tools": False}), tools=[TOOL])

    async with upstream(json_reply(whole)) as (adapter, server):
        deltas = await all_of(adapter, request)

    expected = read("ollama", "tools", "expected.json")
    assert joined(deltas) == said(expected["choices"][0])
    assert [delta.usage.counts() for delta in deltas if delta.usage is not None] == [expected["usage"]]
    assert [received.json["stream"] for received in server.requests] == [False]


async def test_such_a_model_streams_where_there_is_nothing_to_call() -> None:
    stream = raw_reply(read_bytes("ollama", "plain", "stream.ndjson"), "application/x-ndjson")

    async with upstream(stream) as (adapter, server):
        await all_of(adapter, a_request(the_model(flags={"stream_tools": False})))

    assert server.requests[0].json["stream"] is True


@pytest.mark.parametrize(("key", "header"), [("", None), ("sk-cloud", "Bearer sk-cloud")])
async def test_a_key_is_sent_where_there_is_one(key: str, header: str | None) -> None:
    async with upstream(json_reply(read("ollama", "plain", "answer.json")), key=key) as (adapter, server):
        await adapter.complete(a_request())

    assert server.requests[0].headers.get("authorization") == header
    assert server.requests[0].path == "/api/chat"


@pytest.mark.parametrize(("setting", "sent"), [("5m", "5m"), ("-1", -1), ("600", 600)])
async def test_the_operator_says_how_long_a_model_stays_loaded(setting: str, sent: Any) -> None:
    async with upstream(
        json_reply(read("ollama", "plain", "answer.json")), environment={"OLLAMA_KEEP_ALIVE": setting}
    ) as (adapter, server):
        await adapter.complete(a_request())

    assert server.requests[0].json["keep_alive"] == sent


async def test_without_an_address_nobody_is_asked() -> None:
    with pytest.raises(NoProviderAvailable):
        await an_adapter(environment={"OLLAMA_BASE_URL": ""}).complete(a_request())


def test_a_model_without_a_known_window_keeps_its_own() -> None:
    request = a_request(the_model(context_length=None))

    assert to_wire(request, OllamaChat.dialect.flags_of(request.model), is_stream=False)["options"] == {
        "num_predict": 1000
    }


@pytest.mark.parametrize(
    ("levels", "field", "effort", "think"),
    [
        (["none", "high"], "switch", "none", False),
        (["none", "high"], "switch", "minimal", False),
        (["none", "high"], "switch", "low", True),
        (["none", "high"], "switch", "medium", True),
        (["low", "medium", "high"], "level", "none", "low"),
        (["low", "medium", "high"], "level", "minimal", "low"),
        (["low", "medium", "high"], "level", "medium", "medium"),
        (["low", "medium", "high"], "level", "max", "high"),
        (["minimal", "xhigh"], "level", "minimal", "low"),
        (["minimal", "xhigh"], "level", "xhigh", "high"),
        (["low", "max"], "level", "max", "max"),
        (["none", "low"], "level", "none", False),
    ],
)
def test_an_effort_becomes_what_the_model_can_be_told(
    levels: list[str], field: str, effort: str, think: bool | str
) -> None:
    model = the_model(flags={"effort_levels": levels, "effort_field": field})
    request = a_request(model, reasoning_effort=effort)

    sent = to_wire(request, OllamaChat.dialect.flags_of(model), is_stream=False)["think"]

    assert (type(sent), sent) == (type(think), think)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
        ({"logprobs": True}, "logprobs"),
        ({"web_search_options": {}}, "web_search_options"),
    ],
)
def test_what_ollama_cannot_do_is_refused_before_it_is_asked(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        a_request(**fields)

    assert caught.value.param == param


def test_allowed_tools_are_the_only_ones_that_are_sent() -> None:
    tools = [TOOL, {"type": "function", "function": {"name": "g"}}]
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [TOOL]}}
    request = a_request(tools=tools, tool_choice=choice)

    sent = to_wire(request, OllamaChat.dialect.flags_of(request.model), is_stream=False)["tools"]

    assert [tool["function"]["name"] for tool in sent] == ["f"]


@pytest.mark.parametrize(
    ("part", "kind", "param"),
    [
        (
            {"type": "image_url", "image_url": {"url": "https://images.example/cat.png"}},
            BadRequest,
            "messages[0].content[0].image_url.url",
        ),
        ({"type": "input_audio", "input_audio": {}}, UnsupportedParameter, "messages[0].content[0]"),
        ({"type": "file", "file": {"file_data": "x"}}, UnsupportedParameter, "messages[0].content[0]"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_its_place(part: dict[str, Any], kind: type[BadRequest], param: str) -> None:
    model = the_model(input_modalities=("text", "image", "audio", "file"))
    request = a_request(model, messages=[{"role": "user", "content": [part]}])

    with pytest.raises(kind) as caught:
        to_wire(request, OllamaChat.dialect.flags_of(model), is_stream=False)

    assert caught.value.param == param


@pytest.mark.parametrize(
    ("reason", "content", "calls", "ours"),
    [
        ("stop", "", 0, "stop"),
        ("load", "", 0, "stop"),
        (None, "", 0, "stop"),
        ("length", "", 0, "length"),
        ("length", "Hi", 1, "length"),
        ("stop", "Hi", 1, "tool_calls"),
        ("brand_new", "Hi", 0, "stop"),
        ("brand_new", "", 1, "tool_calls"),
        (7, "Hi", 0, "stop"),
    ],
)
def test_each_reason_to_end_has_a_word_of_ours(reason: Any, content: str, calls: int, ours: str) -> None:
    message = {"content": content, "tool_calls": [{"function": {"name": "f", "arguments": {}}}] * calls}
    body = {"message": message, "done": True, "done_reason": reason}

    assert from_wire(body).choices[0]["finish_reason"] == ours
    assert delta_from_wire(body, Progress()).choices[0]["finish_reason"] == ours


@pytest.mark.parametrize(
    "body",
    [
        {"message": "x", "done": True},
        {"message": {"content": 7}, "done": True},
        {"message": {"thinking": ["x"]}, "done": True},
        {"message": {"tool_calls": {"a": 1}}, "done": True},
        {"message": {"tool_calls": ["f"]}, "done": True},
        {"message": {"tool_calls": [{"function": {"arguments": {}}}]}, "done": True},
        {"message": {"tool_calls": [{"function": {"name": "f", "arguments": [1]}}]}, "done": True},
        {"message": {"thinking": "Hm."}, "done": True, "done_reason": "brand_new"},
    ],
)
def test_an_answer_of_other_types_cannot_be_read(body: dict[str, Any]) -> None:
    with pytest.raises(UpstreamInvalid):
        from_wire(body)
    with pytest.raises(UpstreamInvalid):
        delta_from_wire(body, Progress())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({"a": [1, "ü"]}, '{"a":[1,"ü"]}'), ({}, "{}"), (None, "{}"), ("", "{}"), ('{"a": 1}', '{"a": 1}')],
)
def test_arguments_are_json_in_a_text(arguments: Any, text: str) -> None:
    body = {"message": {"tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}, "done": True}

    assert from_wire(body).choices[0]["message"]["tool_calls"][0]["function"]["arguments"] == text


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"prompt_eval_count": 26, "eval_count": 10}, Usage(26, 10)),
        ({"prompt_eval_count": 26, "eval_count": 0}, Usage(26, 0)),
        ({"eval_count": 10}, Usage(0, 10, is_estimated=True)),
        ({"prompt_eval_count": 26}, Usage(26, 0, is_estimated=True)),
        ({}, None),
        ({"prompt_eval_count": -1, "eval_count": 10}, None),
        ({"prompt_eval_count": 26, "eval_count": "10"}, None),
        ({"prompt_eval_count": 26, "eval_count": 1.5}, None),
    ],
)
def test_counts_are_read_as_the_router_counts(counts: dict[str, Any], usage: Usage | None) -> None:
    assert usage_from_wire(counts) == usage


@given(
    line=st.recursive(
        st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "stop", "x"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "message",
                        "content",
                        "thinking",
                        "tool_calls",
                        "function",
                        "name",
                        "arguments",
                        "done",
                        "eval_count",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_whatever_comes_is_read_or_refused_and_never_breaks(line: Any) -> None:
    body = line if isinstance(line, dict) else {"message": line, "done": True}

    try:
        delta = delta_from_wire(body, Progress())
    except TollgateError:
        return

    assert all(isinstance(choice["delta"].get("content", ""), str) for choice in delta.choices)


def the_model(case: str = "", **changes: Any) -> Model:
    found = read("ollama", case, "model.json") if case and has("ollama", case, "model.json") else {}
    found = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    return a_model(
        **{
            "id": "ollama/qwen3:8b",
            "provider": "ollama",
            "upstream_model": "qwen3:8b",
            "context_length": 32_768,
            "input_modalities": ("text",),
            **found,
            **changes,
        }
    )


def planned(case: str) -> ChatRequest:
    return a_request(the_model(case), **read("ollama", case, "client.json"))


def a_request(asked: Model | None = None, **body: Any) -> ChatRequest:
    asked = asked or the_model()
    plan = an_adapter().plan({"messages": [USER], **body}, asked, is_strict=False)
    return ChatRequest(asked, plan.body, max_output_tokens=1000)


def an_adapter(
    http: httpx2.AsyncClient | None = None, environment: Mapping[str, str] | None = None, key: str = ""
) -> OllamaChat:
    async def credential(_fresh: bool) -> str:
        return key

    settings = {"OLLAMA_HOST": "http://upstream.test"} if environment is None else environment
    # Without a client it can think, and not send.
    return OllamaChat(
        Connection(PROVIDERS["ollama"], http=http or a_client(), environment=settings, credential=credential)
    )


@asynccontextmanager
async def upstream(
    *replies: Reply, key: str = "", environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[OllamaChat, Upstream]]:
    async with Upstream(*replies) as server, a_client() as http:
        yield an_adapter(http, {"OLLAMA_HOST": f"127.0.0.1:{server.port}", **(environment or {})}, key), server


async def heard(pieces: list[bytes], came: list[Delta] | None = None) -> list[Delta]:
    """What is made of a stream in exactly these pieces."""
    async with answered_in(pieces) as http:
        return await all_of(an_adapter(http), a_request(), came)


def said(choice: dict[str, Any]) -> dict[str, Any]:
    """What the choice of a whole answer says."""
    return {
        "content": choice["message"]["content"] or "",
        "reasoning_content": choice["message"].get("reasoning_content", ""),
        "tool_calls": choice["message"].get("tool_calls", []),
        "logprobs": (choice["logprobs"] or {}).get("content", []),
        "finish_reason": choice["finish_reason"],
    }


def joined(deltas: list[Delta]) -> dict[str, Any]:
    """What a stream says, put together."""
    one: dict[str, Any] = {
        "content": "",
        "reasoning_content": "",
        "tool_calls": [],
        "logprobs": [],
        "finish_reason": None,
    }
    for choice in (choice for delta in deltas for choice in delta.choices):
        for name in ("content", "reasoning_content"):
            one[name] += choice["delta"].get(name, "")
        one["logprobs"] += (choice["logprobs"] or {}).get("content", [])
        one["finish_reason"] = choice["finish_reason"] or one["finish_reason"]
        for call in choice["delta"].get("tool_calls", ()):
            assert call["index"] == len(one["tool_calls"]), "calls are numbered over all lines"
            one["tool_calls"].append({name: value for name, value in call.items() if name != "index"})
    return one
