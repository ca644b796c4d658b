"""Anthropic's adapter against exchanges in Anthropic's own form."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.providers.exchanges import Exchanges, text_of
from tests.upstream import event_reply, json_reply
from tests.wire import cases, read, read_bytes
from tollgate.contracts.chat import ChatRequest, Delta
from tollgate.contracts.usage import Usage
from tollgate.errors import (
    BadRequest,
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
from tollgate.providers.anthropic import AnthropicChat, to_wire
from tollgate.providers.anthropic_answers import from_wire, usage_from_wire
from tollgate.providers.blocks import joined
from tollgate.providers.closed_schemas import schema_of

ANTHROPIC = Exchanges("anthropic")
CASES = cases("anthropic")
SIGNATURE = "EuYBCkQYAiJAy6g+/9fZ3N0cmVhbQ=="
TOOL = {"type": "function", "function": {"name": "get_weather"}}
CALL = {"id": "toolu_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
THINKS = {"effort_levels": ["none", "low", "medium", "high"]}


@pytest.mark.parametrize("case", CASES)
def test_a_request_becomes_exactly_what_anthropic_reads(case: str) -> None:
    request = ANTHROPIC.request(case)

    assert wire_of(request) == read("anthropic", case, "request.json")


@pytest.mark.parametrize("case", CASES)
def test_a_streamed_request_only_says_so(case: str) -> None:
    request = ANTHROPIC.request(case)

    wire = to_wire(request, AnthropicChat.dialect.flags_of(request.model), is_stream=True)

    assert wire == {**read("anthropic", case, "request.json"), "stream": True}


@pytest.mark.parametrize("case", CASES)
def test_what_is_lost_of_a_request_is_named(case: str) -> None:
    assert list(ANTHROPIC.plan(case).dropped) == read("anthropic", case, "dropped.json")


@pytest.mark.parametrize("case", [case for case in CASES if read("anthropic", case, "dropped.json")])
def test_what_would_be_lost_is_refused_where_the_client_wants_that(case: str) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        ANTHROPIC.adapter().plan(read("anthropic", case, "client.json"), ANTHROPIC.model(case), is_strict=True)

    assert caught.value.param == read("anthropic", case, "dropped.json")[0]


@pytest.mark.parametrize("case", CASES)
def test_what_the_client_sent_is_left_as_it_was(case: str) -> None:
    client = read("anthropic", case, "client.json")
    model = ANTHROPIC.model(case)

    plan = ANTHROPIC.adapter().plan(client, model, is_strict=False)
    wire_of(ChatRequest(model=model, body=plan.body, max_output_tokens=1000))

    assert client == read("anthropic", case, "client.json")


@pytest.mark.parametrize("case", CASES)
async def test_a_stream_says_what_the_whole_answer_says(case: str) -> None:
    deltas = await ANTHROPIC.heard([read_bytes("anthropic", case, "stream.sse")], case=case)

    assert joined(deltas) == from_wire(read("anthropic", case, "answer.json"))


@pytest.mark.parametrize("case", CASES)
async def test_a_stream_means_the_same_wherever_it_is_cut(case: str) -> None:
    stream = read_bytes("anthropic", case, "stream.sse")
    plain = await ANTHROPIC.heard([stream], case=case)

    for place in range(1, len(stream), 11):
        assert await ANTHROPIC.heard([stream[:place], stream[place:]], case=case) == plain
    assert await ANTHROPIC.heard([bytes([byte]) for byte in stream], case=case) == plain


@given(cuts=st.lists(st.integers(1, 5_000), max_size=30))
async def test_a_stream_means_the_same_in_any_pieces(cuts: list[int]) -> None:
    stream = read_bytes("anthropic", "thinking", "stream.sse")
    places = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]

    deltas = await ANTHROPIC.heard([stream[start:end] for start, end in pairwise(places)], case="thinking")

    assert joined(deltas) == from_wire(read("anthropic", "thinking", "answer.json"))


def test_a_whole_answer_is_told_in_our_words() -> None:
    completion = from_wire(read("anthropic", "tools", "answer.json"))

    (choice,) = completion.choices
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == "Let me look."
    assert [(call["id"], call["function"]) for call in choice["message"]["tool_calls"]] == [
        ("toolu_01A", {"name": "get_weather", "arguments": '{"city":"Köln"}'}),
        ("toolu_01B", {"name": "get_time", "arguments": "{}"}),
    ]
    assert (completion.upstream_id, completion.upstream_model) == ("msg_01Up", "claude-x-20261001")
    assert completion.extras == {"service_tier": "default"}


def test_thoughts_are_told_beside_the_answer_and_kept_with_their_signatures() -> None:
    message = from_wire(read("anthropic", "thinking", "answer.json")).choices[0]["message"]

    assert message["reasoning_content"] == "Rain, so an umbrella. 🤔"
    assert message["thinking_blocks"] == [
        {"type": "thinking", "thinking": "Rain, so an umbrella. 🤔", "signature": SIGNATURE},
        {"type": "redacted_thinking", "data": "RWdnRWFzdGVy"},
    ]


async def test_thoughts_go_back_as_they_were_streamed() -> None:
    deltas = await ANTHROPIC.heard([read_bytes("anthropic", "thinking", "stream.sse")], case="thinking")
    told = joined(deltas).choices[0]["message"]

    wire = wire_of(planned([user("Hi"), {**told, "role": "assistant"}, user("And?")]))

    assert wire["messages"][1]["content"][:2] == read("anthropic", "thinking", "answer.json")["content"][:2]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (
            {"input_tokens": 25, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 0, "output_tokens": 15},
            Usage(125, 15, cached_tokens=100),
        ),
        (
            {"input_tokens": 5, "cache_read_input_tokens": None, "cache_creation_input_tokens": 7, "output_tokens": 1},
            Usage(12, 1, cache_write_tokens=7),
        ),
        (
            {"input_tokens": 5, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 8}},
            Usage(5, 9, reasoning_tokens=8),
        ),
        ({"output_tokens": 9}, Usage(0, 9, is_estimated=True)),
        ({"input_tokens": 9}, Usage(9, 0, is_estimated=True)),
        ({"input_tokens": -1, "output_tokens": 9}, None),
        ({"input_tokens": 1, "output_tokens": "9"}, None),
        ({"input_tokens": 1, "output_tokens": 9, "cache_read_input_tokens": 1.5}, None),
        ({"input_tokens": True, "output_tokens": 9}, None),
        ({}, None),
    ],
)
def test_usage_counts_what_was_cached_into_the_prompt(usage: dict[str, Any], expected: Usage | None) -> None:
    assert usage_from_wire(usage) == expected


async def test_counters_of_a_stream_are_those_of_the_whole_so_far() -> None:
    stream = read_bytes("anthropic", "plain", "stream.sse").decode()
    more = stream.replace('"usage":{"output_tokens":10}', '"usage":{"output_tokens":12,"input_tokens":30}')

    deltas = await ANTHROPIC.heard([more.encode()])

    assert [delta.usage for delta in deltas if delta.usage] == [Usage(30, 12)]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        (
            "bad_request",
            UpstreamRejected,
            "messages.3.content.0: `tool_use` ids were found without `tool_result` blocks",
        ),
        ("bad_key", ProviderAuthFailed, None),
        ("no_permission", ProviderAuthFailed, None),
        ("no_money", ProviderBilling, None),
        ("billing", ProviderBilling, None),
        ("no_model", NoProviderAvailable, None),
        ("context_length", ContextLengthExceeded, None),
        ("too_large", TooLarge, None),
        ("rate_limit", ProviderRateLimited, None),
        ("server_error", UpstreamInvalid, None),
        ("timeout", UpstreamTimeout, None),
        ("overloaded", ProviderOverloaded, None),
    ],
)
async def test_a_refusal_is_told_as_what_it_is(name: str, kind: type[TollgateError], message: str | None) -> None:
    async with ANTHROPIC.upstream(ANTHROPIC.refusal(name)) as (adapter, _):
        with pytest.raises(TollgateError) as caught:
            await adapter.complete(ANTHROPIC.request())

    error = caught.value
    assert type(error) is kind
    assert message is None or error.message == message
    assert not re.search(r"sk-|org-|Billing to", f"{error.message} {error.metadata}")


async def test_a_rate_limit_repeats_the_hint() -> None:
    async with ANTHROPIC.upstream(ANTHROPIC.refusal("rate_limit")) as (adapter, _):
        with pytest.raises(ProviderRateLimited) as caught:
            await adapter.complete(ANTHROPIC.request())

    assert caught.value.retry_after_s == 23


@pytest.mark.parametrize(
    "name",
    [
        "no_finish",
        "end_without_finish",
        "cut_in_json",
        "not_json",
        "no_events",
        "delta_without_index",
        "text_that_is_none",
    ],
)
async def test_a_stream_that_does_not_end_well_is_an_error(name: str) -> None:
    with pytest.raises(UpstreamInvalid):
        await ANTHROPIC.heard([read_bytes("anthropic", "broken", f"{name}.sse")])


@pytest.mark.parametrize("name", ["error_first", "error_before_text"])
async def test_an_overload_before_any_text_comes_before_any_delta(name: str) -> None:
    came: list[Delta] = []

    with pytest.raises(ProviderOverloaded):
        await ANTHROPIC.heard([read_bytes("anthropic", "broken", f"{name}.sse")], came)

    assert came == []


async def test_an_error_after_text_comes_after_it() -> None:
    came: list[Delta] = []

    with pytest.raises(UpstreamInvalid):
        await ANTHROPIC.heard([read_bytes("anthropic", "broken", "error_after_text.sse")], came)

    assert text_of(came) == "Hello Köln! 🌍"


async def test_a_stream_without_names_ends_as_well() -> None:
    stream = re.sub(rb"event: .*\n", b"", read_bytes("anthropic", "plain", "stream.sse"))

    deltas = await ANTHROPIC.heard([stream, b"data: not json\n\n"])

    assert joined(deltas) == from_wire(read("anthropic", "plain", "answer.json"))


async def test_a_text_about_the_end_is_not_the_end() -> None:
    answer = read("anthropic", "plain", "answer.json")
    answer["content"][0]["text"] = 'It is "message_stop".'
    stream = [
        {"type": "message_start", "message": answer},
        {"type": "content_block_start", "index": 0, "content_block": answer["content"][0]},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    ]

    async with ANTHROPIC.upstream(event_reply(stream, done=False)) as (adapter, _):
        deltas = [delta async for delta in adapter.stream(ANTHROPIC.request())]

    assert text_of(deltas) == 'It is "message_stop".'


async def test_a_tool_of_the_vendors_own_says_nothing() -> None:
    answer = read("anthropic", "plain", "answer.json")
    answer["content"].append({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"q": "x"}})
    answer["stop_reason"] = "pause_turn"

    (choice,) = from_wire(answer).choices

    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "stop"


async def test_a_long_answer_is_streamed_from_the_provider_and_joined() -> None:
    async with ANTHROPIC.upstream(event_reply([read_bytes("anthropic", "plain", "stream.sse")], done=False)) as (
        adapter,
        server,
    ):
        request = ANTHROPIC.request()
        completion = await adapter.complete(
            ChatRequest(model=request.model, body=request.body, max_output_tokens=16_001)
        )

    assert server.requests[0].json["stream"] is True
    assert completion == from_wire(read("anthropic", "plain", "answer.json"))


@pytest.mark.parametrize("case", CASES)
async def test_every_answer_is_the_same_joined(case: str) -> None:
    stream = event_reply([read_bytes("anthropic", case, "stream.sse")], done=False)

    async with ANTHROPIC.upstream(stream) as (adapter, _):
        request = ANTHROPIC.request(case)
        joined_up = await adapter.complete(
            ChatRequest(model=request.model, body=request.body, max_output_tokens=20_000)
        )

    assert joined_up == from_wire(read("anthropic", case, "answer.json"))


@pytest.mark.parametrize(("name", "kind"), [("no_finish", UpstreamInvalid), ("error_first", ProviderOverloaded)])
async def test_a_long_answer_that_does_not_end_well_is_an_error(name: str, kind: type[TollgateError]) -> None:
    stream = event_reply([read_bytes("anthropic", "broken", f"{name}.sse")], done=False)

    async with ANTHROPIC.upstream(stream) as (adapter, _):
        with pytest.raises(kind):
            await adapter.complete(
                ChatRequest(model=ANTHROPIC.model(), body=ANTHROPIC.request().body, max_output_tokens=20_000)
            )


async def test_an_answer_as_long_as_a_connection_lasts_is_not_streamed() -> None:
    async with ANTHROPIC.upstream(json_reply(read("anthropic", "plain", "answer.json"))) as (adapter, server):
        request = ANTHROPIC.request()
        await adapter.complete(ChatRequest(model=request.model, body=request.body, max_output_tokens=16_000))

    assert "stream" not in server.requests[0].json


def test_json_is_checked_where_the_vendor_does_not_see_to_it() -> None:
    assert ANTHROPIC.plan("json_mode").answer_schema == {"type": "object"}
    assert ANTHROPIC.plan("schema").answer_schema == schema_of(read("anthropic", "schema", "client.json"))


def test_both_credentials_are_never_sent() -> None:
    assert AnthropicChat(None).headers("sk-1") == {  # type: ignore[arg-type]
        "x-api-key": "sk-1",
        "anthropic-version": "2023-06-01",
    }


@pytest.mark.parametrize("messages", [[{"role": "system", "content": "Be brief."}], [{"role": "user", "content": " "}]])
def test_a_conversation_in_which_nobody_says_anything_is_refused(messages: list[Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        planned(messages)

    assert caught.value.param == "messages"


@pytest.mark.parametrize("tier", ["flex", "scale", "priority", "fast"])
def test_a_tier_that_the_vendor_does_not_sell_by_the_call_is_dropped(tier: str) -> None:
    plan = plan_of([user("Hi")], service_tier=tier)

    assert plan.dropped == ("service_tier",)
    assert "service_tier" not in plan.body


def test_the_tier_auto_is_passed() -> None:
    assert wire_of(planned([user("Hi")], service_tier="auto"))["service_tier"] == "auto"


def test_stop_sequences_of_white_space_alone_leave_none() -> None:
    plan = plan_of([user("Hi")], stop="\n\n")

    assert plan.dropped == ("stop",)
    assert "stop" not in plan.body


def test_tools_that_nobody_declares_any_more_are_declared_and_not_called() -> None:
    wire = wire_of(planned([user("Hi"), called(), result()]))

    assert [tool["name"] for tool in wire["tools"]] == ["get_weather"]
    assert wire["tool_choice"] == {"type": "none"}


def test_tools_that_may_not_be_called_are_not_sent_unless_they_were_called() -> None:
    other = {"type": "function", "function": {"name": "get_time"}}
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [other]}}

    wire = wire_of(planned([user("Hi")], tools=[TOOL, other], tool_choice=choice))

    assert [tool["name"] for tool in wire["tools"]] == ["get_time"]
    assert wire["tool_choice"] == {"type": "any"}


def test_no_choice_between_tools_says_nothing_about_how_many() -> None:
    wire = wire_of(planned([user("Hi")], tools=[TOOL], tool_choice="none", parallel_tool_calls=False))

    assert wire["tool_choice"] == {"type": "none"}


def test_one_call_at_a_time_is_asked_for_without_a_choice() -> None:
    wire = wire_of(planned([user("Hi")], tools=[TOOL], parallel_tool_calls=False))

    assert wire["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_thinking_is_off_for_a_call_whose_thoughts_were_lost() -> None:
    plan = plan_of([user("Hi"), called(), result()], tools=[TOOL], reasoning_effort="high", temperature=0.5)

    wire = wire_of(ChatRequest(model=thinker(), body=plan.body, max_output_tokens=1000))

    assert plan.dropped == ("reasoning_effort",)
    assert wire["thinking"] == {"type": "disabled"}
    assert wire["temperature"] == 0.5
    assert "output_config" not in wire


def test_a_model_that_always_thinks_goes_on_without_the_thoughts_that_were_lost() -> None:
    model = ANTHROPIC.model(flags={"effort_levels": ["low", "high"], "sampling": "none"})
    body = {"messages": [user("Hi"), called(), result()], "tools": [TOOL], "reasoning_effort": "none"}

    plan = ANTHROPIC.adapter().plan(body, model, is_strict=False)

    assert plan.dropped == ()
    assert wire_of(ChatRequest(model=model, body=plan.body, max_output_tokens=1000))["output_config"] == {
        "effort": "low"
    }


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def called(**more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [CALL], **more}


def result() -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "toolu_1", "content": "rain"}


def thinker() -> Any:
    return ANTHROPIC.model(flags=THINKS)


def plan_of(messages: list[Any], **fields: Any) -> Any:
    return ANTHROPIC.adapter().plan({"messages": messages, **fields}, thinker(), is_strict=False)


def planned(messages: list[Any], **fields: Any) -> ChatRequest:
    return ChatRequest(model=thinker(), body=plan_of(messages, **fields).body, max_output_tokens=1000)


def wire_of(request: ChatRequest) -> Any:
    """The body as it goes over the wire."""
    return json.loads(json.dumps(to_wire(request, AnthropicChat.dialect.flags_of(request.model), is_stream=False)))
