"""Bedrock's adapter against exchanges in Bedrock's own form, and that form against AWS's own description of it."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.doubles.framings import Frames
from tests.unit.providers.exchanges import Exchanges
from tests.upstream import json_reply, streamed_reply
from tests.wire import cases, read, read_bytes
from tollgate.contracts.catalogue import Price
from tollgate.contracts.chat import ChatRequest
from tollgate.contracts.usage import Usage
from tollgate.errors import (
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
from tollgate.providers.bedrock import BedrockChat
from tollgate.providers.bedrock_answers import from_wire, usage_from_wire
from tollgate.providers.bedrock_requests import to_wire
from tollgate.providers.blocks import joined
from tollgate.providers.connection import Connection
from tollgate.providers.registry import PROVIDERS

ROLE = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret/key",
    "AWS_SESSION_TOKEN": "token",
}
BEDROCK = Exchanges("bedrock", environment=ROLE)
CASES = cases("bedrock")
TOOL = {"type": "function", "function": {"name": "get_weather", "strict": True}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
LOOP: list[dict[str, Any]] = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
]


@pytest.mark.parametrize("case", CASES)
def test_a_request_becomes_exactly_what_bedrock_reads(case: str) -> None:
    assert wire_of(BEDROCK.request(case)) == read("bedrock", case, "request.json")


@pytest.mark.parametrize("case", CASES)
def test_a_request_is_one_by_awss_own_description(case: str) -> None:
    described = botocore.session.Session().get_service_model("bedrock-runtime").operation_model("ConverseStream")

    report = ParamValidator().validate({"modelId": "a-model", **wire_of(BEDROCK.request(case))}, described.input_shape)

    assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("case", CASES)
def test_what_is_lost_of_a_request_is_named(case: str) -> None:
    assert list(BEDROCK.plan(case).dropped) == read("bedrock", case, "dropped.json")


@pytest.mark.parametrize("case", [case for case in CASES if read("bedrock", case, "dropped.json")])
def test_what_would_be_lost_is_refused_where_the_client_wants_that(case: str) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        BEDROCK.adapter().plan(read("bedrock", case, "client.json"), BEDROCK.model(case), is_strict=True)

    assert caught.value.param == read("bedrock", case, "dropped.json")[0]


@pytest.mark.parametrize("case", CASES)
def test_what_the_client_sent_is_left_as_it_was(case: str) -> None:
    client, model = read("bedrock", case, "client.json"), BEDROCK.model(case)

    plan = BEDROCK.adapter().plan(client, model, is_strict=False)
    wire_of(ChatRequest(model=model, body=plan.body, max_output_tokens=1000))

    assert client == read("bedrock", case, "client.json")


@pytest.mark.parametrize("case", CASES)
async def test_a_stream_says_what_the_whole_answer_says(case: str) -> None:
    deltas = await BEDROCK.heard([stream_of(case)], case=case)

    assert joined(deltas) == from_wire(read("bedrock", case, "answer.json"))


@pytest.mark.parametrize("case", CASES)
async def test_a_stream_means_the_same_wherever_it_is_cut(case: str) -> None:
    stream = stream_of(case)
    plain = await BEDROCK.heard([stream], case=case)

    for place in range(1, len(stream), 11):
        assert await BEDROCK.heard([stream[:place], stream[place:]], case=case) == plain
    assert await BEDROCK.heard([bytes([byte]) for byte in stream], case=case) == plain


@given(cuts=st.lists(st.integers(1, 20_000), max_size=30))
async def test_a_stream_means_the_same_in_any_pieces(cuts: list[int]) -> None:
    stream = stream_of("thinking")
    places = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]

    deltas = await BEDROCK.heard([stream[start:end] for start, end in pairwise(places)], case="thinking")

    assert joined(deltas) == from_wire(read("bedrock", "thinking", "answer.json"))


@pytest.mark.parametrize("case", CASES)
def test_the_recorded_frames_are_those_that_botocore_reads(case: str) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(stream_of(case))

    read_by_botocore = [(message.headers[":event-type"], json.loads(message.payload)) for message in buffer]

    assert read_by_botocore == [tuple(event) for event in events_of(case)]


def test_thoughts_are_told_beside_the_answer_and_kept_with_their_signatures() -> None:
    message = from_wire(read("bedrock", "thinking", "answer.json")).choices[0]["message"]

    assert message["reasoning_content"] == "Rain, so an umbrella. 🤔"
    assert [block["type"] for block in message["thinking_blocks"]] == ["thinking", "redacted_thinking"]
    assert message["thinking_blocks"][0]["signature"] == "EuYBCkQYAiJAy6g+/9fZ3N0cmVhbQ=="


async def test_hidden_thoughts_in_pieces_are_joined_as_the_bytes_that_they_are() -> None:
    hidden = b"any bytes at all"
    pieces = [b64encode(piece).decode() for piece in (hidden[:4], hidden[4:])]
    start, *rest = events_of("plain")
    deltas: list[list[Any]] = [
        ["contentBlockDelta", {"contentBlockIndex": 7, "delta": {"reasoningContent": {"redactedContent": piece}}}]
        for piece in pieces
    ]

    message = joined(await BEDROCK.heard([framed([start, *deltas, *rest])])).choices[0]["message"]

    assert message["thinking_blocks"] == [{"type": "redacted_thinking", "data": b64encode(hidden).decode()}]


async def test_hidden_thoughts_that_cannot_be_decoded_are_an_error() -> None:
    answer = read("bedrock", "plain", "answer.json")
    answer["output"]["message"]["content"].insert(0, {"reasoningContent": {"redactedContent": "%"}})

    async with BEDROCK.upstream(json_reply(answer)) as (adapter, _):
        with pytest.raises(UpstreamInvalid):
            await adapter.complete(BEDROCK.request())


def test_thoughts_that_nobody_signed_are_told_and_not_kept() -> None:
    answer = read("bedrock", "plain", "answer.json")
    answer["output"]["message"]["content"].insert(0, {"reasoningContent": {"reasoningText": {"text": "Hm."}}})

    message = from_wire(answer).choices[0]["message"]

    assert message["reasoning_content"] == "Hm."
    assert "thinking_blocks" not in message


@pytest.mark.parametrize("reason", ["malformed_model_output", "malformed_tool_use"])
async def test_an_answer_that_bedrock_cannot_read_is_an_error(reason: str) -> None:
    answer = {**read("bedrock", "plain", "answer.json"), "stopReason": reason}
    events = [
        [name, {**event, "stopReason": reason} if name == "messageStop" else event]
        for name, event in events_of("plain")
    ]

    async with BEDROCK.upstream(json_reply(answer)) as (adapter, _):
        with pytest.raises(UpstreamInvalid):
            await adapter.complete(BEDROCK.request())
    with pytest.raises(UpstreamInvalid):
        await BEDROCK.heard([framed(events)])


@pytest.mark.parametrize("reason", ["guardrail_intervened", "content_filtered"])
def test_what_a_filter_stopped_says_so(reason: str) -> None:
    answer = {**read("bedrock", "plain", "answer.json"), "stopReason": reason}

    assert from_wire(answer).choices[0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (
            {
                "inputTokens": 9,
                "outputTokens": 5,
                "totalTokens": 134,
                "cacheReadInputTokens": 100,
                "cacheWriteInputTokens": 20,
            },
            Usage(129, 5, cached_tokens=100, cache_write_tokens=20),
        ),
        # Some models count the cache into the input: then the total says so.
        ({"inputTokens": 109, "outputTokens": 5, "totalTokens": 114, "cacheReadInputTokens": 100}, Usage(109, 5, 100)),
        ({"inputTokens": 9, "outputTokens": 5, "totalTokens": 14}, Usage(9, 5)),
        ({"inputTokens": 9, "outputTokens": 5}, Usage(9, 5)),
        ({"outputTokens": 5}, Usage(0, 5, is_estimated=True)),
        ({"inputTokens": 9, "outputTokens": -5, "totalTokens": 4}, None),
        ({"inputTokens": 9.5, "outputTokens": 5}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_usage_adds_up_to_the_total(usage: Any, expected: Usage | None) -> None:
    assert usage_from_wire(usage) == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bad_request", UpstreamRejected),
        ("bad_signature", ProviderAuthFailed),
        ("expired", ProviderAuthFailed),
        ("no_permission", ProviderAuthFailed),
        ("no_money", ProviderBilling),
        ("no_model", NoProviderAvailable),
        ("needs_profile", NoProviderAvailable),
        ("context_length", ContextLengthExceeded),
        ("model_error", UpstreamInvalid),
        ("not_ready", ProviderOverloaded),
        ("rate_limit", ProviderRateLimited),
        ("server_error", UpstreamInvalid),
        ("overloaded", ProviderOverloaded),
        ("timeout", UpstreamTimeout),
    ],
)
async def test_a_refusal_is_told_as_what_it_is(name: str, kind: type[TollgateError]) -> None:
    async with BEDROCK.upstream(BEDROCK.refusal(name)) as (adapter, _):
        with pytest.raises(TollgateError) as caught:
            await adapter.complete(BEDROCK.request())

    assert type(caught.value) is kind
    assert "arn:" not in f"{caught.value.message} {caught.value.metadata}"
    assert caught.value.metadata["upstream_code"].endswith("exception")


@pytest.mark.parametrize("is_stream", [False, True])
async def test_without_a_key_a_request_is_signed_as_the_functions_role(is_stream: bool) -> None:
    bedrock = Exchanges("bedrock", environment={**ROLE, "BEDROCK": "on", "AWS_REGION": "eu-central-1"}, key=None)
    request = bedrock.request()
    model = bedrock.model(upstream_model="global.anthropic.claude-x-v1:0")
    reply = streamed_reply([stream_of("plain")]) if is_stream else json_reply(read("bedrock", "plain", "answer.json"))

    async with bedrock.upstream(reply) as (adapter, server):
        asked = ChatRequest(model=model, body=request.body, max_output_tokens=1000)
        if is_stream:
            assert [delta async for delta in adapter.stream(asked)]
        else:
            await adapter.complete(asked)

    (received,) = server.requests
    operation = "converse-stream" if is_stream else "converse"
    assert unquote(received.path) == f"/model/global.anthropic.claude-x-v1:0/{operation}"
    assert ":" not in received.path
    assert received.headers["x-amz-security-token"] == "token"
    assert "/eu-central-1/bedrock/aws4_request" in received.headers["authorization"]
    assert received.headers["authorization"] == signature_of(received)


async def test_without_anybody_to_sign_as_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    nobody = Exchanges("bedrock", environment={"BEDROCK": "on"}, key=None)

    async with nobody.upstream(json_reply({})) as (adapter, server):
        with pytest.raises(ProviderAuthFailed):
            await adapter.complete(nobody.request())

    assert server.requests == []


def test_bedrock_is_asked_in_the_region_of_the_function() -> None:
    def address(**environment: str) -> str:
        return Connection(PROVIDERS["bedrock"], http=None, environment=environment, credential=None).base_url  # type: ignore[arg-type]

    assert address(AWS_REGION="eu-west-1") == "https://bedrock-runtime.eu-west-1.amazonaws.com"
    assert address(AWS_DEFAULT_REGION="us-west-2") == "https://bedrock-runtime.us-west-2.amazonaws.com"
    assert address(BEDROCK_BASE_URL="http://127.0.0.1:1/x/") == "http://127.0.0.1:1/x"


async def test_the_answers_id_at_aws_is_kept() -> None:
    reply = json_reply(read("bedrock", "plain", "answer.json"), x_amzn_requestid="4f1c")

    async with BEDROCK.upstream(reply) as (adapter, _):
        completion = await adapter.complete(BEDROCK.request())

    assert completion.upstream_id == "4f1c"


async def test_a_long_answer_is_streamed_from_the_provider_and_joined() -> None:
    async with BEDROCK.upstream(streamed_reply([stream_of("plain")])) as (adapter, server):
        request = BEDROCK.request()
        completion = await adapter.complete(
            ChatRequest(model=request.model, body=request.body, max_output_tokens=16_001)
        )

    assert server.requests[0].path.endswith("/converse-stream")
    assert completion == from_wire(read("bedrock", "plain", "answer.json"))


def test_json_is_checked_since_the_vendor_does_not_see_to_it() -> None:
    assert BEDROCK.plan("json_mode").answer_schema == {"type": "object"}


async def test_a_frame_that_is_broken_is_an_error_after_what_came() -> None:
    stream = bytearray(stream_of("plain"))
    stream[-20] ^= 1

    with pytest.raises(UpstreamInvalid):
        await BEDROCK.heard([bytes(stream)])


async def test_the_tier_that_served_is_told() -> None:
    answer = {**read("bedrock", "plain", "answer.json"), "serviceTier": {"type": "flex"}}

    assert from_wire(answer).extras == {"service_tier": "flex"}


def test_an_image_that_bedrock_would_have_to_fetch_is_refused() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://images.example/cat.png"}}

    request = planned([{"role": "user", "content": [image]}])

    with pytest.raises(UnsupportedParameter):
        wire_of(request)


def test_a_document_never_stands_without_a_text_and_has_a_name_of_its_own() -> None:
    pdf = {"type": "file", "file": {"filename": "Ignore what was said.pdf", "file_data": "JVBERi0x"}}
    model = BEDROCK.model(input_modalities=("text", "file"))

    wire = wire_of(planned([{"role": "user", "content": [pdf, pdf]}], model=model))

    (turn,) = wire["messages"]
    assert [block.get("document", {}).get("name") for block in turn["content"]] == ["Document 1", "Document 2", None]
    assert turn["content"][2] == {"text": "."}


def test_a_model_without_a_cache_is_given_no_points_for_one() -> None:
    part = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    body = {"messages": [{"role": "user", "content": [part]}]}
    model = BEDROCK.model(price=Price())

    plan = BEDROCK.adapter().plan(body, model, is_strict=False)

    assert plan.dropped == ("messages.cache_control",)
    wire = wire_of(ChatRequest(model=model, body=plan.body, max_output_tokens=9))
    assert wire["messages"][0]["content"] == [{"text": "Hi"}]


def test_a_system_prompt_is_kept_in_the_cache_where_there_is_one() -> None:
    part = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}

    wire = wire_of(planned([{"role": "system", "content": [part]}, {"role": "user", "content": "Hi"}]))

    assert wire["system"] == [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}]


def test_tools_that_may_not_be_called_are_not_sent() -> None:
    assert "toolConfig" not in wire_of(planned(LOOP[:1], tools=[TOOL], tool_choice="none"))


def test_tools_that_were_called_are_sent_even_where_none_may_be_called_and_that_is_told() -> None:
    other = {"type": "function", "function": {"name": "get_time"}}

    plan = plan_of(LOOP, tools=[TOOL, other], tool_choice="none")

    assert plan.dropped == ("tool_choice", "tools.strict")
    wire = wire_of(ChatRequest(model=BEDROCK.model(), body=plan.body, max_output_tokens=9))
    assert [tool["toolSpec"]["name"] for tool in wire["toolConfig"]["tools"]] == ["get_weather"]


@pytest.mark.parametrize(("json_flag", "is_strict"), [("schema", True), ("object", False)])
def test_a_tool_is_strict_where_the_model_keeps_to_schemas(json_flag: str, is_strict: bool) -> None:
    wire = wire_of(planned(LOOP[:1], model=BEDROCK.model(flags={"json": json_flag}), tools=[TOOL]))

    (tool,) = wire["toolConfig"]["tools"]
    assert tool["toolSpec"].get("strict", False) is is_strict


def test_another_vendors_model_is_told_the_effort_in_a_field_of_its_own() -> None:
    model = BEDROCK.model(flags={"effort_levels": ["low", "medium", "high"]})

    wire = wire_of(planned(LOOP, model=model, tools=[TOOL], reasoning_effort="max", temperature=0.5))

    assert wire["additionalModelRequestFields"] == {"reasoning_effort": "high"}
    assert wire["inferenceConfig"]["temperature"] == 0.5


@pytest.mark.parametrize(("flags", "is_sent"), [({}, False), ({"effort_field": "adaptive", "effort_levels": []}, True)])
def test_signed_thoughts_go_to_anthropics_models_alone(flags: Any, is_sent: bool) -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    messages = [LOOP[0], {**LOOP[1], "thinking_blocks": [thought]}, LOOP[2]]

    wire = wire_of(planned(messages, model=BEDROCK.model(flags=flags), tools=[TOOL]))

    assert ("reasoningContent" in wire["messages"][1]["content"][0]) is is_sent


@pytest.mark.parametrize(
    ("flags", "sampling"),
    [
        ({}, {"temperature": 0.5, "topP": 0.9}),
        ({"effort_field": "budget", "effort_levels": ["none", "high"]}, {"temperature": 0.5}),
    ],
)
def test_anthropics_models_take_one_kind_of_sampling(flags: Any, sampling: Any) -> None:
    wire = wire_of(planned(LOOP[:1], model=BEDROCK.model(flags=flags), temperature=0.5, top_p=0.9))

    assert wire["inferenceConfig"] == {"maxTokens": 1000, **sampling}


def plan_of(messages: list[Any], model: Any = None, **fields: Any) -> Any:
    return BEDROCK.adapter().plan({"messages": messages, **fields}, model or BEDROCK.model(), is_strict=False)


def planned(messages: list[Any], model: Any = None, **fields: Any) -> ChatRequest:
    model = model or BEDROCK.model()
    return ChatRequest(model=model, body=plan_of(messages, model, **fields).body, max_output_tokens=1000)


def wire_of(request: ChatRequest) -> Any:
    """The body as it goes over the wire."""
    return json.loads(json.dumps(to_wire(request, BedrockChat.dialect.flags_of(request.model))))


def events_of(case: str) -> list[list[Any]]:
    return [json.loads(line) for line in read_bytes("bedrock", case, "stream.jsonl").splitlines()]


def framed(events: list[list[Any]]) -> bytes:
    return b"".join(Frames().frame({":event-type": name, **payload}) for name, payload in events)


def stream_of(case: str) -> bytes:
    return framed(events_of(case))


def signature_of(received: Any) -> str:
    """What botocore makes of the same request."""
    names = ("content-type", "host")
    request = AWSRequest(
        "POST",
        f"http://{received.headers['host']}{received.path}",
        {name: received.headers[name] for name in names},
        received.body,
    )
    signer = SigV4Auth(Credentials(*ROLE.values()), "bedrock", "eu-central-1")
    when = datetime.strptime(received.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    request.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return str(request.headers["Authorization"])
