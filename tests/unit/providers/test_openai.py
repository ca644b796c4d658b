"""OpenAI's adapter against exchanges in OpenAI's own form."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from tests.builders import a_chat_request, a_model
from tests.unit.providers.pieces import all_of, answered_in
from tests.upstream import Upstream, a_client, json_reply, raw_reply
from tests.wire import cases, has, read, read_bytes
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta
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
    TooLarge,
    UpstreamInvalid,
    UpstreamRejected,
)
from tollgate.providers.connection import Connection
from tollgate.providers.openai import OpenAIChat
from tollgate.providers.registry import PROVIDERS

CASES = cases("openai")
STREAMS = [case for case in CASES if has("openai", case, "stream.sse")]
BROKEN = ["no_finish", "cut_in_json", "not_json", "no_events", "one_choice_of_two"]


@pytest.mark.parametrize("case", CASES)
def test_a_request_becomes_exactly_what_openai_reads(case: str) -> None:
    request = planned(case)

    body = an_adapter().to_wire(request, is_stream=False)

    assert body == read("openai", case, "request.json")


@pytest.mark.parametrize("case", CASES)
def test_a_streamed_request_asks_for_usage_and_for_no_padding(case: str) -> None:
    request = planned(case)

    body = an_adapter().to_wire(request, is_stream=True)

    assert body == {
        **read("openai", case, "request.json"),
        "stream": True,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
    }


@pytest.mark.parametrize("case", CASES)
def test_what_the_client_sent_is_left_as_it_was(case: str) -> None:
    request = planned(case)
    before = repr(request)

    an_adapter().to_wire(request, is_stream=True)

    assert repr(request) == before


@pytest.mark.parametrize("case", CASES)
def test_an_answer_is_passed_on_as_it_is(case: str) -> None:
    answer = read("openai", case, "answer.json")

    completion = an_adapter().from_wire(answer)

    assert completion == Completion(
        choices=read("openai", case, "answer.json")["choices"],
        usage=usage_of(answer["usage"]),
        extras={name: answer[name] for name in ("service_tier", "system_fingerprint") if answer[name]},
        upstream_id=answer["id"],
        upstream_model=answer["model"],
    )


@pytest.mark.parametrize("case", STREAMS)
async def test_a_stream_says_what_the_whole_answer_says(case: str) -> None:
    answer = read("openai", case, "answer.json")

    deltas = await streamed(case)

    assert joined(deltas) == said(answer["choices"])
    assert [delta.usage for delta in deltas if delta.usage is not None] == [usage_of(answer["usage"])]
    assert {delta.upstream_id for delta in deltas} == {answer["id"]}
    assert {delta.upstream_model for delta in deltas} == {answer["model"]}
    assert all((delta.extras or {}).get("service_tier") == "default" for delta in deltas)


@pytest.mark.parametrize("case", STREAMS)
async def test_padding_stays_behind(case: str) -> None:
    deltas = await streamed(case)

    assert "obfuscation" not in repr(deltas)


@pytest.mark.parametrize("case", STREAMS)
async def test_a_stream_means_the_same_in_single_bytes_with_other_line_endings_and_comments(case: str) -> None:
    stream = read_bytes("openai", case, "stream.sse")
    plain = await streamed(case)

    in_bytes = await heard([bytes([byte]) for byte in stream])
    in_other_lines = await heard([stream.replace(b"\n", b"\r\n")])
    with_comments = await heard([re.sub(rb"(?m)^data:", b": still here\r\rdata:", stream)])

    assert in_bytes == in_other_lines == with_comments == plain


@pytest.mark.parametrize(
    ("name", "kind", "param", "message"),
    [
        ("bad_request", UpstreamRejected, "verbosity", "'lots' is no verbosity: take 'low', 'medium' or 'high'."),
        ("unsupported_parameter", UpstreamRejected, "stop", "This model takes no 'stop'."),
        (
            "bad_schema",
            UpstreamRejected,
            "response_format",
            "The schema 'steps' leaves room for further properties.",
        ),
        ("bad_image", UpstreamRejected, "messages[0].content[1].image_url.url", "No image at [address] was found."),
        ("context_length", ContextLengthExceeded, "messages", None),
        ("filtered_prompt", ContentFiltered, None, None),
        ("content_policy", ContentFiltered, None, None),
        ("bad_key", ProviderAuthFailed, None, None),
        ("deactivated", ProviderAuthFailed, None, None),
        ("unverified_organization", ProviderAuthFailed, None, None),
        ("region", ProviderAuthFailed, None, None),
        ("no_money", ProviderBilling, None, None),
        ("no_model", NoProviderAvailable, None, None),
        ("too_large", TooLarge, None, None),
        ("rate_limit", ProviderRateLimited, None, None),
        ("server_error", UpstreamInvalid, None, None),
        ("overloaded", ProviderOverloaded, None, None),
    ],
)
async def test_a_refusal_is_told_as_what_it_is(
    name: str, kind: type[TollgateError], param: str | None, message: str | None
) -> None:
    recorded = read("openai", "errors", f"{name}.json")
    headers = {header.replace("-", "_"): text for header, text in recorded["headers"].items()}

    async with upstream(json_reply(recorded["body"], recorded["status"], **headers)) as adapter:
        with pytest.raises(TollgateError) as caught:
            await adapter.complete(a_chat_request())

    error = caught.value
    assert (type(error), error.param) == (kind, param)
    assert message is None or error.message == message
    assert not re.search(r"sk-|org-|://|4Xyz", f"{error.message} {error.metadata}")


async def test_a_rate_limit_repeats_openais_hint() -> None:
    recorded = read("openai", "errors", "rate_limit.json")
    headers = {header.replace("-", "_"): text for header, text in recorded["headers"].items()}

    async with upstream(json_reply(recorded["body"], recorded["status"], **headers)) as adapter:
        with pytest.raises(ProviderRateLimited) as caught:
            await adapter.complete(a_chat_request())

    assert caught.value.retry_after_s == pytest.approx(1.4)


@pytest.mark.parametrize("name", BROKEN)
async def test_a_stream_that_does_not_end_well_is_an_error(name: str) -> None:
    with pytest.raises(UpstreamInvalid):
        await heard([read_bytes("openai", "broken", f"{name}.sse")])


async def test_an_error_in_place_of_a_stream_comes_first() -> None:
    with pytest.raises(ProviderBilling):
        await heard([read_bytes("openai", "broken", "error_first.sse")])


@pytest.mark.parametrize("name", ["error_after_text", "error_event_name"])
async def test_an_error_after_text_comes_after_it(name: str) -> None:
    came: list[Delta] = []

    with pytest.raises(UpstreamInvalid):
        await heard([read_bytes("openai", "broken", f"{name}.sse")], came)

    assert joined(came)[0]["content"] == "Hello"


async def test_a_stream_without_its_end_marker_is_whole_if_it_finished() -> None:
    stream = read_bytes("openai", "plain", "stream.sse")

    deltas = await heard([stream.removesuffix(b"data: [DONE]\n\n")])

    assert deltas == await streamed("plain")


async def test_what_comes_after_the_end_is_not_read() -> None:
    stream = read_bytes("openai", "plain", "stream.sse")

    deltas = await heard([stream, b"data: not json\n\n"])

    assert deltas == await streamed("plain")


@pytest.mark.parametrize("content", ["", "<html>", "[]", "null"])
async def test_an_answer_that_is_none_is_told_with_its_status(content: str) -> None:
    async with upstream(raw_reply(content)) as adapter:
        with pytest.raises(UpstreamInvalid) as caught:
            await adapter.complete(a_chat_request())

    assert caught.value.upstream_status == 200


async def test_the_operators_organization_and_project_are_named() -> None:
    environment = {"OPENAI_ORG_ID": "org-1", "OPENAI_PROJECT_ID": "proj_1"}

    headers = an_adapter(environment=environment).headers("sk-1")

    assert headers == {"authorization": "Bearer sk-1", "openai-organization": "org-1", "openai-project": "proj_1"}


def test_only_the_key_is_sent_where_the_operator_names_no_organization() -> None:
    assert an_adapter().headers("sk-1") == {"authorization": "Bearer sk-1"}


def test_the_upstream_name_of_the_model_is_sent() -> None:
    request = a_chat_request(model=a_model(id="openai/best", upstream_model="gpt-5-2026-01-01"))

    assert an_adapter().to_wire(request, is_stream=False)["model"] == "gpt-5-2026-01-01"


def test_an_older_model_gets_its_cap_under_the_older_name() -> None:
    body = an_adapter().to_wire(
        a_chat_request(model=a_model(flags={"cap_field": "max_tokens"}), max_output_tokens=7), is_stream=False
    )

    assert body["max_tokens"] == 7
    assert "max_completion_tokens" not in body


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "Some JSON, please."}],
        [
            {"role": "system", "content": [{"type": "text", "text": "Write json."}]},
            {"role": "user", "content": "A city."},
        ],
    ],
)
def test_json_is_not_mentioned_twice(messages: list[Any]) -> None:
    request = a_chat_request(body={"messages": messages, "response_format": {"type": "json_object"}})

    assert an_adapter().to_wire(request, is_stream=False)["messages"] == messages


def test_json_is_mentioned_in_the_role_that_the_model_knows() -> None:
    request = a_chat_request(
        model=a_model(flags={"roles": "developer"}), body={"response_format": {"type": "json_object"}}
    )

    first = an_adapter().to_wire(request, is_stream=False)["messages"][0]

    assert first == {"role": "developer", "content": "Answer with a JSON object."}


def planned(case: str) -> ChatRequest:
    client = read("openai", case, "client.json")
    model: Model = a_model()
    if has("openai", case, "model.json"):
        changes: dict[str, Any] = read("openai", case, "model.json")
        model = a_model(**{name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()})
    plan = an_adapter().plan(client, model, is_strict=False)
    return ChatRequest(model=model, body=plan.body, max_output_tokens=1000)


def an_adapter(
    http: httpx2.AsyncClient | None = None,
    url: str = "http://upstream.test",
    environment: Mapping[str, str] | None = None,
) -> OpenAIChat:
    async def credential(_fresh: bool) -> str:
        return "sk-0123456789"

    settings = {"OPENAI_BASE_URL": f"{url}/v1", **(environment or {})}
    # Without a client it can think, and not send.
    return OpenAIChat(
        Connection(PROVIDERS["openai"], http=http or a_client(), environment=settings, credential=credential)
    )


@asynccontextmanager
async def upstream(*replies: Any) -> AsyncIterator[OpenAIChat]:
    async with Upstream(*replies) as server, a_client() as http:
        yield an_adapter(http, server.url)


async def streamed(case: str) -> list[Delta]:
    return await heard([read_bytes("openai", case, "stream.sse")])


async def heard(pieces: list[bytes], came: list[Delta] | None = None) -> list[Delta]:
    """What is made of a stream in exactly these pieces."""
    async with answered_in(pieces) as http:
        return await all_of(an_adapter(http), a_chat_request(), came)


def usage_of(usage: Mapping[str, Any]) -> Usage:
    prompt, completion = usage["prompt_tokens_details"], usage["completion_tokens_details"]
    return Usage(
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        cached_tokens=prompt["cached_tokens"],
        prompt_audio_tokens=prompt["audio_tokens"],
        reasoning_tokens=completion["reasoning_tokens"],
        completion_audio_tokens=completion["audio_tokens"],
    )


def said(choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the choices of a whole answer say."""
    return [
        {
            "content": choice["message"]["content"] or "",
            "refusal": choice["message"]["refusal"] or "",
            "audio": choice["message"].get("audio", {}),
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
            "refusal": "",
            "audio": {},
            "tool_calls": [],
            "logprobs": [],
            "finish_reason": None,
        }
        one = whole.setdefault(choice["index"], empty)
        delta = choice["delta"]
        one["content"] += delta.get("content") or ""
        one["refusal"] += delta.get("refusal") or ""
        one["logprobs"] += (choice["logprobs"] or {}).get("content", [])
        one["finish_reason"] = choice["finish_reason"] or one["finish_reason"]
        for name, value in delta.get("audio", {}).items():
            one["audio"][name] = one["audio"].get(name, "") + value if name in {"data", "transcript"} else value
        for fragment in delta.get("tool_calls", ()):
            if fragment["index"] == len(one["tool_calls"]):
                one["tool_calls"].append({name: value for name, value in fragment.items() if name != "index"})
            else:
                call = one["tool_calls"][fragment["index"]]
                for kind, name in (("function", "arguments"), ("custom", "input")):
                    if kind in fragment:
                        call[kind][name] += fragment[kind][name]
    return [one for _, one in sorted(whole.items())]
