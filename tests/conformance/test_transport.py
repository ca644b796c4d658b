"""What goes wrong on the way to a provider, and how little of it stays open afterwards, over real sockets."""

import asyncio
import socket
from dataclasses import replace

import pytest

from tests.conformance.doubles import Double, Refused, Said, each, those
from tests.conformance.playing import KEY, Play, adapter_of, heard_stream, heard_whole, playing, playing_pieces
from tests.upstream import Reply, Upstream, a_client, json_reply, raw_reply, silence, streamed_reply
from tollgate.errors import (
    ConnectFailed,
    NoProviderAvailable,
    ProviderAuthFailed,
    TollgateError,
    UpstreamInvalid,
    UpstreamTimeout,
)
from tollgate.providers.connection import Patience
from tollgate.providers.registry import PROVIDERS

SHORT = Patience(first_byte_s=0.04, whole_answer_s=0.04, idle_s=0.04, last_bytes_s=0.04)


async def test_a_refused_connection_is_told_as_such(double: Double) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        whole, streamed = await both_failures(double, url)

    assert type(whole) is type(streamed) is ConnectFailed


@pytest.mark.parametrize("url", ["http://[::1", "no-scheme", "ftp://127.0.0.1:1"])
async def test_an_address_that_leads_nowhere_is_a_connection_that_was_not_made(double: Double, url: str) -> None:
    whole, streamed = await both_failures(double, url)

    assert type(whole) is type(streamed) is ConnectFailed


async def test_a_provider_that_never_answers_is_given_up(double: Double) -> None:
    async with playing(double, Reply(before=silence), patience=SHORT) as play:
        with pytest.raises(UpstreamTimeout):
            await play.complete()
        came, error = await play.until_it_breaks()

    assert came == []
    assert type(error) is UpstreamTimeout


async def test_a_provider_that_sends_its_head_and_no_more_is_given_up(double: Double) -> None:
    async with playing(double, Reply(pieces=(b"",), between=silence), patience=SHORT) as play:
        with pytest.raises(UpstreamTimeout):
            await play.complete()
        _, error = await play.until_it_breaks()

    assert type(error) is UpstreamTimeout


async def test_blank_lines_do_not_keep_an_answer_waiting_for_ever(double: Double) -> None:
    async def tick(_: int) -> None:
        await asyncio.sleep(0.005)

    reply = replace(raw_reply("", "application/json"), pieces=(b"\n",) * 1000, between=tick)

    async with playing(double, reply, patience=SHORT) as play:
        with pytest.raises(UpstreamTimeout):
            await play.complete()


async def test_blank_lines_before_an_answer_are_not_part_of_it(double: Double) -> None:
    answer = double.answer(Said())

    async with playing(double, replace(answer, pieces=(b"\n", b"\r\n  \n", *answer.pieces))) as play:
        completion = await play.complete()

    assert completion.choices[0]["message"]["content"] == Said().text


async def test_a_stream_in_which_only_comments_come_is_given_up(double: Double) -> None:
    async def tick(_: int) -> None:
        await asyncio.sleep(0.005)

    events = [double.framing.frame(event) for event in double.events(Said(finish=None))]
    reply = streamed_reply([b"".join(events), *[double.framing.nothing] * 1000], double.media_type)

    async with playing(double, replace(reply, between=tick), patience=Patience(idle_s=0.2)) as play:
        came, error = await play.until_it_breaks()

    assert type(error) is UpstreamTimeout
    assert heard_stream(came).text == Said().text


async def test_a_slow_reader_is_not_taken_for_a_slow_provider(double: Double) -> None:
    async with playing_pieces(double, double.stream(Said()).pieces, patience=SHORT) as play:
        came = []
        async for delta in play.adapter.stream(play.request()):
            came.append(delta)
            if len(came) < 3:
                await asyncio.sleep(0.05)

    assert heard_stream(came).text == Said().text


async def test_a_connection_that_is_cut_before_the_head_is_an_error(double: Double) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        whole, streamed = await both_failures(double, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    assert type(whole) is type(streamed) is UpstreamInvalid


async def test_an_answer_in_a_broken_encoding_is_an_error(double: Double) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    async with playing(double, Reply(headers=headers, pieces=(b"not gzip at all",))) as play:
        with pytest.raises(UpstreamInvalid):
            await play.complete()
        _, error = await play.until_it_breaks()

    assert type(error) is UpstreamInvalid


async def test_closing_the_stream_stops_the_provider(double: Double) -> None:
    events = [double.framing.frame(event) for event in double.events(Said(finish=None))]
    reply = replace(streamed_reply([b"".join(events), b""], double.media_type), between=silence)

    async with playing(double, reply) as play:
        stream = play.adapter.stream(play.request())
        await anext(stream)
        assert not play.upstream.gone.is_set()
        await stream.aclose()

        await asyncio.wait_for(play.upstream.gone.wait(), 5)


async def test_cancelling_a_call_stops_the_provider(double: Double) -> None:
    async with playing(double, Reply(before=silence)) as play:
        call = asyncio.create_task(play.complete())
        while not play.upstream.requests:  # noqa: ASYNC110 - the upstream only counts
            await asyncio.sleep(0.001)
        call.cancel()

        await asyncio.wait_for(play.upstream.gone.wait(), 5)
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_answers_and_streams_that_end_leave_a_connection_for_the_next(double: Double) -> None:
    replies = (double.stream(Said()), double.answer(Said()), double.stream(Said()))

    async with playing(double, *replies, patience=Patience(last_bytes_s=5)) as play:
        await play.deltas()
        await play.complete()
        await play.deltas()

        assert play.upstream.connections == 1


# Where the stream has no end of its own, the end of the body is waited for.
@those(lambda double: bool(double.end))
async def test_a_provider_that_does_not_hang_up_after_the_end_is_not_waited_for(double: Double) -> None:
    reply = replace(streamed_reply([b"".join(double.stream(Said()).pieces)], double.media_type), between=silence)

    async with playing(double, reply, patience=Patience(last_bytes_s=0.02)) as play:
        heard = heard_stream(await play.deltas())

        await asyncio.wait_for(play.upstream.gone.wait(), 5)
        assert heard.text == Said().text


def a_refused_key(double: Double) -> Reply:
    return Refused(401, double.error("No.")).reply()


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_refused_key_is_read_again_and_the_new_one_is_tried_once(double: Double, is_stream: bool) -> None:
    async def changed(fresh: bool) -> str:
        return "sk-new-secret-of-the-operator" if fresh else KEY

    answer = double.stream(Said()) if is_stream else double.answer(Said())

    async with playing(double, a_refused_key(double), answer, credential=changed) as play:
        await (play.deltas() if is_stream else play.complete())

        keys = [double.key_in(received.headers) for received in play.upstream.requests]
    assert keys == [KEY, "sk-new-secret-of-the-operator"]


@pytest.mark.parametrize(
    ("double", "refused"),
    each(lambda double: ((one,) for one in double.refusals[ProviderAuthFailed] if one.status in {400, 401})),
)
async def test_a_key_that_is_refused_in_the_vendors_own_words_is_read_again(double: Double, refused: Refused) -> None:
    async def changed(fresh: bool) -> str:
        return "sk-new-secret-of-the-operator" if fresh else KEY

    replies = (refused.reply(), double.answer(Said()), refused.reply(), double.stream(Said()))

    async with playing(double, *replies, credential=changed) as play:
        whole = heard_whole(await play.complete())
        streamed = heard_stream(await play.deltas())

        assert whole == streamed
        assert len(play.upstream.requests) == 4


async def test_a_new_key_that_is_refused_too_is_the_end(double: Double) -> None:
    async def changing(fresh: bool) -> str:
        return "sk-new-secret-of-the-operator" if fresh else KEY

    async with playing(double, a_refused_key(double), credential=changing) as play:
        with pytest.raises(ProviderAuthFailed):
            await play.complete()

        assert len(play.upstream.requests) == 2


async def test_a_key_that_did_not_change_is_not_tried_again(double: Double) -> None:
    async with playing(double, a_refused_key(double)) as play:
        with pytest.raises(ProviderAuthFailed):
            await play.complete()

        assert len(play.upstream.requests) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
async def test_only_a_refused_key_is_read_again(double: Double, status: int) -> None:
    async def changing(fresh: bool) -> str:
        return "sk-new-secret-of-the-operator" if fresh else KEY

    async with playing(double, Refused(status, double.error("No.")).reply(), credential=changing) as play:
        with pytest.raises(TollgateError):
            await play.complete()

        assert len(play.upstream.requests) == 1


async def test_a_key_that_vanishes_while_it_is_read_again_leaves_nothing_open(double: Double) -> None:
    async def vanishing(fresh: bool) -> str | None:
        return None if fresh else KEY

    async with playing(double, a_refused_key(double), credential=vanishing) as play:
        kind = NoProviderAvailable if PROVIDERS[double.provider].is_key_needed else ProviderAuthFailed
        with pytest.raises(kind):
            await play.complete()


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}\r\n"])
async def test_the_line_ending_after_a_pasted_key_is_no_part_of_it(double: Double, key: str) -> None:
    async def pasted(_fresh: bool) -> str:
        return key

    async with playing(double, double.answer(Said()), credential=pasted) as play:
        await play.complete()

        assert double.key_in(play.received.headers) == KEY


@pytest.mark.parametrize("key", ["sk-two\nlines", "sk-größe", "sk-\x00"])
async def test_a_key_that_no_header_can_hold_is_the_operators_fault_and_stays_secret(double: Double, key: str) -> None:
    async def broken(_fresh: bool) -> str:
        return key

    async with playing(double, double.answer(Said()), credential=broken) as play:
        with pytest.raises(ProviderAuthFailed) as caught:
            await play.complete()

        assert play.upstream.requests == []
        assert "sk-" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


@pytest.mark.parametrize("key", [None, "", "  \n"])
@those(lambda double: PROVIDERS[double.provider].is_key_needed)
async def test_a_provider_without_its_key_is_not_called(double: Double, key: str | None) -> None:
    async def missing(_fresh: bool) -> str | None:
        return key

    async with playing(double, double.answer(Said()), credential=missing) as play:
        with pytest.raises(NoProviderAvailable):
            await play.complete()
        _, error = await play.until_it_breaks()

        assert type(error) is NoProviderAvailable
        assert play.upstream.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(double: Double, status: int) -> None:
    async with Upstream(double.answer(Said())) as elsewhere:
        reply = json_reply(double.whole(Said()), status, location=f"{elsewhere.url}/elsewhere")

        async with playing(double, reply) as play:
            with pytest.raises(UpstreamInvalid):
                await play.complete()
            came, error = await play.until_it_breaks()

        assert elsewhere.requests == []
    assert came == []
    assert type(error) is UpstreamInvalid


async def both_failures(double: Double, url: str) -> tuple[TollgateError, TollgateError | None]:
    async with a_client() as http, Upstream() as unused:
        play = Play(double, adapter_of(double, url, http), unused)
        with pytest.raises(TollgateError) as caught:
            await play.complete()
        _, error = await play.until_it_breaks()
    assert caught.value.metadata == {"provider": double.provider}
    return caught.value, error
