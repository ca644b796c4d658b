"""What every adapter does alike, over real connections to the double of its provider.

| # | behaviour | here |
|---|---|---|
| 1 | plain answer, whole and streamed | same text, finish and usage |
| 2 | stream in single bytes, characters of several bytes | any cut gives the same deltas, by example and by property |
| 3 | other line endings, comments, pings, blank lines | every disguise of the framing gives the same deltas |
| 4 | stream that ends early | UpstreamInvalid after what came, wherever it ends, cleanly or not |
| 5 | error as first event, and after text | raised before the first delta, or after the text |
| 6 | tool calls | one, parallel, without arguments, id missing or odd, arguments in any alphabet |
| 7 | results in another order than their calls | every result linked to its call, in the vendor's own form |
| 8 | reasoning and its signature | heard; the signature goes back byte by byte, or not at all to others |
| 9 | usage with cache and reasoning | the router's counts; None where the vendor reports nothing |
| 10, 11, 13, 14 | key, money, filter, context, and every other refusal | each recorded form is of its kind, for both |
| 12 | rate limit with each form of hint | the seconds to wait |
| 13 | output filter | finish reason `content_filter` |
| 15 | 200 with an error, nothing, HTML, other JSON | the inner error, else UpstreamInvalid, for both |
| 16 | unknown finish reason, event, field | ignored; such a finish is `stop` after text, else UpstreamInvalid |
| 17 | no output cap from the client | there is one upstream |
| 18 | JSON schema | arrives as it is; a vendor without schemas refuses it before it is asked |
| 19 | images | a data URL arrives as it is, an address where the vendor fetches; refused by a model that sees none |
| 20 | no secret of the operator | in no error, header but its own, address or log line |
"""

import json
import logging
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.doubles import Called, Counts, Double, Refused, Said, doubles, each, those
from tests.conformance.doubles.framings import Lines
from tests.conformance.playing import (
    CAP,
    KEY,
    heard_in_pieces,
    heard_stream,
    heard_whole,
    playing,
    with_new_fields,
)
from tests.upstream import Reply, json_reply, raw_reply, streamed_reply
from tollgate.errors import TollgateError, UnsupportedParameter, UpstreamError, UpstreamInvalid
from tollgate.providers.tool_ids import is_safe

A_PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": CITY}} for name in ("get_weather", "get_time")]


async def test_a_whole_and_a_streamed_answer_say_the_same(double: Double) -> None:
    said = Said()

    async with playing(double, double.answer(said), double.stream(said)) as play:
        whole = heard_whole(await play.complete())
        streamed = heard_stream(await play.deltas())

    assert whole == streamed
    assert (whole.text, whole.finish, whole.usage) == (said.text, "stop", double.usage(Counts()))


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_request_goes_where_the_vendor_expects_it(double: Double, is_stream: bool) -> None:
    async with playing(double, double.stream(Said()) if is_stream else double.answer(Said())) as play:
        await (play.deltas() if is_stream else play.complete())

        assert play.received.method == "POST"
        assert play.received.path.partition("?")[0] == double.path(double.model(), is_stream=is_stream)
        assert play.received.headers["content-type"] == "application/json"
        assert double.key_in(play.received.headers) == KEY


@pytest.mark.parametrize(
    ("double", "finish", "text"),
    [
        pytest.param(double, finish, text, id=f"{double.provider}-{finish}-{text}")
        for double in doubles()
        for finish, text in (("stop", "Done."), ("length", "Cut o"), ("content_filter", "Well"), ("stop", ""))
        if finish in double.finishes
    ],
)
async def test_each_finish_reason_is_heard(double: Double, finish: str, text: str) -> None:
    said = Said(text=text, finish=finish)

    async with playing(double, double.answer(said), double.stream(said)) as play:
        whole = heard_whole(await play.complete())
        streamed = heard_stream(await play.deltas())

    assert (whole.text, whole.finish) == (streamed.text, streamed.finish) == (text, finish)


async def test_a_stream_in_disguise_is_the_same_stream(double: Double) -> None:
    stream = list(double.stream(Said(calls=(Called("get_weather", {"city": "Köln"}),), finish="tool_calls")).pieces)
    plain = await heard_in_pieces(double, stream)

    for name, pieces in double.framing.disguises(stream).items():
        assert await heard_in_pieces(double, pieces) == plain, name
    assert len(heard_stream(plain).calls) == 1


@pytest.mark.parametrize("double", doubles(), ids=lambda double: double.provider)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=40))
async def test_a_stream_is_the_same_however_it_is_cut(double: Double, cuts: list[int]) -> None:
    stream = b"".join(double.stream(Said()).pieces)
    places = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]

    deltas = await heard_in_pieces(double, [stream[start:end] for start, end in pairwise(places)])

    assert deltas == await heard_in_pieces(double, [stream])


@pytest.mark.parametrize("is_cut", [False, True])
async def test_a_stream_that_ends_early_is_an_error_wherever_it_ends(double: Double, is_cut: bool) -> None:
    whole = [double.framing.frame(event) for event in double.events(Said())]
    unfinished = whole[: len(double.events(Said(finish=None)))]
    ends = [unfinished[:count] for count in range(len(unfinished) + 1)]
    ends.append([*unfinished, *double.end])
    ends.append([*unfinished, whole[len(unfinished)][:20]])

    async with playing(double, *(streamed_reply(end, double.media_type, is_cut=is_cut) for end in ends)) as play:
        for end in ends:
            came, error = await play.until_it_breaks()

            assert type(error) is UpstreamInvalid, len(end)
            assert Said().text.startswith(heard_stream(came).text)
            assert heard_stream(came).text == Said().text or len(end) < len(unfinished)


@pytest.mark.parametrize("is_cut", [False, True])
async def test_an_answer_whose_connection_breaks_is_an_error(double: Double, is_cut: bool) -> None:
    (body,) = double.answer(Said()).pieces
    reply = Reply(pieces=(body[:-20],), is_cut=is_cut)

    async with playing(double, reply) as play:
        with pytest.raises(UpstreamInvalid):
            await play.complete()


@pytest.mark.parametrize(("double", "event", "kind"), each(lambda double: double.stream_errors))
async def test_an_error_as_the_first_event_comes_before_any_delta(
    double: Double, event: Any, kind: type[TollgateError]
) -> None:
    stream = streamed_reply([double.framing.frame(event), *double.end], double.media_type)

    async with playing(double, stream) as play:
        came, error = await play.until_it_breaks()

    assert came == []
    assert type(error) is kind


@pytest.mark.parametrize(("double", "event", "kind"), each(lambda double: double.stream_errors))
async def test_an_error_after_text_comes_after_the_text(double: Double, event: Any, kind: type[TollgateError]) -> None:
    events = [*double.events(Said(finish=None)), event]
    stream = streamed_reply([*map(double.framing.frame, events), *double.end], double.media_type)

    async with playing(double, stream) as play:
        came, error = await play.until_it_breaks()

    assert heard_stream(came).text == Said().text
    assert type(error) is kind


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param((Called("get_weather", {"city": "Köln"}),), id="one"),
        pytest.param(
            (Called("get_weather", {"city": "A"}, id="call_1"), Called("get_time", {"city": "B"}, id="call_2")),
            id="parallel",
        ),
        pytest.param((Called("get_time", None),), id="without arguments"),
        pytest.param((Called("get_time", {}),), id="with empty arguments"),
        pytest.param(
            (Called("get_time", None, id="call_1"), Called("get_weather", {"city": "A"}, id="call_2")),
            id="the first without arguments",
        ),
        pytest.param((Called("get_weather", {"city": "A"}, id=None),), id="without an id"),
        pytest.param((Called("f", {}, id=None), Called("g", {}, id=None)), id="parallel without ids"),
        pytest.param((Called("f", {}, id="f"), Called("f", {"x": 1}, id="f")), id="the same id twice"),
        pytest.param((Called("get_weather", {"city": "A"}, id="functions.get_weather:0"),), id="odd id"),
        pytest.param((Called("f", {"x": {"y": [1, 2.5, None, True, "\n\"'\\ 🌍"]}}),), id="deep arguments"),
    ],
)
async def test_tool_calls_are_heard_with_safe_ids_and_arguments_that_are_json(
    double: Double, calls: tuple[Called, ...]
) -> None:
    said = Said(text="", calls=calls, finish="tool_calls")

    async with playing(double, double.answer(said), double.stream(said)) as play:
        whole = heard_whole(await play.complete(tools=TOOLS))
        streamed = heard_stream(await play.deltas(tools=TOOLS))

    for heard in (whole, streamed):
        assert [(call.name, json.loads(call.arguments)) for call in heard.calls] == [
            (call.name, call.arguments or {}) for call in calls
        ]
        assert all(is_safe(call.id) for call in heard.calls)
        assert len({call.id for call in heard.calls}) == len(calls)
        assert heard.finish == "tool_calls"
        assert heard.text == ""


async def test_text_can_come_before_a_tool_call(double: Double) -> None:
    said = Said(text="Let me look.", calls=(Called("get_weather", {"city": "A"}),), finish="tool_calls")

    async with playing(double, double.answer(said), double.stream(said)) as play:
        whole = heard_whole(await play.complete(tools=TOOLS))
        streamed = heard_stream(await play.deltas(tools=TOOLS))

    assert whole == streamed
    assert (whole.text, len(whole.calls)) == (said.text, 1)


@pytest.mark.parametrize(
    "ids", [("call_1", "call_2"), ("functions.get_weather:0", "functions.get_time:1"), ("a b", "")]
)
async def test_results_find_their_calls_in_whatever_order_they_come(double: Double, ids: tuple[str, str]) -> None:
    messages = [
        {"role": "user", "content": "Weather and time?"},
        assistant_calls((ids[0], "get_weather", '{"city":"Köln"}'), (ids[1], "get_time", "{}")),
        {"role": "tool", "tool_call_id": ids[1], "content": "noon"},
        {"role": "tool", "tool_call_id": ids[0], "content": '{"celsius": 12}'},
    ]

    async with playing(double, double.answer(Said())) as play:
        await play.complete(messages=messages, tools=TOOLS)
        found = double.results_in(play.received.json)

    assert sorted(found) == [("get_time", {}, "noon"), ("get_weather", {"city": "Köln"}, '{"celsius": 12}')]


async def test_two_rounds_of_tools_that_use_the_same_id_stay_apart(double: Double) -> None:
    messages = [
        {"role": "user", "content": "Weather?"},
        assistant_calls(("call_0", "get_weather", '{"city":"A"}')),
        {"role": "tool", "tool_call_id": "call_0", "content": "rain"},
        assistant_calls(("call_0", "get_weather", '{"city":"B"}')),
        {"role": "tool", "tool_call_id": "call_0", "content": "sun"},
    ]

    async with playing(double, double.answer(Said())) as play:
        await play.complete(messages=messages, tools=TOOLS)
        found = double.results_in(play.received.json)

    assert found == [("get_weather", {"city": "A"}, "rain"), ("get_weather", {"city": "B"}, "sun")]


@those(lambda double: double.shows_reasoning)
async def test_reasoning_is_heard_beside_the_answer(double: Double) -> None:
    said = Said(reasoning="Zuerst: wo liegt Köln? 🤔")

    async with playing(double, double.answer(said), double.stream(said)) as play:
        whole = heard_whole(await play.complete())
        streamed = heard_stream(await play.deltas())

    assert whole == streamed
    assert (whole.reasoning, whole.text) == (said.reasoning, said.text)


@those(lambda double: double.has_signatures)
async def test_a_signature_goes_back_byte_by_byte_to_a_vendor_that_has_one(double: Double) -> None:
    signature = "EuYBCkQ+/=9fZ3N0cmVhbQ=="
    said = Said(
        text="",
        reasoning="It is asked for the weather.",
        signature=signature,
        calls=(Called("get_weather", {"city": "A"}),),
        finish="tool_calls",
    )

    async with playing(double, double.answer(said), double.answer(Said())) as play:
        completion = await play.complete(tools=TOOLS)
        heard = heard_whole(completion)
        result = {"role": "tool", "tool_call_id": heard.calls[0].id, "content": "rain"}
        messages = [{"role": "user", "content": "Weather?"}, completion.choices[0]["message"], result]
        await play.complete(messages=messages, tools=TOOLS)

        assert heard.reasoning == said.reasoning
        assert double.signature_in(play.received.json) == signature


async def test_what_another_vendor_signed_stays_at_home(double: Double) -> None:
    foreign = {"another": {"thought_signature": "Zm9yZWlnbg=="}}
    called = assistant_calls(("call_1", "get_weather", '{"city":"A"}'))
    called["extra_content"] = called["tool_calls"][0]["extra_content"] = foreign
    messages = [
        {"role": "user", "content": "Weather?"},
        called,
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ]

    async with playing(double, double.answer(Said())) as play:
        await play.complete(messages=messages, tools=TOOLS)

        assert b"Zm9yZWlnbg==" not in play.received.body


@pytest.mark.parametrize(
    "counts",
    [
        Counts(prompt=100, completion=50),
        Counts(prompt=100, completion=50, cached=64),
        Counts(prompt=100, completion=50, cached=64, cache_write=20),
        Counts(prompt=100, completion=50, reasoning=40),
        Counts(prompt=100, completion=50, cached=100, reasoning=50),
        Counts(prompt=3_000_000, completion=0),
    ],
)
async def test_usage_is_heard_in_the_routers_counts(double: Double, counts: Counts) -> None:
    counts = replace(
        counts, **{name: 0 for name in ("cached", "cache_write", "reasoning") if name not in double.reports}
    )
    said = Said(counts=counts)

    async with playing(double, double.answer(said), double.stream(said)) as play:
        whole = (await play.complete()).usage
        streamed = heard_stream(await play.deltas()).usage

    assert whole == streamed == double.usage(counts)
    assert whole is not None
    assert whole.total_tokens == counts.prompt + counts.completion


async def test_an_answer_without_usage_leaves_the_counting_to_the_router(double: Double) -> None:
    said = Said(counts=None)

    async with playing(double, double.answer(said), double.stream(said)) as play:
        assert (await play.complete()).usage is None
        assert heard_stream(await play.deltas()).usage is None


@pytest.mark.parametrize(
    ("double", "refused", "kind"),
    each(lambda double: ((form, kind) for kind, forms in double.refusals.items() for form in forms)),
)
async def test_each_form_of_a_refusal_is_of_its_kind_and_tells_no_secret(
    double: Double, refused: Refused, kind: type[TollgateError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async with playing(double, refused.reply()) as play:
        with pytest.raises(TollgateError) as whole:
            await play.complete()
        errors = [whole.value]
        if refused.status >= 400:
            came, error = await play.until_it_breaks()
            assert came == []
            errors += [error] if error else []

    assert {type(error) for error in errors} == {kind}
    for error in errors:
        assert error.metadata["provider"] == double.provider
        assert KEY not in told(error)
        assert "127.0.0.1" not in told(error)
    assert KEY not in caplog.text


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503, 529])
async def test_no_error_repeats_a_key_or_an_address(
    double: Double, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = double.error(f"Key {KEY} ({KEY.upper()}) is no good at 127.0.0.1, see https://internal.example/{KEY}")

    async with playing(double, json_reply(body, status)) as play:
        with pytest.raises(TollgateError) as caught:
            await play.complete()

    said = told(caught.value).lower()
    assert KEY not in said
    assert "internal.example" not in said
    assert "127.0.0.1" not in said
    assert KEY not in caplog.text


async def test_the_key_is_in_one_header_and_nowhere_else(double: Double) -> None:
    async with playing(double, double.answer(Said()), double.stream(Said())) as play:
        await play.complete()
        await play.deltas()

        for received in play.upstream.requests:
            assert KEY not in received.path
            assert KEY.encode() not in received.body
            assert sum(KEY in value for value in received.headers.values()) == 1


@pytest.mark.parametrize(("double", "refused", "seconds"), each(lambda double: double.hints))
async def test_a_rate_limit_says_when_to_come_back(double: Double, refused: Refused, seconds: float) -> None:
    async with playing(double, refused.reply()) as play:
        with pytest.raises(UpstreamError) as caught:
            await play.complete()

    assert caught.value.retry_after_s == pytest.approx(seconds)


@pytest.mark.parametrize(("double", "body", "kind"), each(lambda double: double.errors_under_success))
async def test_an_error_under_a_status_of_success_is_the_error_that_it_is(
    double: Double, body: Any, kind: type[TollgateError]
) -> None:
    async with playing(double, json_reply(body)) as play:
        with pytest.raises(TollgateError) as whole:
            await play.complete()
        came, streamed = await play.until_it_breaks()

    assert came == []
    assert type(whole.value) is type(streamed) is kind


@pytest.mark.parametrize(
    "content",
    [
        "",
        "   \n\n",
        "<html><body>Welcome</body></html>",
        "null",
        "[]",
        "{}",
        "7",
        '"text"',
        '{"object": "other"}',
        '{"a": 1',
        "\xff\xfe",
        "data: {",
        "data: null\n\n",
        "data: <html>\n\n",
        "data: [1, 2]\n\n",
        "data: {}\n\n",
        ": nothing\n\n",
    ],
)
@pytest.mark.parametrize("media_type", ["text/html", "application/json", "text/event-stream"])
async def test_an_answer_that_is_none_is_an_error(double: Double, content: str, media_type: str) -> None:
    async with playing(double, raw_reply(content.encode("latin-1"), media_type)) as play:
        with pytest.raises(UpstreamInvalid):
            await play.complete()
        came, error = await play.until_it_breaks()

    assert came == []
    assert type(error) is UpstreamInvalid


# A whole answer is a stream of one line where lines are the framing.
@those(lambda double: not isinstance(double.framing, Lines))
async def test_a_whole_answer_in_place_of_a_stream_is_an_error(double: Double) -> None:
    async with playing(double, double.answer(Said())) as play:
        _, error = await play.until_it_breaks()

    assert type(error) is UpstreamInvalid


async def test_an_unknown_finish_reason_after_text_is_a_stop(double: Double) -> None:
    said = Said(unknown_finish="brand_new_reason")

    async with playing(double, double.answer(said), double.stream(said)) as play:
        whole = heard_whole(await play.complete())
        streamed = heard_stream(await play.deltas())

    assert whole == streamed
    assert (whole.text, whole.finish) == (said.text, "stop")


async def test_an_unknown_finish_reason_without_an_answer_is_an_error(double: Double) -> None:
    said = Said(text="", unknown_finish="brand_new_reason")

    async with playing(double, double.answer(said), double.stream(said)) as play:
        with pytest.raises(UpstreamInvalid):
            await play.complete()
        _, error = await play.until_it_breaks()

    assert type(error) is UpstreamInvalid


async def test_unknown_fields_change_nothing(double: Double) -> None:
    said = Said()
    stream = [double.framing.frame(with_new_fields(event)) for event in double.events(said)] + double.end

    async with playing(
        double, json_reply(with_new_fields(double.whole(said))), streamed_reply(stream, double.media_type)
    ) as play:
        whole = heard_whole(await play.complete())
        streamed = heard_stream(await play.deltas())

    assert whole == streamed
    assert (whole.text, whole.finish, whole.usage) == (said.text, "stop", double.usage(Counts()))


async def test_unknown_events_change_nothing(double: Double) -> None:
    said = Said()
    news = {"type": "brand_new", "brand_new": {"x": 1}}
    stream = [double.framing.frame(event) for known in double.events(said) for event in (news, known)] + double.end

    async with playing(double, streamed_reply(stream, double.media_type), double.stream(said)) as play:
        with_news = heard_stream(await play.deltas())
        without = heard_stream(await play.deltas())

    assert with_news == without


@pytest.mark.parametrize("fields", [{}, {"max_tokens": 5}, {"max_completion_tokens": 5}])
async def test_the_output_cap_is_always_sent_and_is_the_routers(double: Double, fields: dict[str, Any]) -> None:
    async with playing(double, double.answer(Said()), double.stream(Said())) as play:
        await play.complete(**fields)
        await play.deltas(**fields)

        assert [double.cap_in(received.json) for received in play.upstream.requests] == [CAP, CAP]


async def test_a_schema_for_the_answer_arrives_or_is_asked_for_in_words(double: Double) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}

    async with playing(double, double.answer(Said(text='{"city":"Köln"}'))) as play:
        heard = heard_whole(await play.complete(response_format=wanted))

    assert heard.text == '{"city":"Köln"}'
    if double.has_schemas:
        assert double.schema_in(play.received.json) == CITY
    else:
        assert json.dumps(CITY, separators=(",", ":")) in double.instructions_in(play.received.json)


async def test_an_image_arrives_as_it_was_sent(double: Double) -> None:
    sent = [A_PNG, *(["https://images.example/cat.png"] if double.fetches_images else [])]

    async with playing(double, double.answer(Said())) as play:
        await play.complete(messages=[{"role": "user", "content": [text_part(), *map(image_part, sent)]}])

        assert double.images_in(play.received.json) == sent


async def test_an_image_is_refused_by_a_model_that_sees_none(double: Double) -> None:
    async with playing(double, double.answer(Said())) as play:
        with pytest.raises(UnsupportedParameter) as caught:
            await play.complete(
                model=double.model(input_modalities=("text",)),
                messages=[{"role": "user", "content": [text_part(), image_part(A_PNG)]}],
            )

        assert caught.value.param == "messages[0].content[1]"
        assert play.upstream.requests == []


def told(error: TollgateError) -> str:
    """Everything that anybody is told of an error."""
    return (
        f"{error!r} {error.message} {error.param} {error.reason} {error.metadata} {getattr(error, 'upstream_code', '')}"
    )


def text_part() -> dict[str, Any]:
    return {"type": "text", "text": "What is this?"}


def image_part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def assistant_calls(*calls: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, name, arguments in calls
        ],
    }
