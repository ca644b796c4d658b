"""Chat completions in OpenAI's form, from the request to the bill."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.builders import a_body, a_call, a_caller
from tests.unit.services.cloud import Cloud
from tests.upstream import a_completion, a_usage, chunks_of
from tollgate.contracts.accounts import Funds
from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.edge.validation import validate
from tollgate.errors import (
    ModelNotAllowed,
    ModelNotFound,
    ProviderOverloaded,
    RequestExceedsBalance,
    UpstreamInvalid,
    UpstreamRejected,
)
from tollgate.resources import Resources
from tollgate.services.router.chat import create_chat_completion

FUNCTION = {"name": "f", "parameters": {"type": "object"}}
TOOL = {"type": "function", "function": FUNCTION}


def whole(message: dict[str, Any], reason: str = "stop") -> httpx2.Response:
    """A provider's answer with one choice."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    return httpx2.Response(200, json=a_completion(choices=[choice]))


def streamed(chunks: Iterable[dict[str, Any]], *, is_whole: bool = True) -> httpx2.Response:
    events = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"] * is_whole
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content="".join(events))


async def ask(resources: Resources, call: Call | None = None, **fields: Any) -> Any:
    """The answer to a request; what is for later has been done when it is there."""
    call = call or a_call()
    call.body = a_body(**fields)
    request = validate(ChatCompletionRequest, call.body)
    try:
        answer = await create_chat_completion(request, call, resources)
        if isinstance(answer, Answer):
            return answer
        return answer, b"".join([piece async for piece in answer.pieces])
    finally:
        for work in call.later:
            await work()


async def message_of(resources: Resources, **fields: Any) -> tuple[dict[str, Any], str]:
    """The first choice of an answer: its message, and why it ended."""
    answer = await ask(resources, **fields)
    choice = answer.content["choices"][0]
    return choice["message"], choice["finish_reason"]


async def test_an_answer_has_openais_form_and_what_it_cost(cloud: Cloud, resources: Resources) -> None:
    cloud.replies = [httpx2.Response(200, json=a_completion("Hello!"))]

    answer = await ask(resources)

    assert answer.content == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1795251600,
        "model": "openai/gpt-4o",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello!", "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0, "cache_write_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
            "cost": 0.0001475,
            "cost_details": {"input": 0.0000475, "output": 0.0001, "estimated": False},
        },
        "service_tier": "default",
    }


async def test_the_headers_of_an_answer_say_who_gave_it_under_which_cap_and_for_how_much(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.replies = [httpx2.Response(200, json=a_completion())]

    answer = await ask(resources, max_completion_tokens=500, tomorrow=True)

    assert answer.headers == {
        "x-tollgate-model": "openai/gpt-4o",
        "x-tollgate-provider": "openai",
        "x-tollgate-attempts": "1",
        "x-tollgate-max-output-tokens": "500",
        "x-tollgate-dropped-params": "tomorrow",
        "x-tollgate-cost": "0.0001475",
    }


async def test_the_account_is_charged_what_the_answer_says_that_it_cost(cloud: Cloud, resources: Resources) -> None:
    cloud.replies = [httpx2.Response(200, json=a_completion())]

    await ask(resources)

    assert cloud.charged_usd == [Decimal("0.0001475")]
    assert cloud.held_usd[0] >= cloud.charged_usd[0]


async def test_the_cap_that_was_held_for_is_the_cap_that_the_provider_is_given(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.refusals = [Funds(Decimal("0.01"), Decimal("0.01"))]
    cloud.replies = [httpx2.Response(200, json=a_completion())]

    answer = await ask(resources)

    cap = cloud.asked[0]["max_completion_tokens"]
    assert 16 < cap < 1_000
    assert answer.headers["x-tollgate-max-output-tokens"] == str(cap)


async def test_the_provider_never_learns_who_the_end_user_is(cloud: Cloud, resources: Resources) -> None:
    cloud.replies = [httpx2.Response(200, json=a_completion())]

    await ask(resources, user="ada@example.com", safety_identifier="ada", prompt_cache_key="ada-1")

    assert "ada" not in json.dumps(cloud.asked[0])
    assert {"user", "safety_identifier", "prompt_cache_key"} <= cloud.asked[0].keys()


@pytest.mark.parametrize(
    ("message", "content"),
    [({"content": ""}, ""), ({"content": None}, ""), ({}, ""), ({"content": None, "refusal": "No."}, None)],
    ids=str,
)
async def test_an_answer_without_a_word_is_an_empty_text_unless_it_is_a_refusal(
    cloud: Cloud, resources: Resources, message: dict[str, Any], content: str | None
) -> None:
    cloud.replies = [whole(message)]

    shown, _ = await message_of(resources)

    assert shown["content"] == content
    assert shown["refusal"] == message.get("refusal")


async def test_calls_that_ended_in_stop_ended_in_calls(cloud: Cloud, resources: Resources) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    cloud.replies = [whole({"content": None, "tool_calls": [call]})]

    message, reason = await message_of(resources, tools=[TOOL])

    assert (message["tool_calls"], message["content"], reason) == ([call], None, "tool_calls")


@pytest.mark.parametrize(
    ("arguments", "text"), [({"a": 1}, '{"a":1}'), ({}, "{}"), ("", "{}"), (None, "{}"), ('{"a":1}', '{"a":1}')]
)
async def test_arguments_are_always_the_text_of_an_object(
    cloud: Cloud, resources: Resources, arguments: Any, text: str
) -> None:
    cloud.replies = [whole({"tool_calls": [{"id": "call_1", "function": {"name": "f", "arguments": arguments}}]})]

    message, _ = await message_of(resources, tools=[TOOL])

    assert message["tool_calls"] == [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": text}}]
    assert len(cloud.charged_usd) == 1


@pytest.mark.parametrize("ids", [("", "a b"), (None, None), ("same", "same"), (5, "x" * 65)], ids=str)
async def test_ids_of_calls_are_safe_and_different(cloud: Cloud, resources: Resources, ids: tuple[Any, Any]) -> None:
    calls = [{"id": call_id, "function": {"name": "f", "arguments": "{}"}} for call_id in ids]
    cloud.replies = [whole({"tool_calls": calls})]

    message, _ = await message_of(resources, tools=[TOOL])

    first, second = (call["id"] for call in message["tool_calls"])
    assert first != second
    assert not {first, second} & {"", "a b", "None", "5", None}


async def test_a_client_of_functions_gets_a_function_call(cloud: Cloud, resources: Resources) -> None:
    cloud.replies = [whole({"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}, "tool_calls")]

    message, reason = await message_of(resources, functions=[FUNCTION])

    assert (message["function_call"], reason) == ({"name": "f", "arguments": "{}"}, "function_call")
    assert "tool_calls" not in message
    assert cloud.asked[0]["tools"] == [TOOL]


async def test_a_client_of_tools_with_functions_in_its_history_gets_every_call(
    cloud: Cloud, resources: Resources
) -> None:
    calls = [{"id": call_id, "function": {"name": "f", "arguments": "{}"}} for call_id in ("a", "b")]
    cloud.replies = [whole({"tool_calls": calls})]
    history = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "42"},
    ]

    message, _ = await message_of(resources, messages=history, tools=[TOOL])

    assert [call["id"] for call in message["tool_calls"]] == ["a", "b"]


async def test_an_answer_without_usage_is_charged_by_our_own_count(cloud: Cloud, resources: Resources) -> None:
    completion = a_completion("Hello there")
    del completion["usage"]
    cloud.replies = [httpx2.Response(200, json=completion)]

    answer = await ask(resources)

    assert answer.content["usage"]["cost_details"]["estimated"] is True
    assert answer.content["usage"]["completion_tokens"] == 3
    assert cloud.entries[0]["estimated"] is True
    assert cloud.charged_usd[0] > 0


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx2.Response(503, json={"error": {"message": "Busy"}}), ProviderOverloaded),
        (httpx2.Response(400, json={"error": {"message": "Bad"}}), UpstreamRejected),
        (httpx2.Response(200, content=b"<html>"), UpstreamInvalid),
        (httpx2.Response(200, json={"choices": []}), UpstreamInvalid),
    ],
    ids=("busy", "rejected", "garbage", "empty"),
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_failure_before_any_output_is_free(
    cloud: Cloud, resources: Resources, reply: httpx2.Response, error: type[Exception], stream: bool
) -> None:
    cloud.replies = [reply]

    with pytest.raises(error):
        await ask(resources, stream=stream)

    assert (cloud.released, cloud.charged_usd) == (1, [])


async def test_a_call_that_the_balance_cannot_cover_never_reaches_the_provider(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.refusals = [Funds(Decimal("0.000001"), Decimal("0.000001"))]

    with pytest.raises(RequestExceedsBalance):
        await ask(resources)

    assert cloud.asked == []


async def test_a_model_outside_the_scope_of_the_key_is_refused_before_any_money_moves(
    cloud: Cloud, resources: Resources
) -> None:
    with pytest.raises(ModelNotAllowed):
        await ask(resources, a_call(caller=a_caller(scope=("anthropic/*",))))

    assert cloud.held_usd == []


async def test_a_model_that_there_is_not_is_told_before_the_scope_of_the_key(resources: Resources) -> None:
    with pytest.raises(ModelNotFound):
        await ask(resources, a_call(caller=a_caller(scope=())), model="openai/gpt-9")


# Streams.


def events_of(written: bytes) -> list[Any]:
    return [json.loads(line[6:]) for line in written.split(b"\n\n") if line.startswith(b"data: {")]


async def test_a_stream_ends_with_its_usage_and_the_mark_of_the_end(cloud: Cloud, resources: Resources) -> None:
    cloud.replies = [streamed(chunks_of("Hel", "lo!", usage=a_usage()))]

    answer, written = await ask(resources, stream=True, stream_options={"include_usage": True})

    *events, last = events_of(written)
    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events) == "Hello!"
    assert (last["choices"], last["usage"]["cost"]) == ([], 0.0001475)
    assert written.endswith(b"data: [DONE]\n\n")
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert cloud.charged_usd == [Decimal("0.0001475")]


async def test_a_stream_without_usage_for_the_client_is_charged_for_all_the_same(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.replies = [streamed(chunks_of("Hello!", usage=a_usage()))]

    _, written = await ask(resources, stream=True)

    assert all(event["choices"] for event in events_of(written))
    assert b"usage" not in written
    assert cloud.charged_usd == [Decimal("0.0001475")]
    assert cloud.asked[0]["stream_options"]["include_usage"] is True


async def test_a_stream_that_breaks_off_raises_with_the_usage_so_far_and_is_charged_for_it(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.replies = [streamed(chunks_of("Hello there", finish=None), is_whole=False)]

    with pytest.raises(UpstreamInvalid) as caught:
        await ask(resources, stream=True)

    usage = caught.value.metadata["usage"]
    assert (usage["completion_tokens"], usage["cost_details"]["estimated"]) == (3, True)
    assert cloud.entries[0]["outcome"] == "upstream_error"
    assert float(cloud.charged_usd[0]) == pytest.approx(usage["cost"])


async def test_a_client_that_hangs_up_after_the_text_pays_for_it(cloud: Cloud, resources: Resources) -> None:
    cloud.replies = [streamed(chunks_of("Hello there", usage=a_usage()))]
    call = a_call(body=a_body(stream=True))
    answer = await create_chat_completion(validate(ChatCompletionRequest, call.body), call, resources)
    assert isinstance(answer, StreamedAnswer)

    await anext(answer.pieces)
    await anext(answer.pieces)
    await answer.pieces.aclose()
    for work in call.later:
        await work()

    assert cloud.entries[0]["outcome"] == "client_disconnected"
    assert cloud.charged_usd[0] > 0


async def test_a_client_that_hangs_up_before_it_was_sent_anything_pays_for_what_had_come(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.replies = [streamed(chunks_of("Hello there", usage=a_usage()))]
    call = a_call(body=a_body(stream=True))

    await create_chat_completion(validate(ChatCompletionRequest, call.body), call, resources)
    for work in call.later:
        await work()

    assert cloud.entries[0]["outcome"] == "client_disconnected"
    assert cloud.charged_usd[0] > 0


async def test_a_provider_that_bills_all_the_same_is_heard_out_when_its_client_has_gone(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.replies = [streamed(chunks_of("Hello", " there", usage=a_usage()))]
    call = a_call(body=a_body(model="openai/runs-on", stream=True))
    answer = await create_chat_completion(validate(ChatCompletionRequest, call.body), call, resources)
    assert isinstance(answer, StreamedAnswer)

    await anext(answer.pieces)
    await answer.pieces.aclose()
    for work in call.later:
        await work()

    (entry,) = cloud.entries
    assert (entry["outcome"], entry["estimated"]) == ("client_disconnected", False)
    assert cloud.charged_usd == [Decimal("0.0001475")]


async def test_it_is_heard_out_too_when_its_client_goes_while_it_thinks(cloud: Cloud, resources: Resources) -> None:
    has_gone = asyncio.Event()
    first, *rest = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks_of("Hello", usage=a_usage())]

    async def pieces() -> AsyncIterator[bytes]:
        yield first + rest[0]
        await has_gone.wait()
        yield b"".join(rest[1:]) + b"data: [DONE]\n\n"

    cloud.replies = [httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=pieces())]
    call = a_call(body=a_body(model="openai/runs-on", stream=True))
    answer = await create_chat_completion(validate(ChatCompletionRequest, call.body), call, resources)
    assert isinstance(answer, StreamedAnswer)
    reading = asyncio.create_task(_read(answer))

    await asyncio.sleep(0.01)
    reading.cancel()
    await asyncio.wait({reading})
    has_gone.set()
    for work in call.later:
        await work()

    assert cloud.charged_usd == [Decimal("0.0001475")]


async def _read(answer: StreamedAnswer) -> None:
    async for _ in answer.pieces:
        pass


async def test_an_error_in_a_stream_is_an_event_of_its_own_and_then_the_end(cloud: Cloud, resources: Resources) -> None:
    cloud.replies = [streamed(chunks_of("Hello!"))]
    answer, _ = await ask(resources, stream=True)

    piece = answer.piece_of_error({"error": {"code": "upstream_timeout"}})

    assert piece == b'data: {"error":{"code":"upstream_timeout"},"id":"chatcmpl-1"}\n\ndata: [DONE]\n\n'
