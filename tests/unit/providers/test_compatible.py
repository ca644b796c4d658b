"""OpenAI's language as others speak it: what an answer must have, what it may lack, what a vendor may change."""

import json
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import a_body, a_chat_request, a_model
from tests.unit.providers.pieces import all_of, answered_in
from tests.upstream import a_client, a_completion, a_usage, chunks_of
from tollgate.contracts.chat import Completion, Delta
from tollgate.contracts.usage import Usage
from tollgate.errors import (
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    UpstreamInvalid,
)
from tollgate.providers.compatible import CompatibleChat, read_usage
from tollgate.providers.connection import Connection
from tollgate.providers.parameters import Dialect
from tollgate.providers.registry import Provider
from tollgate.services.router.chat import _choice as shown_choice
from tollgate.services.router.chunks import ChunkWriter

VENDOR = Provider(
    id="vendor", name="Vendor", base_url="http://upstream.test", base_url_setting="X", key_setting="Y", can={}
)


def a_vendor(kind: type[CompatibleChat] = CompatibleChat, http: httpx2.AsyncClient | None = None) -> CompatibleChat:
    async def credential(_fresh: bool) -> str:
        return "sk-0123456789"

    return kind(Connection(VENDOR, http=http or a_client(), environment={}, credential=credential))


def read(body: Any, kind: type[CompatibleChat] = CompatibleChat) -> Completion:
    return a_vendor(kind).from_wire(body)


async def heard(
    *events: Any, kind: type[CompatibleChat] = CompatibleChat, came: list[Delta] | None = None
) -> list[Delta]:
    """What is made of a stream of these events."""
    pieces = [b"data: " + httpx2.Response(200, json=event).content + b"\n\n" for event in events]
    async with answered_in([*pieces, b"data: [DONE] \n\n"]) as http:
        return await all_of(a_vendor(kind, http), a_chat_request(), came)


def choice(message: Any = None, **changes: Any) -> dict[str, Any]:
    """One choice of a whole answer."""
    said = {"role": "assistant", "content": "Hello!"} if message is None else message
    return {"index": 0, "message": said, "logprobs": None, "finish_reason": "stop", **changes}


def chunk(delta: Any = None, reason: Any = None, **changes: Any) -> dict[str, Any]:
    """One chunk with one choice."""
    one = {"index": 0, "delta": {} if delta is None else delta, "logprobs": None, "finish_reason": reason, **changes}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [one]}


def text_of(deltas: list[Delta]) -> str:
    return "".join(one["delta"].get("content") or "" for delta in deltas for one in delta.choices)


def reason_of(deltas: list[Delta]) -> Any:
    return [one["finish_reason"] for delta in deltas for one in delta.choices if one["finish_reason"]]


def test_every_counter_of_usage_has_its_place() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 30, "audio_tokens": 20},
        "completion_tokens_details": {
            "reasoning_tokens": 10,
            "audio_tokens": 9,
            "accepted_prediction_tokens": 8,
            "rejected_prediction_tokens": 7,
        },
    }

    assert read_usage(usage) == Usage(100, 50, 40, 30, 20, 10, 9, 8, 7)


@pytest.mark.parametrize("details", [None, {}, [], "none", 7, {"cached_tokens": None}])
def test_details_of_usage_that_are_missing_are_zero(details: Any) -> None:
    usage = {**a_usage(19, 10), "prompt_tokens_details": details, "completion_tokens_details": details}

    assert read_usage(usage) == Usage(19, 10)


def test_the_total_is_the_sum_whatever_is_reported() -> None:
    read = read_usage({**a_usage(19, 10), "total_tokens": 5000})

    assert read is not None
    assert read.total_tokens == 29


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"completion_tokens": 10}, Usage(0, 10, is_estimated=True)),
        ({"prompt_tokens": 19}, Usage(19, 0, is_estimated=True)),
        ({"prompt_tokens": None, "completion_tokens": 10}, Usage(0, 10, is_estimated=True)),
    ],
)
def test_one_missing_count_makes_usage_an_estimate(usage: Any, expected: Usage) -> None:
    assert read_usage(usage) == expected


@pytest.mark.parametrize("usage", [None, {}, {"total_tokens": 29}, {"prompt_tokens": None}, [], "29", 29, True])
def test_no_count_at_all_is_no_usage(usage: Any) -> None:
    assert read_usage(usage) is None


@pytest.mark.parametrize("nonsense", [-1, 1.5, 10.0, "10", True, [], {}, float("inf")])
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens"])
def test_a_count_that_is_no_number_of_tokens_spoils_the_usage(name: str, nonsense: Any) -> None:
    assert read_usage({**a_usage(), name: nonsense}) is None


@pytest.mark.parametrize("nonsense", [-1, 1.5, "10", True])
def test_a_detail_that_is_no_number_of_tokens_spoils_the_usage(nonsense: Any) -> None:
    assert read_usage({**a_usage(), "prompt_tokens_details": {"cached_tokens": nonsense}}) is None
    assert read_usage({**a_usage(), "completion_tokens_details": {"reasoning_tokens": nonsense}}) is None


async def test_usage_comes_with_any_chunk_and_the_last_counts() -> None:
    chunks = [{**one, "usage": a_usage(19, number)} for number, one in enumerate(chunks_of("a", "b"))]

    deltas = await heard(*chunks)

    assert [delta.usage for delta in deltas] == [Usage(19, number) for number in range(4)]


@pytest.mark.parametrize("reason", ["stop", "length", "tool_calls", "content_filter", "function_call"])
async def test_the_finish_reasons_that_openai_has_stay(reason: str) -> None:
    whole = read(a_completion(choices=[choice(finish_reason=reason)]))
    streamed = await heard(chunk({"content": "Hello!"}), chunk({}, reason))

    assert whole.choices[0]["finish_reason"] == reason
    assert reason_of(streamed) == [reason]


@pytest.mark.parametrize("reason", ["eos", "max_tokens", "STOP"])
async def test_a_finish_reason_that_nobody_knows_is_a_stop_after_an_answer(reason: str) -> None:
    whole = read(a_completion(choices=[choice(finish_reason=reason)]))
    streamed = await heard(chunk({"content": "Hello!"}), chunk({}, reason))

    assert whole.choices[0]["finish_reason"] == "stop"
    assert reason_of(streamed) == ["stop"]


@pytest.mark.parametrize(
    "said",
    [
        {"content": "x"},
        {"content": None, "refusal": "No."},
        {"content": None, "audio": {"id": "audio_1", "data": "AA=="}},
        {"content": None, "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]},
    ],
)
async def test_an_answer_is_text_or_a_refusal_or_sound_or_a_call(said: dict[str, Any]) -> None:
    whole = read(a_completion(choices=[choice({"role": "assistant", **said}, finish_reason="eos")]))
    streamed = await heard(chunk(said, "eos"))

    assert whole.choices[0]["finish_reason"] == "stop"
    assert reason_of(streamed) == ["stop"]


@pytest.mark.parametrize("said", [{}, {"content": ""}, {"content": None}, {"reasoning_content": "Hm."}])
async def test_a_finish_reason_that_nobody_knows_is_an_error_without_an_answer(said: dict[str, Any]) -> None:
    with pytest.raises(UpstreamInvalid):
        read(a_completion(choices=[choice({"role": "assistant", **said}, finish_reason="eos")]))
    with pytest.raises(UpstreamInvalid):
        await heard(chunk({"role": "assistant"}), chunk(said), chunk({}, "eos"))


@pytest.mark.parametrize("reason", [None, ""])
def test_a_whole_answer_that_names_no_reason_stopped(reason: Any) -> None:
    assert read(a_completion(choices=[choice(finish_reason=reason)])).choices[0]["finish_reason"] == "stop"


@pytest.mark.parametrize("reason", [None, ""])
async def test_a_stream_that_names_no_reason_did_not_finish(reason: Any) -> None:
    with pytest.raises(UpstreamInvalid):
        await heard(chunk({"content": "Hello!"}, reason))


async def test_a_stream_ends_well_only_when_every_choice_has_finished() -> None:
    with pytest.raises(UpstreamInvalid):
        await heard(chunk({"content": "a"}), chunk({"content": "b"}, index=1), chunk({}, "stop", index=1))


async def test_an_overloaded_provider_is_told_as_such() -> None:
    came: list[Delta] = []

    with pytest.raises(ProviderOverloaded) as whole:
        read(a_completion(choices=[choice(finish_reason="insufficient_system_resource")]))
    with pytest.raises(ProviderOverloaded):
        await heard(chunk({"content": "Hel"}), chunk({}, "insufficient_system_resource"), came=came)

    assert text_of(came) == "Hel"
    assert whole.value.metadata["provider"] == "vendor"
    assert whole.value.retry_after_s == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 429, "message": "Slow down."}, ProviderRateLimited),
        ({"code": 402, "message": "No credits."}, ProviderBilling),
        ({"code": 502, "message": "Broken."}, UpstreamInvalid),
        ({"message": "Broken."}, UpstreamInvalid),
        ("Broken.", UpstreamInvalid),
    ],
)
async def test_an_error_in_a_choice_is_the_answer(error: Any, kind: type[TollgateError]) -> None:
    for reason in ("error", "stop", None):
        with pytest.raises(TollgateError) as whole:
            read(a_completion(choices=[choice(error=error, finish_reason=reason)]))
        with pytest.raises(TollgateError) as streamed:
            await heard(chunk({"content": ""}), chunk({"content": ""}, reason, error=error))

        assert type(whole.value) is type(streamed.value) is kind


async def test_an_error_beside_choices_goes_before_them() -> None:
    both = {**chunk({"content": ""}, "error"), "error": {"code": 429, "message": "Slow down."}}

    with pytest.raises(ProviderRateLimited):
        await heard(chunk({"content": "Hel"}), both)


def test_a_finish_by_error_without_a_word_about_it_is_one_too() -> None:
    with pytest.raises(UpstreamInvalid):
        read(a_completion(choices=[choice(finish_reason="error")]))


def test_an_error_that_is_null_is_none() -> None:
    assert read({**a_completion(), "error": None}).choices


async def test_chunks_that_say_nothing_give_no_delta() -> None:
    azures_first = {
        "id": "",
        "object": "",
        "model": "",
        "created": 0,
        "choices": [],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
    }
    azures_filter = {
        "id": "",
        "choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}, "content_filter_offsets": {}}],
    }

    deltas = await heard(azures_first, *chunks_of("Hel", "lo"), azures_filter)

    assert len(deltas) == len(chunks_of("Hel", "lo"))
    assert text_of(deltas) == "Hello"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": {}},
        {"choices": {"0": choice()}},
        {"choices": "Hello!"},
        {"choices": ["Hello!"]},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [choice(finish_reason=7)]},
        {"choices": [choice(finish_reason=["stop"])]},
        {"choices": [choice(index="0")]},
        {"choices": [choice("Hello!")]},
        {"choices": [choice([])]},
        {"choices": [{"index": 0, "message": None, "finish_reason": "stop"}]},
        {"choices": [choice({"content": 7})]},
        {"choices": [choice({"content": [{"type": "text", "text": "Hello!"}]})]},
        {"choices": [choice({"content": "x", "refusal": {}})]},
        {"choices": [choice({"content": "x", "reasoning_content": []})]},
        {"choices": [choice({"tool_calls": {}})]},
        {"choices": [choice({"tool_calls": ["f"]})]},
        {"choices": [choice({"tool_calls": [{"function": "f"}]})]},
        {"choices": [choice({"tool_calls": [{"function": {"name": 7}}]})]},
        {"choices": [choice({"tool_calls": [{"function": {"name": "f", "arguments": 7}}]})]},
    ],
)
def test_an_answer_of_another_shape_cannot_be_read(body: Any) -> None:
    with pytest.raises(UpstreamInvalid):
        read(body)


@pytest.mark.parametrize(
    "event",
    [
        {"choices": {"0": {}}},
        {"choices": ["Hello!"]},
        chunk("Hello!"),
        chunk({"content": 7}),
        chunk({"content": "x"}, 7),
        chunk({"content": "x"}, index=[0]),
        chunk({"tool_calls": {}}),
        chunk({"tool_calls": [{"index": "0", "function": {"name": "f"}}]}),
        [],
        "Hello!",
        7,
        None,
    ],
)
async def test_a_chunk_of_another_shape_cannot_be_read(event: Any) -> None:
    came: list[Delta] = []

    with pytest.raises(UpstreamInvalid):
        await heard(chunk({"content": "Hel"}), event, came=came)

    assert text_of(came) == "Hel"


@pytest.mark.parametrize("value", [None, 7, {}, ["default"]])
async def test_what_stands_beside_the_choices_is_text_or_left_out(value: Any) -> None:
    odd = {"id": value, "model": value, "service_tier": value, "system_fingerprint": value}

    whole = read({**a_completion(), **odd})
    streamed = await heard({**chunk({"content": "x"}, "stop"), **odd})

    assert (whole.upstream_id, whole.upstream_model, whole.extras) == (None, None, {})
    assert (streamed[0].upstream_id, streamed[0].upstream_model, streamed[0].extras) == (None, None, {})


def test_arguments_that_are_an_object_become_their_text() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"city": "Köln"}}}

    message = read(a_completion(choices=[choice({"content": None, "tool_calls": [call]})])).choices[0]["message"]

    assert message["tool_calls"][0]["function"]["arguments"] == '{"city":"Köln"}'


@pytest.mark.parametrize("function", [{"name": "f"}, {"name": "f", "arguments": ""}, {"name": "f", "arguments": None}])
async def test_no_arguments_are_an_empty_object(function: dict[str, Any]) -> None:
    call = {"index": 0, "id": "c", "type": "function", "function": function}

    whole = read(a_completion(choices=[choice({"content": None, "tool_calls": [dict(call)]})]))
    streamed = await heard(chunk({"tool_calls": [dict(call)]}), chunk({}, "tool_calls"))

    assert whole.choices[0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert arguments_of(streamed) == {0: "{}"}


async def test_a_call_may_come_in_the_chunk_that_finishes() -> None:
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}

    streamed = await heard(chunk({"tool_calls": [call]}, "tool_calls"))

    assert arguments_of(streamed) == {0: "{}"}


async def test_calls_without_a_number_are_counted() -> None:
    def whole(name: str) -> dict[str, Any]:
        return {"id": name, "type": "function", "function": {"name": name, "arguments": f'{{"{name}":1}}'}}

    streamed = await heard(chunk({"tool_calls": [whole("f"), whole("g")]}), chunk({}, "tool_calls"))

    assert arguments_of(streamed) == {0: '{"f":1}', 1: '{"g":1}'}


async def test_fragments_without_a_number_go_on_with_the_last_call() -> None:
    begin = {"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}
    go_on = [{"function": {"arguments": part}} for part in ('{"a"', ":1}")]

    streamed = await heard(*(chunk({"tool_calls": [one]}) for one in (begin, *go_on)), chunk({}, "tool_calls"))

    assert arguments_of(streamed) == {0: '{"a":1}'}


def test_an_answer_can_be_sent_back_as_it_came() -> None:
    message = {
        **a_completion()["choices"][0]["message"],
        "audio": None,
        "function_call": None,
        "tool_calls": None,
        "reasoning_content": "Hm.",
    }

    assert sent([message]) == [{"role": "assistant", "content": "Hello!"}]


def test_empty_content_beside_calls_stays_null() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}

    assert sent([{"role": "assistant", "content": None, "tool_calls": [call]}]) == [
        {"role": "assistant", "content": None, "tool_calls": [call]}
    ]


@pytest.mark.parametrize("arguments", [{}, {"arguments": None}, {"arguments": ""}])
def test_what_a_client_leaves_out_of_a_call_is_filled_in(arguments: dict[str, Any]) -> None:
    call = {"id": "call_1", "type": None, "custom": None, "function": {"name": "f", **arguments}}

    (message,) = sent([{"role": "assistant", "content": None, "tool_calls": [call]}])

    assert message["tool_calls"] == [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
    ]


@pytest.mark.parametrize(
    ("roles", "expected"), [("developer", "developer"), ("system", "system"), ("neither", "system")]
)
def test_the_system_speaks_in_the_role_that_the_model_knows(roles: str, expected: str) -> None:
    messages = [{"role": role, "content": "x"} for role in ("system", "developer", "user", "assistant")]

    found = sent(messages, flags={"roles": roles})

    assert [message["role"] for message in found] == [expected, expected, "user", "assistant"]


def test_what_a_client_adds_to_a_message_stays() -> None:
    message = {
        "role": "user",
        "content": [{"type": "text", "text": "x", "cache": 1}],
        "name": "ada",
        "mood": "good",
    }

    assert sent([message]) == [message]


class Dialectal(CompatibleChat):
    """A vendor that does differently whatever a vendor of this language is known to do differently."""

    dialect: Dialect = Dialect(
        takes=frozenset({"temperature", "user"}),
        flags={"cap_field": "max_tokens", "n_max": 1},
        own=frozenset({"thinking"}),
    )
    own_message_fields: ClassVar[frozenset[str]] = frozenset({"reasoning_content"})

    def path(self, request: Any) -> str:
        return f"/deployments/{request.model.flags.get('deployment', 'd')}/chat/completions?api-version=1"

    def headers(self, key: str) -> Mapping[str, str]:
        return {"api-key": key}

    def to_wire(self, request: Any, *, is_stream: bool) -> dict[str, Any]:
        body = super().to_wire(request, is_stream=is_stream)
        if user := body.pop("user", None):
            body["user_id"] = user
        return body

    def choice_from_wire(self, choice: dict[str, Any], part: str) -> dict[str, Any]:
        said = choice.get(part)
        if said and "reasoning" in said:
            said["reasoning_content"] = said.pop("reasoning")
        choice.pop("content_filter_results", None)
        return choice

    def usage_from_wire(self, usage: Any) -> Usage | None:
        read = read_usage(usage)
        if read is None:
            return None
        # Reasoning beside the completion, and a price.
        outside = usage["total_tokens"] - read.total_tokens == read.reasoning_tokens
        return replace(
            read,
            completion_tokens=read.completion_tokens + (read.reasoning_tokens if outside else 0),
            upstream_cost_usd=Decimal(str(usage["cost"])) if "cost" in usage else None,
        )


async def test_a_vendor_has_another_name_for_reasoning() -> None:
    message = {"role": "assistant", "content": "4", "reasoning": "2 + 2"}

    whole = read(a_completion(choices=[choice(message, content_filter_results={"hate": {}})]), Dialectal)
    streamed = await heard(
        chunk({"role": "assistant", "content": "", "reasoning": "2 +"}),
        chunk({"reasoning": " 2"}),
        chunk({"content": "4"}),
        chunk({}, "stop"),
        kind=Dialectal,
    )

    assert whole.choices[0]["message"] == {"role": "assistant", "content": "4", "reasoning_content": "2 + 2"}
    assert "content_filter_results" not in whole.choices[0]
    assert "".join(one["delta"].get("reasoning_content", "") for delta in streamed for one in delta.choices) == "2 + 2"


def test_a_vendor_wants_its_reasoning_back() -> None:
    message = {"role": "assistant", "content": "4", "reasoning_content": "2 + 2", "reasoning_details": [{}]}

    assert sent([message], kind=Dialectal) == [{"role": "assistant", "content": "4", "reasoning_content": "2 + 2"}]


def test_a_vendor_has_its_own_names_of_parameters_and_of_the_cap() -> None:
    adapter, model = a_vendor(Dialectal), a_model(flags={"deployment": "d1"})
    plan = adapter.plan(
        a_body(user="u", temperature=1, seed=7, thinking={"type": "enabled"}, n=2), model, is_strict=False
    )

    request = a_chat_request(model=model, body={})
    body = adapter.to_wire(replace(request, body=plan.body), is_stream=False)

    assert body == {
        "model": "gpt-4o",
        "messages": a_body()["messages"],
        "temperature": 1,
        "thinking": {"type": "enabled"},
        "user_id": "u",
        "max_tokens": 1000,
    }
    assert (plan.calls, plan.dropped) == (2, ("seed",))


async def test_a_vendor_has_its_own_addresses_and_headers() -> None:
    requests: list[httpx2.Request] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, json=a_completion())

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        await a_vendor(Dialectal, http).complete(a_chat_request(model=a_model(flags={"deployment": "d1"})))

    assert str(requests[0].url) == "http://upstream.test/deployments/d1/chat/completions?api-version=1"
    assert requests[0].headers["api-key"] == "sk-0123456789"
    assert "authorization" not in requests[0].headers


@pytest.mark.parametrize(("total", "completion"), [(160, 50), (150, 50), (110, 10)])
def test_a_vendor_counts_reasoning_beside_the_completion_and_names_a_cost(total: int, completion: int) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": completion,
        "total_tokens": total,
        "completion_tokens_details": {"reasoning_tokens": 10},
        "cost": 0.00125,
    }

    found = read({**a_completion(), "usage": usage}, Dialectal).usage

    assert found is not None
    assert found.completion_tokens == (60 if total == 160 else completion)
    assert found.upstream_cost_usd == Decimal("0.00125")


@pytest.mark.parametrize("said", ["text", [1], 7])
async def test_a_vendors_hook_sees_only_what_has_the_shape_of_a_choice(said: Any) -> None:
    with pytest.raises(UpstreamInvalid):
        read({"choices": [choice(said)]}, Dialectal)
    with pytest.raises(UpstreamInvalid):
        await heard(chunk(said, "stop"), kind=Dialectal)


NAMES = [
    "choices",
    "index",
    "message",
    "delta",
    "content",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "id",
    "finish_reason",
    "usage",
    "prompt_tokens",
    "completion_tokens",
    "error",
    "code",
    "refusal",
    "logprobs",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=4) | st.sampled_from(["stop", "length", "error"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
odd_choices = st.fixed_dictionaries(
    {}, optional={"index": json_values, "message": json_values, "delta": json_values, "finish_reason": json_values}
)
odd_bodies = json_values.filter(lambda value: isinstance(value, dict)) | st.fixed_dictionaries(
    {"choices": st.lists(odd_choices, max_size=3)}, optional={"usage": json_values, "id": json_values}
)


@given(odd_bodies)
def test_whatever_a_provider_answers_is_an_answer_that_can_be_shown_or_an_error_of_ours(body: Any) -> None:
    with suppress(TollgateError):
        for given_choice in read(body).choices:
            shown = shown_choice(given_choice, with_functions=False)
            assert isinstance(shown["message"]["content"], str | None)


@given(st.lists(odd_bodies, max_size=4))
async def test_whatever_a_provider_streams_can_be_written_or_is_an_error_of_ours(events: list[Any]) -> None:
    writer = ChunkWriter(completion_id="c", created=0, model="m", with_usage=True)
    came: list[Delta] = []

    with suppress(TollgateError):
        await heard(*events, came=came)

    for delta in came:
        assert all(json.loads(line.removeprefix(b"data: ")) for line in writer.write(delta).splitlines() if line)


def arguments_of(deltas: list[Delta]) -> dict[int, str]:
    """The arguments of the tool calls in a stream, by number."""
    found: dict[int, str] = {}
    for delta in deltas:
        for one in delta.choices:
            for call in one["delta"].get("tool_calls") or ():
                text = call["function"].get("arguments") or ""
                found[call["index"]] = found.get(call["index"], "") + text
    return found


def sent(messages: list[Any], *, flags: Any = None, kind: type[CompatibleChat] = CompatibleChat) -> list[Any]:
    request = a_chat_request(model=a_model(flags=flags or {}), body={"messages": messages})
    found: list[Any] = a_vendor(kind).to_wire(request, is_stream=False)["messages"]
    return found
