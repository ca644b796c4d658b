"""POST /v1/audio/speech, through routes and authorizer as clients call it."""

import io
import json
import random
import wave
from base64 import b64decode, b64encode
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.asgi import Client, ask
from tests.builders import a_caller
from tests.functions.conftest import Site
from tests.upstream import Reply, event_reply, json_reply, silence, streamed_reply
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.template import read_template

_SOUND = random.Random(1).randbytes(200_000)
_PATH = "/v1/audio/speech"


async def speak(site: Site, key: str | None = None, **changes: Any) -> httpx2.Response:
    """A call; `changes` are those of its body."""
    body = {"model": "openai/tts-1", "input": "Hello, welcome!", **changes}
    return await site.send(
        "POST", _PATH, key=key, json={name: value for name, value in body.items() if value is not ...}
    )


def sound_reply(*pieces: bytes, media_type: str = "audio/mpeg", is_cut: bool = False) -> Reply:
    return streamed_reply(pieces or (_SOUND,), media_type, is_cut=is_cut)


def spoken(*pieces: bytes, usage: Any = ..., is_whole: bool = True) -> list[Any]:
    """Events as OpenAI sends them."""
    events: list[Any] = [{"type": "speech.audio.delta", "audio": b64encode(piece).decode()} for piece in pieces]
    if is_whole:
        told = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115} if usage is ... else usage
        events.append({"type": "speech.audio.done", "usage": told})
    return events


def events_of(text: str) -> list[Any]:
    return [json.loads(part.removeprefix("data: ")) for part in text.strip().split("\n\n") if part.startswith("data:")]


class TestSound:
    async def test_the_sound_comes_byte_for_byte_with_its_media_type_and_its_cost(self, site: Site) -> None:
        site.upstream.replies = [sound_reply(_SOUND[:7], _SOUND[7:])]

        response = await speak(site)

        assert (response.status_code, response.headers["content-type"]) == (200, "audio/mpeg")
        assert response.content == _SOUND
        told = {name: value for name, value in response.headers.items() if name.startswith("x-tollgate")}
        assert told == {
            "x-tollgate-model": "openai/tts-1",
            "x-tollgate-provider": "openai",
            "x-tollgate-attempts": "1",
            "x-tollgate-cost": "0.000225",
        }

    async def test_a_voice_and_a_format_are_sent_where_the_client_names_none(self, site: Site) -> None:
        site.upstream.replies = [sound_reply()]

        await speak(site, voice=None)

        (request,) = site.upstream.requests
        assert (request.path, request.headers["authorization"]) == ("/v1/audio/speech", "Bearer sk-operator")
        assert request.json == {
            "model": "tts-1",
            "input": "Hello, welcome!",
            "voice": "alloy",
            "response_format": "mp3",
        }

    @pytest.mark.parametrize(
        ("response_format", "media_type"),
        [
            ("mp3", "audio/mpeg"),
            ("opus", "audio/ogg"),
            ("aac", "audio/aac"),
            ("flac", "audio/flac"),
            ("wav", "audio/wav"),
            ("pcm", "audio/pcm"),
        ],
    )
    async def test_each_format_has_its_media_type_whatever_the_provider_calls_it(
        self, site: Site, response_format: str, media_type: str
    ) -> None:
        site.upstream.replies = [sound_reply(media_type="application/octet-stream")]

        response = await speak(site, response_format=response_format, speed=1.5, voice={"id": "voice_1"})

        assert response.headers["content-type"] == media_type
        sent = site.upstream.requests[0].json
        assert (sent["response_format"], sent["speed"], sent["voice"]) == (response_format, 1.5, {"id": "voice_1"})

    async def test_four_megabytes_arrive_byte_for_byte(self, site: Site) -> None:
        sound = random.Random(2).randbytes(4_000_000)
        site.upstream.replies = [sound_reply(*(sound[at : at + 65_537] for at in range(0, len(sound), 65_537)))]

        assert (await speak(site)).content == sound

    async def test_instructions_are_dropped_for_a_voice_that_takes_none_and_named(self, site: Site) -> None:
        site.upstream.replies = [sound_reply()]

        response = await speak(site, instructions="Whisper.", flavour="odd")

        assert response.headers["x-tollgate-dropped-params"] == "instructions,flavour"
        assert "instructions" not in site.upstream.requests[0].json

    async def test_what_would_be_dropped_is_refused_on_request(self, site: Site) -> None:
        response = await speak(site, instructions="Whisper.", drop_params=False)

        assert (response.status_code, response.json()["error"]["code"]) == (400, "unsupported_parameter")

    @pytest.mark.parametrize("path", ["/audio/speech", "/v1/audio/speech/"])
    async def test_the_other_paths_are_the_same(self, site: Site, path: str) -> None:
        site.upstream.replies = [sound_reply()]

        response = await site.send("POST", path, json={"model": "openai/tts-1", "input": "Hello"})

        assert response.content == _SOUND


class TestTokens:
    async def test_a_price_by_token_is_settled_on_the_usage_that_events_tell(self, site: Site) -> None:
        site.upstream.replies = [event_reply(spoken(_SOUND[:9], _SOUND[9:]), done=False)]

        response = await speak(site, model="openai/gpt-4o-mini-tts", instructions="Whisper.")

        assert response.content == _SOUND
        assert "x-tollgate-cost" not in response.headers
        sent = site.upstream.requests[0].json
        assert (sent["stream_format"], sent["instructions"]) == ("sse", "Whisper.")
        (entry,) = await site.ledger()
        assert (entry.usage["prompt_tokens"], entry.usage["completion_tokens"]) == (14, 101)
        assert not entry.is_estimated
        price = site.world.resources.catalogue.find("openai/gpt-4o-mini-tts").price
        assert price.rates.input is not None
        assert price.rates.output is not None
        assert -entry.amount_usd == (14 * price.rates.input + 101 * price.rates.output) / 1_000_000

    @pytest.mark.parametrize("usage", [None, {"input_tokens": -1, "output_tokens": 2}, {"input_tokens": 5}])
    async def test_usage_that_cannot_be_used_is_estimated_and_says_so(self, site: Site, usage: Any) -> None:
        site.upstream.replies = [event_reply(spoken(_SOUND, usage=usage), done=False)]

        await speak(site, model="openai/gpt-4o-mini-tts")

        (entry,) = await site.ledger()
        assert entry.is_estimated
        # Fifteen characters at fourteen a second and 21 tokens a second.
        assert (entry.usage["prompt_tokens"], entry.usage["completion_tokens"]) == (4, 23)

    async def test_a_provider_that_sends_sound_in_place_of_events_is_heard_all_the_same(self, site: Site) -> None:
        site.upstream.replies = [sound_reply()]

        response = await speak(site, model="openai/gpt-4o-mini-tts")

        assert response.content == _SOUND
        assert (await site.ledger())[0].is_estimated


class TestEvents:
    async def test_events_carry_the_sound_and_end_with_usage_and_cost(self, site: Site) -> None:
        site.upstream.replies = [event_reply(spoken(_SOUND[:9], _SOUND[9:]), done=False)]

        response = await speak(site, model="openai/gpt-4o-mini-tts", stream_format="sse")

        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        *deltas, done = events_of(response.text)
        assert b"".join(b64decode(event["audio"]) for event in deltas) == _SOUND
        assert {event["type"] for event in deltas} == {"speech.audio.delta"}
        cost = float(-(await site.ledger())[0].amount_usd)
        assert done == {
            "type": "speech.audio.done",
            "usage": {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115, "cost": cost},
        }

    async def test_a_break_in_the_middle_is_an_event(self, site: Site) -> None:
        site.upstream.replies = [event_reply(spoken(_SOUND, is_whole=False), done=False)]

        response = await speak(site, model="openai/gpt-4o-mini-tts", stream_format="sse")

        assert events_of(response.text)[-1]["error"]["code"] == "upstream_invalid_response"

    async def test_a_voice_without_events_refuses_them(self, site: Site) -> None:
        error = (await speak(site, stream_format="sse")).json()["error"]

        assert (error["code"], error["param"]) == ("unsupported_parameter", "stream_format")
        assert site.upstream.requests == []


class TestBilling:
    async def test_a_price_by_character_is_charged_for_code_points(self, site: Site) -> None:
        site.upstream.replies = [sound_reply()]

        await speak(site, model="openai/tts-test", input="Grüße 👋")

        (entry,) = await site.ledger()
        assert (entry.amount_usd, entry.usage, entry.outcome) == (
            Decimal("-0.000105"),
            {"characters": 7},
            "completed",
        )

    async def test_a_balance_of_exactly_the_price_is_enough_and_less_is_not(self, site: Site) -> None:
        site.upstream.replies = [sound_reply()]
        exact = await site.world.key(await site.world.account(balance_usd=0.000075))
        short = await site.world.key(await site.world.account(balance_usd=0.000074))

        assert (await speak(site, exact, input="Hello")).status_code == 200
        refused = await speak(site, short, input="Hello")

        assert (refused.status_code, refused.json()["error"]["code"]) == (402, "request_exceeds_balance")
        assert len(site.upstream.requests) == 1

    async def test_a_client_that_goes_away_pays_and_the_provider_is_stopped(self, site: Site) -> None:
        site.upstream.replies = [Reply(200, {"content-type": "audio/mpeg"}, (_SOUND,), between=silence)]
        client = Client(breaks_at_piece=0)

        await _ask_directly(site, client)

        (entry,) = await site.ledger()
        assert (entry.outcome, entry.amount_usd) == ("client_disconnected", Decimal("-0.000225"))
        await site.upstream.gone.wait()

    async def test_a_break_in_the_middle_cuts_the_body_short_and_is_charged(self, site: Site) -> None:
        site.upstream.replies = [sound_reply(is_cut=True)]
        client = Client()

        with pytest.raises(Exception, match="closed the stream"):
            await _ask_directly(site, client)

        assert (client.status, client.is_whole) == (200, False)
        (entry,) = await site.ledger()
        assert (entry.outcome, entry.amount_usd) == ("upstream_error", Decimal("-0.000225"))


class TestErrors:
    @pytest.mark.parametrize(
        ("changes", "param"),
        [
            ({"input": ""}, "input"),
            ({"input": "x" * 4097}, "input"),
            ({"input": ...}, "input"),
            ({"speed": 0.2}, "speed"),
            ({"speed": 4.1}, "speed"),
            ({"response_format": "ogg"}, "response_format"),
            ({"voice": ""}, "voice"),
            ({"stream_format": "xml"}, "stream_format"),
            ({"instructions": "x" * 4097}, "instructions"),
        ],
    )
    async def test_a_field_out_of_range_is_named(self, site: Site, changes: dict[str, Any], param: str) -> None:
        response = await speak(site, **changes)

        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (400, "invalid_request", param)

    async def test_a_text_that_is_too_long_is_told_with_its_length(self, site: Site) -> None:
        error = (await speak(site, input="x" * 5120)).json()["error"]

        assert error["message"] == "'input' must be at most 4096 characters (received 5120)."

    async def test_a_model_of_another_kind_names_its_endpoint(self, site: Site) -> None:
        error = (await speak(site, model="openai/gpt-4o")).json()["error"]

        assert (error["code"], error["metadata"]["endpoint"]) == ("wrong_endpoint", "/v1/chat/completions")

    @pytest.mark.parametrize(
        ("reply", "status", "code"),
        [
            (json_reply({"error": {"message": "slow down"}}, 429), 429, "rate_limit_exceeded"),
            (json_reply({"error": {"message": "no"}}, 401), 502, "provider_auth_failed"),
            (json_reply({"error": {"message": "no such voice", "param": "voice"}}, 400), 400, "upstream_rejected"),
            (json_reply({}, 500), 502, "upstream_invalid_response"),
            (json_reply({"error": {"message": "late", "code": 503}}), 503, "provider_overloaded"),
            (json_reply({"audio": "here"}), 502, "upstream_invalid_response"),
            (streamed_reply([b"<html>"], "text/html"), 502, "upstream_invalid_response"),
            (streamed_reply([], "audio/mpeg"), 502, "upstream_invalid_response"),
        ],
    )
    async def test_a_failure_before_the_first_byte_is_json_with_a_status_and_costs_nothing(
        self, site: Site, reply: Reply, status: int, code: str
    ) -> None:
        site.upstream.replies = [reply]

        response = await speak(site)

        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
        assert response.headers["content-type"].startswith("application/json")
        assert await site.ledger() == []
        assert [Decimal(amount) for amount in await site.world.funds(site.account_id)] == [10, 10, 0]

    @pytest.mark.parametrize(
        "event",
        [
            b"data: not json\n\n",
            b"data: [1]\n\n",
            b'data: {"type":"speech.audio.delta","audio":"***"}\n\n',
            b'data: {"type":"speech.audio.delta"}\n\n',
        ],
    )
    async def test_events_that_cannot_be_read_are_an_error(self, site: Site, event: bytes) -> None:
        site.upstream.replies = [event_reply([event], done=False)]

        response = await speak(site, model="openai/gpt-4o-mini-tts")

        assert (response.status_code, response.json()["error"]["code"]) == (502, "upstream_invalid_response")

    async def test_an_error_in_the_first_event_is_told_by_its_status(self, site: Site) -> None:
        site.upstream.replies = [event_reply([{"type": "error", "error": {"message": "x", "code": 429}}], done=False)]

        assert (await speak(site, model="openai/gpt-4o-mini-tts")).status_code == 429


class TestSandbox:
    async def test_it_makes_a_wav_file_whose_length_follows_the_text(self, site: Site) -> None:
        response = await speak(site, model="sandbox/speech", input="Toll gate")

        with wave.open(io.BytesIO(response.content)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
            assert file.getnframes() == 9 * 1_200
        assert response.headers["content-type"] == "audio/wav"

    async def test_pcm_is_the_same_without_the_header(self, site: Site) -> None:
        wav, pcm = [await speak(site, model="sandbox/speech", response_format=name) for name in ("wav", "pcm")]

        assert wav.content[44:] == pcm.content

    async def test_it_makes_no_mp3(self, site: Site) -> None:
        error = (await speak(site, model="sandbox/speech", response_format="mp3")).json()["error"]

        assert (error["code"], error["param"]) == ("unsupported_parameter", "response_format")

    @pytest.mark.parametrize(
        ("name", "status"),
        [("error-429", 429), ("error-500", 502), ("error-connect", 502), ("filter", 400), ("empty", 502)],
    )
    async def test_it_fails_on_purpose(self, site: Site, name: str, status: int) -> None:
        assert (await speak(site, model=f"sandbox/speech-{name}")).status_code == status

    async def test_it_can_report_no_usage(self, site: Site) -> None:
        await speak(site, model="sandbox/speech-no-usage")
        await speak(site, model="sandbox/speech-slow")

        reported, estimated = await site.ledger()
        assert (reported.is_estimated, estimated.is_estimated) == (False, True)


async def _ask_directly(site: Site, client: Client) -> None:
    """The call, message by message."""
    app = load_handler(read_template().functions["CreateSpeechFunction"], "app").with_resources(site.world.resources)
    caller = a_caller(account_id=site.account_id)
    await ask(app, {"model": "openai/tts-1", "input": "Hello, welcome!"}, client=client, path=_PATH, caller=caller)
