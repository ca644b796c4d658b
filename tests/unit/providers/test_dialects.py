"""Vendors that speak OpenAI's language with a dialect, against exchanges in each one's own form."""

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_model
from tests.conformance.playing import Heard, HeardCall, heard_stream, heard_whole
from tests.unit.providers.adapters import KEY, a_request, an_adapter, streamed, upstream
from tests.upstream import Reply, json_reply
from tests.wire import cases, has, read, read_bytes, refusals
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Delta
from tollgate.contracts.usage import Usage
from tollgate.errors import (
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)

VENDORS: Final = (
    "azure",
    "deepseek",
    "fireworks",
    "groq",
    "mistral",
    "openrouter",
    "together",
    "vllm",
    "xai",
)
VLLM_EXTRAS: Final = {"stop_reason", "token_ids"}
CASES: Final = [(vendor, case) for vendor in VENDORS for case in cases(vendor)]
# It sends the usage unasked, and would refuse to be asked.
UNASKED: Final = frozenset({"mistral"})

REFUSALS: Final[Mapping[str, Mapping[str, type[TollgateError]]]] = {
    "azure": {
        "bad_key": ProviderAuthFailed,
        "bad_key_at_the_gate": ProviderAuthFailed,
        "context_length": ContextLengthExceeded,
        "filtered_prompt": ContentFiltered,
        "no_deployment": NoProviderAvailable,
        "no_money": ProviderBilling,
        "rate_limit": ProviderRateLimited,
        "server_error": UpstreamInvalid,
        "wrong_path": NoProviderAvailable,
    },
    "deepseek": {
        "bad_key": ProviderAuthFailed,
        "bad_parameters": UpstreamRejected,
        "context_length": ContextLengthExceeded,
        "no_balance": ProviderBilling,
        "no_model": NoProviderAvailable,
        "overloaded": ProviderOverloaded,
        "rate_limit": ProviderRateLimited,
        "risk": ContentFiltered,
        "server_error": UpstreamInvalid,
    },
    "fireworks": {"bad_key": ProviderAuthFailed, "suspended": ProviderBilling},
    "groq": {
        "bad_key": ProviderAuthFailed,
        "no_capacity": ProviderOverloaded,
        "no_such_tool": UpstreamInvalid,
        "rate_limit": ProviderRateLimited,
    },
    "mistral": {
        "bad_key": ProviderAuthFailed,
        "extra_field": UpstreamRejected,
        "no_model": NoProviderAvailable,
        "rate_limit": ProviderRateLimited,
    },
    "openrouter": {
        "bad_key": ProviderAuthFailed,
        "bad_request": UpstreamRejected,
        "context_length": ContextLengthExceeded,
        "forbidden": ProviderAuthFailed,
        "in_a_choice": ProviderOverloaded,
        "in_flight": ProviderOverloaded,
        "moderation": ContentFiltered,
        "no_credits": ProviderBilling,
        "no_endpoint": NoProviderAvailable,
        "provider_down": ProviderOverloaded,
        "under_success": ProviderOverloaded,
    },
    "together": {"no_model": NoProviderAvailable, "no_money": ProviderBilling},
    "vllm": {"missing_field": UpstreamRejected, "no_model": NoProviderAvailable},
    "xai": {
        "bad_key": ProviderAuthFailed,
        "bad_request": UpstreamRejected,
        "context_length": ContextLengthExceeded,
        "filtered_prompt": ContentFiltered,
        "no_credits": ProviderBilling,
        "no_credits_yet": ProviderBilling,
        "no_key": ProviderAuthFailed,
        "no_model": NoProviderAvailable,
        "no_permission": ProviderAuthFailed,
        "rate_limit": ProviderRateLimited,
    },
}


@pytest.mark.parametrize(("vendor", "case"), CASES)
def test_a_request_becomes_exactly_what_the_vendor_reads(vendor: str, case: str) -> None:
    body = an_adapter(vendor).to_wire(planned(vendor, case), is_stream=False)

    assert body == read(vendor, case, "request.json")


@pytest.mark.parametrize(("vendor", "case"), CASES)
def test_a_streamed_request_is_the_same_and_asks_for_usage(vendor: str, case: str) -> None:
    body = an_adapter(vendor).to_wire(planned(vendor, case), is_stream=True)

    asked = {} if vendor in UNASKED else {"stream_options": {"include_usage": True}}
    assert body == {**read(vendor, case, "request.json"), "stream": True, **asked}


@pytest.mark.parametrize(("vendor", "case"), CASES)
def test_what_the_client_sent_is_left_as_it_was(vendor: str, case: str) -> None:
    request = planned(vendor, case)
    before = repr(request)

    an_adapter(vendor).to_wire(request, is_stream=True)

    assert repr(request) == before


@pytest.mark.parametrize(("vendor", "case"), CASES)
def test_a_whole_answer_is_heard(vendor: str, case: str) -> None:
    completion = an_adapter(vendor).from_wire(read(vendor, case, "answer.json"))

    assert heard_whole(completion) == expected(vendor, case)
    assert completion.choices[0].keys() <= {"index", "message", "logprobs", "finish_reason", "seed"} | VLLM_EXTRAS


@pytest.mark.parametrize(("vendor", "case"), CASES)
async def test_a_streamed_answer_is_heard(vendor: str, case: str) -> None:
    deltas = await streamed(vendor, [read_bytes(vendor, case, "stream.sse")])

    assert heard_stream(deltas) == expected(vendor, case)
    assert sum(delta.usage is not None for delta in deltas) == 1


@pytest.mark.parametrize(("vendor", "case"), CASES)
async def test_a_stream_means_the_same_in_single_bytes_with_other_line_endings_and_comments(
    vendor: str, case: str
) -> None:
    stream = read_bytes(vendor, case, "stream.sse")
    plain = await streamed(vendor, [stream])

    in_bytes = await streamed(vendor, [bytes([byte]) for byte in stream])
    in_other_lines = await streamed(vendor, [stream.replace(b"\n", b"\r\n")])
    with_comments = await streamed(vendor, [re.sub(rb"(?m)^data:", b": still here\r\rdata:", stream)])

    assert in_bytes == in_other_lines == with_comments == plain


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_stream_can_be_cut_in_two_at_every_byte(vendor: str) -> None:
    stream = read_bytes(vendor, cases(vendor)[0], "stream.sse")
    plain = await streamed(vendor, [stream])

    for place in range(1, len(stream)):
        assert await streamed(vendor, [stream[:place], stream[place:]]) == plain, place


@pytest.mark.parametrize("vendor", VENDORS)
@given(drawn=st.data())
async def test_a_stream_is_the_same_however_it_is_cut(vendor: str, drawn: st.DataObject) -> None:
    stream = read_bytes(vendor, drawn.draw(st.sampled_from(cases(vendor))), "stream.sse")
    cuts = drawn.draw(st.lists(st.integers(0, len(stream)), max_size=40).map(sorted))

    pieces = [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]

    assert await streamed(vendor, pieces) == await streamed(vendor, [stream])


@pytest.mark.parametrize(
    ("vendor", "name", "kind"), [(vendor, name, kind) for vendor in VENDORS for name, kind in REFUSALS[vendor].items()]
)
async def test_a_refusal_is_told_as_what_it_is(vendor: str, name: str, kind: type[TollgateError]) -> None:
    async with upstream(vendor, refused(vendor, name)) as adapter:
        with pytest.raises(TollgateError) as caught:
            await adapter.complete(a_request(vendor))

    assert type(caught.value) is kind
    assert not re.search(r"://|4Xyz|internal\.example|10\.0\.0\.7", f"{caught.value.message} {caught.value.metadata}")


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_recorded_refusal_is_told(vendor: str) -> None:
    assert refusals(vendor) == sorted(REFUSALS[vendor])


@pytest.mark.parametrize(
    ("vendor", "name", "seconds"),
    [
        ("azure", "rate_limit", 5.25),
        ("groq", "rate_limit", 2),
        ("mistral", "rate_limit", 9),
        ("openrouter", "in_flight", 3),
        ("xai", "rate_limit", 4),
        ("deepseek", "rate_limit", 1),
    ],
)
async def test_a_hint_when_to_come_back_is_repeated(vendor: str, name: str, seconds: float) -> None:
    async with upstream(vendor, refused(vendor, name)) as adapter:
        with pytest.raises(UpstreamError) as caught:
            await adapter.complete(a_request(vendor))

    assert caught.value.retry_after_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("vendor", "name", "kind", "text"),
    [
        ("deepseek", "overloaded", ProviderOverloaded, "Hello"),
        ("deepseek", "no_finish", UpstreamInvalid, "Hello"),
        ("groq", "error_after_text", UpstreamInvalid, "Hello"),
        ("mistral", "error_after_text", UpstreamInvalid, "Hello"),
        ("openrouter", "error_after_text", ProviderOverloaded, "Hello"),
        ("openrouter", "error_first", ProviderRateLimited, ""),
        ("openrouter", "error_in_choice", UpstreamTimeout, "Hello"),
        ("openrouter", "no_finish", UpstreamInvalid, "Hello"),
        ("xai", "error_after_text", ProviderOverloaded, "Hello"),
        ("xai", "no_finish", UpstreamInvalid, "Hello"),
    ],
)
async def test_a_stream_that_goes_wrong_is_told_after_what_came(
    vendor: str, name: str, kind: type[TollgateError], text: str
) -> None:
    came: list[Delta] = []

    with pytest.raises(TollgateError) as caught:
        await streamed(vendor, [read_bytes(vendor, "broken", f"{name}.sse")], came)

    assert type(caught.value) is kind
    assert heard_stream(came).text == text


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_key_comes_under_the_name_that_the_vendor_has_for_it(vendor: str) -> None:
    headers = an_adapter(vendor).headers(KEY)

    assert headers == ({"api-key": KEY} if vendor == "azure" else {"authorization": f"Bearer {KEY}"})


def planned(vendor: str, case: str) -> ChatRequest:
    client = read(vendor, case, "client.json")
    changes: dict[str, Any] = {"id": f"{vendor}/gpt-4o", "provider": vendor}
    if has(vendor, case, "model.json"):
        changes |= read(vendor, case, "model.json")
    tuples = {name: tuple(value) for name, value in changes.items() if isinstance(value, list)}
    model: Model = a_model(**{**changes, **tuples})
    plan = an_adapter(vendor).plan(client, model, is_strict=False)
    return ChatRequest(model=model, body=plan.body, max_output_tokens=1000, user=plan.body.get("user"))


def expected(vendor: str, case: str) -> Heard:
    heard = read(vendor, case, "heard.json")
    usage = dict(heard["usage"])
    if "upstream_cost_usd" in usage:
        usage["upstream_cost_usd"] = Decimal(usage["upstream_cost_usd"])
    calls = tuple(HeardCall(*call) for call in heard["calls"])
    return Heard(heard["text"], heard["reasoning"], calls, heard["finish"], Usage(**usage))


def refused(vendor: str, name: str) -> Reply:
    recorded = read(vendor, "errors", f"{name}.json")
    headers = {header.replace("-", "_"): text for header, text in recorded["headers"].items()}
    return json_reply(recorded["body"], recorded["status"], **headers)
