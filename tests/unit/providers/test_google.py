"""Gemini's adapter against exchanges in Gemini's own form."""

import json
from collections.abc import AsyncIterator
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
from tollgate.errors import (
    BadRequest,
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    UnsupportedParameter,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)
from tollgate.providers.connection import Connection
from tollgate.providers.google import GoogleChat
from tollgate.providers.google_answer import from_wire
from tollgate.providers.google_request import PLACEHOLDER, to_wire
from tollgate.providers.registry import PROVIDERS

CASES = cases("google")
BROKEN = ["no_finish", "not_json", "cut_in_json", "list", "no_events", "no_candidates", "one_choice_of_two"]
SIGNATURE = "ZmFrZS1zaWduYXR1cmU="
CALLED = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
    "extra_content": {"google": {"thought_signature": SIGNATURE}},
}
ROUND_TRIP = [
    {"role": "user", "content": "Go on."},
    {"role": "assistant", "content": None, "tool_calls": [CALLED]},
    {"role": "tool", "tool_call_id": "call_1", "content": "done"},
]
SILENT = {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP"}]}


@pytest.mark.parametrize("case", CASES)
def test_a_request_becomes_exactly_what_gemini_reads(case: str) -> None:
    adapter, request = an_adapter(), planned(case)

    assert to_wire(request, adapter.dialect.flags_of(request.model)) == read("google", case, "request.json")


@pytest.mark.parametrize("case", CASES)
def test_what_is_left_out_is_named(case: str) -> None:
    plan = an_adapter().plan(read("google", case, "client.json"), the_model(case), is_strict=False)

    assert list(plan.dropped) == read("google", case, "expected.json")["dropped"]


@pytest.mark.parametrize("case", CASES)
def test_what_the_client_sent_is_left_as_it_was(case: str) -> None:
    adapter, request = an_adapter(), planned(case)
    before = repr(request)

    to_wire(request, adapter.dialect.flags_of(request.model))

    assert repr(request) == before


@pytest.mark.parametrize("case", CASES)
def test_an_answer_becomes_choices_and_usage(case: str) -> None:
    expected = read("google", case, "expected.json")

    completion = from_wire(read("google", case, "answer.json"))

    assert completion.choices == expected["choices"]
    assert completion.usage is not None
    assert completion.usage.counts() == expected["usage"]
    assert not completion.usage.is_estimated
    assert (completion.upstream_id, completion.upstream_model) == ("mZIgaZ2xN8", "gemini-3.5-flash")


@pytest.mark.parametrize("case", CASES)
async def test_a_stream_says_what_the_whole_answer_says(case: str) -> None:
    expected = read("google", case, "expected.json")

    deltas = await heard([read_bytes("google", case, "stream.sse")])

    assert joined(deltas) == said(expected["choices"])
    assert used(deltas) == expected["usage"]
    assert {delta.upstream_id for delta in deltas} == {"mZIgaZ2xN8"}


@pytest.mark.parametrize("case", CASES)
async def test_a_stream_means_the_same_cut_at_any_byte_and_with_other_line_endings(case: str) -> None:
    stream = read_bytes("google", case, "stream.sse")
    plain = await heard([stream])

    assert await heard([bytes([byte]) for byte in stream]) == plain
    assert await heard([stream.replace(b"\r\n", b"\n")]) == plain
    for place in range(1, len(stream), 7):
        assert await heard([stream[:place], stream[place:]]) == plain


@given(case=st.sampled_from(CASES), cuts=st.lists(st.integers(0, 10_000), max_size=30))
async def test_a_stream_is_the_same_however_it_is_cut(case: str, cuts: list[int]) -> None:
    stream = read_bytes("google", case, "stream.sse")
    places = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]

    deltas = await heard([stream[start:end] for start, end in pairwise(places)])

    assert deltas == await heard([stream])


async def test_usage_is_passed_on_once_it_includes_the_answer() -> None:
    deltas = await heard([read_bytes("google", "plain", "stream.sse")])

    assert [delta.usage.completion_tokens if delta.usage else None for delta in deltas] == [None, 42, 51, 52]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bad_request", UpstreamRejected),
        ("bad_key", ProviderAuthFailed),
        ("blocked_key", ProviderAuthFailed),
        ("expired_key", ProviderAuthFailed),
        ("no_permission", ProviderAuthFailed),
        ("region", ProviderAuthFailed),
        ("no_billing", ProviderBilling),
        ("no_credits", ProviderBilling),
        ("no_model", NoProviderAvailable),
        ("context_length", ContextLengthExceeded),
        ("filtered_prompt", ContentFiltered),
        ("rate_limit", ProviderRateLimited),
        ("daily_limit", ProviderRateLimited),
        ("server_error", UpstreamInvalid),
        ("overloaded", ProviderOverloaded),
        ("too_slow", UpstreamTimeout),
        ("signature", UpstreamRejected),
    ],
)
async def test_a_refusal_is_told_as_what_it_is(name: str, kind: type[TollgateError]) -> None:
    async with upstream(an_error(name)) as (adapter, server):
        with pytest.raises(TollgateError) as caught:
            await adapter.complete(planned("plain"))

    assert type(caught.value) is kind
    assert caught.value.metadata["provider"] == "google"
    assert len(server.requests) == 1


@pytest.mark.parametrize(("name", "seconds"), [("rate_limit", 36.5), ("daily_limit", 120), ("overloaded", 1)])
async def test_a_refusal_says_when_to_come_back(name: str, seconds: float) -> None:
    async with upstream(an_error(name)) as (adapter, _):
        with pytest.raises(TollgateError) as caught:
            await adapter.complete(planned("plain"))

    assert caught.value.retry_after_s == pytest.approx(seconds)


@pytest.mark.parametrize("name", BROKEN)
async def test_a_stream_that_does_not_end_well_is_an_error(name: str) -> None:
    with pytest.raises(UpstreamInvalid):
        await heard([read_bytes("google", "broken", f"{name}.sse")])


async def test_an_error_in_place_of_a_stream_comes_first() -> None:
    came: list[Delta] = []

    with pytest.raises(ProviderOverloaded):
        await heard([read_bytes("google", "broken", "error_first.sse")], came)

    assert came == []


@pytest.mark.parametrize(
    ("name", "kind", "completion_tokens"),
    [
        ("error_after_text", UpstreamInvalid, 1),
        ("malformed_call", UpstreamInvalid, 9),
        ("filtered_after_text", ContentFiltered, 4),
    ],
)
async def test_an_error_after_text_comes_after_it_and_what_was_used_is_known(
    name: str, kind: type[TollgateError], completion_tokens: int
) -> None:
    came: list[Delta] = []

    with pytest.raises(kind):
        await heard([read_bytes("google", "broken", f"{name}.sse")], came)

    assert joined(came)[0]["content"] == "Hello"
    assert used(came)["completion_tokens"] == completion_tokens


async def test_a_broken_finish_before_any_text_is_an_error_and_no_delta() -> None:
    came: list[Delta] = []
    whole = {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}], "usageMetadata": {"promptTokenCount": 5}}

    with pytest.raises(UpstreamInvalid):
        await heard([event(whole)], came)

    assert came == []


async def test_an_answer_that_stops_before_it_begins_is_asked_for_again() -> None:
    plain = read("google", "plain", "answer.json")

    async with upstream(json_reply(SILENT), json_reply(plain)) as (adapter, server):
        completion = await adapter.complete(planned("plain"))

    assert completion == from_wire(plain)
    assert [received.json for received in server.requests] == [read("google", "plain", "request.json")] * 2


async def test_an_answer_that_stops_before_it_begins_twice_is_empty() -> None:
    async with upstream(json_reply(SILENT)) as (adapter, server):
        completion = await adapter.complete(planned("plain"))

    assert [(one["message"]["content"], one["finish_reason"]) for one in completion.choices] == [(None, "stop")]
    assert len(server.requests) == 2


async def test_a_stream_that_stops_before_it_begins_is_asked_for_again() -> None:
    silent, plain = read_bytes("google", "broken", "silent.sse"), read_bytes("google", "plain", "stream.sse")

    async with upstream(raw_reply(silent, "text/event-stream"), raw_reply(plain, "text/event-stream")) as (adapter, _):
        deltas = await all_of(adapter, planned("plain"))

    assert deltas == await heard([plain])


async def test_a_stream_that_stops_before_it_begins_twice_is_empty() -> None:
    silent = raw_reply(read_bytes("google", "broken", "silent.sse"), "text/event-stream")

    async with upstream(silent) as (adapter, server):
        deltas = await all_of(adapter, planned("plain"))

    assert [one["finish_reason"] for delta in deltas for one in delta.choices] == ["stop"]
    assert len(server.requests) == 2


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize(
    "message",
    ["Corrupted thought signature.", "The request has an invalid thought_signature.", "Thought signature is not valid"],
)
async def test_a_signature_that_is_refused_is_replaced_once(message: str, is_stream: bool) -> None:
    refusal = json_reply({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}, 400)
    request = a_request(messages=ROUND_TRIP)

    async with upstream(refusal, the_answer(is_stream)) as (adapter, server):
        await (all_of(adapter, request) if is_stream else adapter.complete(request))

    assert [signature_of(received.json) for received in server.requests] == [SIGNATURE, PLACEHOLDER]


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_placeholder_that_is_refused_too_is_the_end(is_stream: bool) -> None:
    request = a_request(messages=ROUND_TRIP)

    async with upstream(an_error("signature")) as (adapter, server):
        with pytest.raises(UpstreamRejected):
            await (all_of(adapter, request) if is_stream else adapter.complete(request))

    assert len(server.requests) == 2


@pytest.mark.parametrize("is_stream", [False, True])
async def test_another_refusal_of_a_signed_history_is_not_tried_again(is_stream: bool) -> None:
    request = a_request(messages=ROUND_TRIP)

    async with upstream(an_error("bad_request")) as (adapter, server):
        with pytest.raises(UpstreamRejected):
            await (all_of(adapter, request) if is_stream else adapter.complete(request))

    assert len(server.requests) == 1


async def test_a_signature_that_is_refused_after_text_is_the_end_of_the_stream() -> None:
    text = read_bytes("google", "broken", "no_finish.sse")
    refusal = event({"error": {"code": 400, "message": "Corrupted thought signature.", "status": "INVALID_ARGUMENT"}})

    async with upstream(raw_reply(text + refusal, "text/event-stream")) as (adapter, server):
        with pytest.raises(UpstreamRejected):
            await all_of(adapter, a_request(messages=ROUND_TRIP))

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gemini-3.5-flash", "/v1beta/models/gemini-3.5-flash:generateContent"),
        ("tunedModels/mine-7", "/v1beta/tunedModels/mine-7:generateContent"),
    ],
)
async def test_the_upstream_name_of_the_model_is_in_the_address(name: str, path: str) -> None:
    async with upstream(the_answer(is_stream=False)) as (adapter, server):
        await adapter.complete(a_request(the_model(upstream_model=name)))

    assert server.requests[0].path == path
    assert server.requests[0].headers["x-goog-api-key"] == "AIza-operator"


def test_instructions_alone_are_nothing_to_answer() -> None:
    body = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Be kind."}]}

    with pytest.raises(BadRequest) as caught:
        an_adapter().plan(body, the_model(), is_strict=False)

    assert caught.value.param == "messages"


def test_a_strict_client_is_told_that_an_instruction_would_lose_its_place() -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief."}]}

    with pytest.raises(UnsupportedParameter) as caught:
        an_adapter().plan(body, the_model(), is_strict=True)

    assert caught.value.param == "messages"


@pytest.mark.parametrize(
    ("fields", "flags", "param"),
    [
        ({"logprobs": True, "top_logprobs": 20}, {"logprobs": True}, "top_logprobs"),
        (
            {"response_format": {"type": "json_object"}, "tools": [CALLED]},
            {"json_with_tools": False},
            "response_format",
        ),
        ({"tools": [{"type": "custom", "custom": {"name": "c"}}]}, {}, "tools"),
        ({"web_search_options": {}}, {}, "web_search_options"),
        ({"logprobs": True}, {}, "logprobs"),
    ],
)
def test_what_gemini_cannot_do_is_refused_before_it_is_asked(
    fields: dict[str, Any], flags: dict[str, Any], param: str
) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        an_adapter().plan({"messages": ROUND_TRIP, **fields}, the_model(flags=flags), is_strict=False)

    assert caught.value.param == param


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_object"}},
        {"tools": [CALLED]},
        {"tools": [CALLED], "response_format": {"type": "text"}},
    ],
)
def test_an_older_gemini_answers_in_json_or_calls_tools(fields: dict[str, Any]) -> None:
    plan = an_adapter().plan(
        {"messages": ROUND_TRIP, **fields}, the_model(flags={"json_with_tools": False}), is_strict=True
    )

    assert fields.keys() <= plan.body.keys()


@pytest.mark.parametrize(("n", "calls"), [(1, 1), (8, 1), (9, 9)])
def test_more_answers_than_one_call_gives_are_asked_for_one_by_one(n: int, calls: int) -> None:
    plan = an_adapter().plan({"messages": ROUND_TRIP, "n": n}, the_model(), is_strict=False)

    assert plan.calls == calls


def test_five_texts_can_end_an_answer() -> None:
    stops = ["a", "b", "c", "d", "e"]

    assert (
        an_adapter().plan({"messages": ROUND_TRIP, "stop": stops}, the_model(), is_strict=False).body["stop"] == stops
    )


def the_model(case: str = "", **changes: Any) -> Model:
    found = read("google", case, "model.json") if case and has("google", case, "model.json") else {}
    found = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    return a_model(
        **{
            "id": "google/gemini-3.5-flash",
            "provider": "google",
            "upstream_model": "gemini-3.5-flash",
            "input_modalities": ("text", "image"),
            **found,
            **changes,
        }
    )


def planned(case: str) -> ChatRequest:
    return a_request(the_model(case), **read("google", case, "client.json"))


def a_request(asked: Model | None = None, **body: Any) -> ChatRequest:
    asked = asked or the_model()
    body = {"messages": [{"role": "user", "content": "Hi"}], **body}
    return ChatRequest(asked, an_adapter().plan(body, asked, is_strict=False).body, max_output_tokens=1000)


def an_adapter(http: httpx2.AsyncClient | None = None, url: str = "http://upstream.test") -> GoogleChat:
    async def credential(_fresh: bool) -> str:
        return "AIza-operator"

    settings = {"GEMINI_BASE_URL": f"{url}/v1beta"}
    # Without a client it can think, and not send.
    return GoogleChat(
        Connection(PROVIDERS["google"], http=http or a_client(), environment=settings, credential=credential)
    )


@asynccontextmanager
async def upstream(*replies: Reply) -> AsyncIterator[tuple[GoogleChat, Upstream]]:
    async with Upstream(*replies) as server, a_client() as http:
        yield an_adapter(http, server.url), server


async def heard(pieces: list[bytes], came: list[Delta] | None = None) -> list[Delta]:
    """What is made of a stream in exactly these pieces."""
    async with answered_in(pieces) as http:
        return await all_of(an_adapter(http), a_request(), came)


def event(body: Any) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\r\n\r\n"


def an_error(name: str) -> Reply:
    recorded = read("google", "errors", f"{name}.json")
    return json_reply(recorded["body"], recorded["status"])


def the_answer(is_stream: bool) -> Reply:
    if is_stream:
        return raw_reply(read_bytes("google", "plain", "stream.sse"), "text/event-stream")
    return json_reply(read("google", "plain", "answer.json"))


def signature_of(body: Any) -> str:
    (signature,) = (
        part["thoughtSignature"]
        for content in body["contents"]
        for part in content["parts"]
        if "thoughtSignature" in part
    )
    return str(signature)


def used(deltas: list[Delta]) -> dict[str, Any]:
    """The last usage that was passed on."""
    return [delta.usage for delta in deltas if delta.usage is not None][-1].counts()


def said(choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the choices of a whole answer say."""
    return [
        {
            "content": choice["message"]["content"] or "",
            "reasoning_content": choice["message"].get("reasoning_content", ""),
            "tool_calls": choice["message"].get("tool_calls", []),
            "logprobs": (choice["logprobs"] or {}).get("content", []),
            "finish_reason": choice["finish_reason"],
        }
        for choice in choices
    ]


def joined(deltas: list[Delta]) -> list[dict[str, Any]]:
    """What the choices of a stream say, put together."""
    whole: dict[int, dict[str, Any]] = {}
    for choice in (choice for delta in deltas for choice in delta.choices):
        empty: dict[str, Any] = {
            "content": "",
            "reasoning_content": "",
            "tool_calls": [],
            "logprobs": [],
            "finish_reason": None,
        }
        one = whole.setdefault(choice["index"], empty)
        for name in ("content", "reasoning_content"):
            one[name] += choice["delta"].get(name, "")
        one["logprobs"] += (choice["logprobs"] or {}).get("content", [])
        one["finish_reason"] = choice["finish_reason"] or one["finish_reason"]
        for call in choice["delta"].get("tool_calls", ()):
            assert call["index"] == len(one["tool_calls"]), "calls are numbered over all chunks"
            one["tool_calls"].append({name: value for name, value in call.items() if name != "index"})
    return [one for _, one in sorted(whole.items())]
