"""What is xAI's own: reasoning beside the answer, costs in ticks, and a wrong key that is a bad request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_body, a_chat_request, a_model
from tests.conformance.playing import heard_stream
from tests.unit.providers.adapters import an_adapter
from tests.upstream import Reply, Upstream, a_client, a_completion, chunks_of, event_reply, json_reply
from tests.wire import read
from tollgate.catalogue.catalogue import built_entries
from tollgate.catalogue.entries import to_model
from tollgate.contracts.usage import Usage
from tollgate.errors import ProviderAuthFailed, TollgateError, UnsupportedParameter
from tollgate.providers.connection import Connection
from tollgate.providers.registry import PROVIDERS
from tollgate.providers.xai import XAIChat, read_ticks

MODEL = a_model(id="xai/grok-4.7", provider="xai", upstream_model="grok-4.7")


def a_usage(prompt: int, completion: int, reasoning: int, total: int | None, **more: Any) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "completion_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": total,
        **more,
    }


@pytest.mark.parametrize(
    ("usage", "completion"),
    [
        (a_usage(32, 9, 94, 135), 103),
        (a_usage(32, 103, 94, 135), 103),
        (a_usage(32, 9, 0, 41), 9),
        (a_usage(32, 94, 94, 126), 94),
        (a_usage(32, 94, 94, 220), 188),
        # The total is missing or wrong, and yet so much reasoning cannot be within.
        (a_usage(32, 9, 94, None), 103),
        (a_usage(32, 9, 94, 41), 103),
        (a_usage(32, 103, 94, None), 103),
    ],
)
def test_reasoning_is_inside_the_completion_however_it_came(usage: dict[str, Any], completion: int) -> None:
    read_usage = read_ticks(usage)

    assert read_usage is not None
    assert (read_usage.prompt_tokens, read_usage.completion_tokens) == (32, completion)
    assert read_usage.reasoning_tokens <= completion


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7), st.booleans())
def test_the_parts_are_the_vendor_s_own_total(prompt: int, said: int, reasoning: int, is_apart: bool) -> None:
    completion = said if is_apart else said + reasoning
    total = prompt + said + reasoning

    read_usage = read_ticks(a_usage(prompt, completion, reasoning, total))

    assert read_usage is not None
    assert read_usage.total_tokens == total
    assert read_usage.reasoning_tokens <= read_usage.completion_tokens


@pytest.mark.parametrize(
    ("ticks", "cost"),
    [(10**10, "1"), (1, "1E-10"), (2_345_000, "0.0002345"), (0, "0")],
)
def test_ten_thousand_million_ticks_are_a_dollar(ticks: int, cost: str) -> None:
    assert read_ticks(a_usage(1, 1, 0, 2, cost_in_usd_ticks=ticks)) == Usage(1, 1, upstream_cost_usd=Decimal(cost))


@pytest.mark.parametrize("ticks", [None, -1, 1.5, "1", True])
def test_ticks_that_make_no_sense_are_no_cost(ticks: Any) -> None:
    assert read_ticks(a_usage(1, 1, 0, 2, cost_in_usd_ticks=ticks)) == Usage(1, 1)


@pytest.mark.parametrize("usage", [None, {}, [], a_usage(-1, 1, 0, 0), a_usage(1, 1, -1, 1)])
def test_usage_that_makes_no_sense_is_none(usage: Any) -> None:
    assert read_ticks(usage) is None


async def changed(fresh: bool) -> str:
    """A key that the operator has changed since it was read."""
    return "xai-new" if fresh else "xai-old"


@asynccontextmanager
async def with_a_changed_key(*replies: Reply) -> AsyncIterator[tuple[XAIChat, Upstream]]:
    async with Upstream(*replies) as upstream, a_client() as http:
        environment = {"XAI_BASE_URL": upstream.url}
        yield XAIChat(Connection(PROVIDERS["xai"], http=http, environment=environment, credential=changed)), upstream


def refused(name: str) -> Reply:
    recorded = read("xai", "errors", f"{name}.json")
    return json_reply(recorded["body"], recorded["status"])


async def test_a_key_that_is_refused_as_a_bad_request_is_read_again() -> None:
    async with with_a_changed_key(refused("bad_key"), json_reply(a_completion("Hi."))) as (adapter, upstream):
        completion = await adapter.complete(a_chat_request(model=MODEL))

        keys = [received.headers["authorization"] for received in upstream.requests]
    assert keys == ["Bearer xai-old", "Bearer xai-new"]
    assert completion.choices[0]["message"]["content"] == "Hi."


async def test_a_key_that_is_refused_so_before_a_stream_is_read_again() -> None:
    async with with_a_changed_key(refused("bad_key"), event_reply(chunks_of("Hi."))) as (adapter, upstream):
        deltas = [delta async for delta in adapter.stream(a_chat_request(model=MODEL))]

        keys = [received.headers["authorization"] for received in upstream.requests]
    assert keys == ["Bearer xai-old", "Bearer xai-new"]
    assert heard_stream(deltas).text == "Hi."


@pytest.mark.parametrize("name", ["bad_request", "no_permission", "no_credits_yet", "filtered_prompt"])
async def test_what_is_refused_for_another_reason_is_not_tried_again(name: str) -> None:
    async with with_a_changed_key(refused(name)) as (adapter, upstream):
        with pytest.raises(TollgateError):
            await adapter.complete(a_chat_request(model=MODEL))

        assert len(upstream.requests) == 1


async def test_a_new_key_that_is_refused_too_is_the_end() -> None:
    async with with_a_changed_key(refused("bad_key")) as (adapter, upstream):
        with pytest.raises(ProviderAuthFailed):
            await adapter.complete(a_chat_request(model=MODEL))

        assert len(upstream.requests) == 2


def test_a_model_that_reasons_takes_no_stop_and_drops_penalties() -> None:
    adapter = an_adapter("xai")

    plan = adapter.plan(a_body(temperature=0.5, top_p=0.5, presence_penalty=1), MODEL, is_strict=False)

    assert plan.dropped == ("presence_penalty",)
    assert (plan.body["temperature"], plan.body["top_p"]) == (0.5, 0.5)
    with pytest.raises(UnsupportedParameter):
        adapter.plan(a_body(stop="x"), MODEL, is_strict=False)


@pytest.mark.parametrize(("model_id", "extra"), [("xai/grok-4.7", 16_384), ("xai/grok-4.20-0309-non-reasoning", 0)])
def test_reasoning_beside_the_cap_is_planned_for(model_id: str, extra: int) -> None:
    model = to_model(next(entry for entry in built_entries() if entry["id"] == model_id))

    assert an_adapter("xai").plan(a_body(), model, is_strict=False).extra_output_tokens == extra
