"""POST /v1/audio/transcriptions, through routes and authorizer as clients call it."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from random import Random
from typing import Any

import httpx2
import pytest

from tests.functions.conftest import Site
from tests.recordings import FORM, a_form, a_wav, a_webm
from tests.unit.stores.test_web import _certificate, _server_tls, _trusting
from tests.upstream import Received, Reply, Upstream, event_reply, json_reply, raw_reply
from tollgate.contracts.shapes import Form
from tollgate.contracts.upload import Upload
from tollgate.edge.forms import parse_form
from tollgate.stores.web import Web

_PATH = "/v1/audio/transcriptions"
_SRT = "1\n00:00:00,000 --> 00:00:02,500\nHello, welcome!\n\n"
_SEGMENTS = [
    {"id": 0, "start": 0.0, "end": 1.5, "text": " Hello,"},
    {"id": 1, "start": 1.5, "end": 3.25, "text": " welcome!"},
]
_VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 3.25,
    "text": "Hello, welcome!",
    "segments": _SEGMENTS,
    "usage": {"type": "duration", "seconds": 4},
}
_TOKENS = {
    "type": "tokens",
    "input_tokens": 34,
    "input_token_details": {"text_tokens": 4, "audio_tokens": 30},
    "output_tokens": 6,
    "total_tokens": 40,
}


async def transcribe(
    site: Site, *parts: tuple[str, Any], key: str | None = None, model: str = "openai/whisper-1", file: Any = ...
) -> httpx2.Response:
    """A call; the file comes last, as Python's SDK sends it."""
    recording = () if file is None else (("file", ("audio.wav", a_wav()) if file is ... else file),)
    content = a_form(("model", model), *parts, *recording)
    return await site.send("POST", _PATH, key=key, content=content, headers=FORM)


def sent(request: Received) -> dict[str, Any]:
    """The form that arrived upstream."""
    return parse_form(request.body, request.headers["content-type"], Form)


def a_text(**changes: Any) -> Reply:
    return json_reply({"text": "Hello, welcome!", "usage": {"type": "duration", "seconds": 3}, **changes})


class TestFormats:
    async def test_json_has_text_usage_and_cost(self, site: Site) -> None:
        site.upstream.replies = [a_text()]

        response = await transcribe(site)

        assert response.json() == {
            "text": "Hello, welcome!",
            "usage": {"type": "duration", "seconds": 3, "cost": 0.0003},
        }
        assert response.headers["x-tollgate-cost"] == "0.0003"
        assert response.headers["x-tollgate-model"] == "openai/whisper-1"

    async def test_the_file_and_its_name_reach_the_provider_untouched(self, site: Site) -> None:
        site.upstream.replies = [a_text()]
        recording = Random(3).randbytes(50_000) + b"\r\n--a-boundar\r\n"

        await transcribe(site, ("language", "en"), ("temperature", "0.5"), file=("Gespräch 1.mp3", recording))

        (request,) = site.upstream.requests
        assert (request.path, request.headers["authorization"]) == ("/v1/audio/transcriptions", "Bearer sk-operator")
        assert sent(request) == {
            "model": "whisper-1",
            "response_format": "json",
            "language": "en",
            "temperature": "0.5",
            "file": Upload("Gespräch 1.mp3", "audio/mpeg", recording),
        }

    async def test_text_is_the_transcript_and_a_newline_and_never_json(self, site: Site) -> None:
        site.upstream.replies = [a_text()]

        response = await transcribe(site, ("response_format", "text"))

        assert (response.headers["content-type"], response.text) == ("text/plain; charset=utf-8", "Hello, welcome!\n")
        assert (await site.ledger())[0].amount_usd == Decimal("-0.0003")

    @pytest.mark.parametrize("response_format", ["srt", "vtt"])
    async def test_subtitles_come_as_the_provider_makes_them(self, site: Site, response_format: str) -> None:
        site.upstream.replies = [raw_reply(_SRT, "text/plain")]

        response = await transcribe(site, ("response_format", response_format))

        assert (response.headers["content-type"], response.text) == ("text/plain; charset=utf-8", _SRT)
        assert sent(site.upstream.requests[0])["response_format"] == response_format
        # Nothing was reported, so that the header of the file counts.
        (entry,) = await site.ledger()
        assert (entry.amount_usd, entry.is_estimated) == (Decimal("-0.0003"), True)

    @pytest.mark.parametrize(
        ("response_format", "text"),
        [
            ("srt", "1\n00:00:00,000 --> 00:00:01,500\nHello,\n\n2\n00:00:01,500 --> 00:00:03,250\nwelcome!\n\n"),
            (
                "vtt",
                "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello,\n\n00:00:01.500 --> 00:00:03.250\nwelcome!\n\n",
            ),
        ],
    )
    async def test_json_in_place_of_subtitles_is_made_into_them(
        self, site: Site, response_format: str, text: str
    ) -> None:
        site.upstream.replies = [json_reply(_VERBOSE)]

        assert (await transcribe(site, ("response_format", response_format))).text == text

    async def test_verbose_json_has_times(self, site: Site) -> None:
        site.upstream.replies = [json_reply({**_VERBOSE, "words": [{"word": "Hello,", "start": 0, "end": 1.5}]})]

        response = await transcribe(
            site, ("response_format", "verbose_json"), ("timestamp_granularities[]", "word"), file=("a.wav", a_wav(4))
        )

        told = response.json()
        assert told.pop("usage") == {"type": "duration", "seconds": 4, "cost": 0.0004}
        assert told.pop("words") == [{"word": "Hello,", "start": 0, "end": 1.5}]
        assert told == {name: value for name, value in _VERBOSE.items() if name != "usage"}
        assert sent(site.upstream.requests[0])["timestamp_granularities"] == ["word"]

    async def test_diarized_json_has_speakers(self, site: Site) -> None:
        segment = {"type": "transcript.text.segment", "id": "s1", "start": 0, "end": 1, "text": "Hi", "speaker": "A"}
        site.upstream.replies = [json_reply({"duration": 1.0, "text": "Hi", "segments": [segment], "usage": _TOKENS})]

        told = (
            await transcribe(
                site,
                ("response_format", "diarized_json"),
                ("chunking_strategy", "auto"),
                ("known_speaker_names[]", "A"),
                model="openai/gpt-4o-transcribe-diarize",
            )
        ).json()

        assert (told["segments"], told["usage"]["type"]) == ([segment], "tokens")
        assert sent(site.upstream.requests[0])["known_speaker_names"] == ["A"]

    @pytest.mark.parametrize(
        ("model", "response_format"),
        [
            ("openai/whisper-1", "diarized_json"),
            ("openai/gpt-4o-transcribe", "text"),
            ("openai/gpt-4o-mini-transcribe", "srt"),
            ("openai/gpt-4o-transcribe-diarize", "vtt"),
        ],
    )
    async def test_a_format_that_a_model_has_not_is_refused(self, site: Site, model: str, response_format: str) -> None:
        error = (await transcribe(site, ("response_format", response_format), model=model)).json()["error"]

        assert (error["code"], error["param"]) == ("unsupported_parameter", "response_format")

    async def test_what_a_model_does_not_take_is_dropped_and_named(self, site: Site) -> None:
        site.upstream.replies = [a_text()]

        response = await transcribe(site, ("keywords[]", "toll"), ("flavour", "odd"), ("stream", "true"))

        assert response.headers["x-tollgate-dropped-params"] == "keywords,flavour"
        assert response.json()["text"] == "Hello, welcome!"


class TestTokens:
    async def test_a_price_by_token_is_settled_on_tokens(self, site: Site) -> None:
        site.upstream.replies = [a_text(usage=_TOKENS)]

        usage = (await transcribe(site, model="openai/gpt-4o-transcribe")).json()["usage"]

        (entry,) = await site.ledger()
        assert usage == {**_TOKENS, "cost": float(-entry.amount_usd)}
        assert (entry.usage["prompt_tokens"], entry.usage["completion_tokens"]) == (34, 6)
        assert entry.usage["prompt_tokens_details"]["audio_tokens"] == 30

    async def test_without_usage_tokens_are_estimated_from_the_recording(self, site: Site) -> None:
        site.upstream.replies = [json_reply({"text": "Hello, welcome!"})]

        await transcribe(site, model="openai/gpt-4o-transcribe")

        (entry,) = await site.ledger()
        assert (entry.usage["prompt_tokens"], entry.usage["completion_tokens"], entry.is_estimated) == (30, 4, True)


class TestStreams:
    def events(self, text: str) -> list[Any]:
        assert text.endswith("\n\ndata: [DONE]\n\n")
        found = []
        for part in text.removesuffix("data: [DONE]\n\n").strip().split("\n\n"):
            name, data = part.split("\n")
            found.append(json.loads(data.removeprefix("data: ")))
            assert name == f"event: {found[-1]['type']}"
        return found

    async def test_words_come_as_they_are_found_and_usage_at_the_end(self, site: Site) -> None:
        site.upstream.replies = [
            event_reply(
                [
                    {"type": "transcript.text.delta", "delta": "Hello,"},
                    {"type": "transcript.text.delta", "delta": " welcome!"},
                    {"type": "transcript.text.done", "text": "Hello, welcome!", "usage": _TOKENS},
                ]
            )
        ]

        response = await transcribe(site, ("stream", "true"), model="openai/gpt-4o-transcribe")

        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        *deltas, done = self.events(response.text)
        assert [delta["delta"] for delta in deltas] == ["Hello,", " welcome!"]
        (entry,) = await site.ledger()
        assert done["usage"] == {**_TOKENS, "cost": float(-entry.amount_usd)}
        assert (done["text"], entry.outcome) == ("Hello, welcome!", "completed")
        assert sent(site.upstream.requests[0])["stream"] == "true"

    async def test_a_stream_that_breaks_off_ends_in_an_error_and_is_charged(self, site: Site) -> None:
        site.upstream.replies = [event_reply([{"type": "transcript.text.delta", "delta": "Hello,"}], done=False)]

        response = await transcribe(site, ("stream", "true"), model="openai/gpt-4o-transcribe")

        last = response.text.strip().split("\n\n")[-1].split("\n")[1].removeprefix("data: ")
        assert json.loads(last)["error"]["code"] == "upstream_invalid_response"
        (entry,) = await site.ledger()
        assert (entry.outcome, entry.is_estimated, entry.amount_usd < 0) == ("upstream_error", True, True)

    async def test_an_error_before_the_first_word_is_told_by_its_status(self, site: Site) -> None:
        site.upstream.replies = [json_reply({"error": {"message": "slow down"}}, 429)]

        response = await transcribe(site, ("stream", "true"), model="openai/gpt-4o-transcribe")

        assert (response.status_code, await site.ledger()) == (429, [])


class TestMoney:
    async def test_the_worst_case_is_the_length_in_the_header_rounded_up(self, site: Site) -> None:
        site.upstream.replies = [a_text(usage={"type": "duration", "seconds": 3})]
        enough = await site.world.key(await site.world.account(balance_usd=0.0003))
        short = await site.world.key(await site.world.account(balance_usd=0.0002))
        recording = ("a.wav", a_wav(2.4))

        assert (await transcribe(site, key=enough, file=recording)).status_code == 200
        refused = await transcribe(site, key=short, file=recording)

        assert (refused.status_code, refused.json()["error"]["code"]) == (402, "request_exceeds_balance")

    async def test_an_unreadable_recording_is_held_for_by_its_bytes_and_paid_by_its_last_line(self, site: Site) -> None:
        site.upstream.replies = [raw_reply(_SRT, "text/plain")]

        await transcribe(site, ("response_format", "srt"), file=("a.webm", a_webm()))

        (entry,) = await site.ledger()
        assert (entry.amount_usd, entry.usage) == (Decimal("-0.00025"), {"milliseconds": 2500})

    @pytest.mark.parametrize(
        ("reply", "status", "code"),
        [
            (json_reply({"error": {"message": "no"}}, 401), 502, "provider_auth_failed"),
            (json_reply({"error": {"message": "bad file"}}, 400), 400, "upstream_rejected"),
            (json_reply({"words": []}), 502, "upstream_invalid_response"),
            (json_reply([1]), 502, "upstream_invalid_response"),
            (raw_reply("<html>"), 502, "upstream_invalid_response"),
            (json_reply({"error": {"message": "late", "code": 503}}), 503, "provider_overloaded"),
        ],
    )
    async def test_a_failure_costs_nothing(self, site: Site, reply: Reply, status: int, code: str) -> None:
        site.upstream.replies = [reply]

        response = await transcribe(site)

        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
        assert await site.ledger() == []


class TestBadRequests:
    @pytest.mark.parametrize(
        ("parts", "file", "param"),
        [
            ((), None, "file"),
            ((("file_url", "https://example.com/a.mp3"),), ..., "file_url"),
            ((), ("a.mp3", b""), "file"),
            ((), ("notes.txt", b"Hello"), "file"),
            ((("temperature", "2"),), ..., "temperature"),
            ((("temperature", "warm"),), ..., "temperature"),
            ((("response_format", "xml"),), ..., "response_format"),
            ((("timestamp_granularities[]", "word"),), ..., "timestamp_granularities"),
            ((("stream", "perhaps"),), ..., "stream"),
            ((("file_url", "http://example.com/a.mp3"),), None, "file_url"),
        ],
    )
    async def test_a_field_at_fault_is_named(self, site: Site, parts: Any, file: Any, param: str) -> None:
        response = await transcribe(site, *parts, file=file)

        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (400, "invalid_request", param)
        assert site.upstream.requests == []

    async def test_a_form_that_is_cut_is_told(self, site: Site) -> None:
        response = await site.send("POST", _PATH, content=a_form(("model", "x"))[:-8], headers=FORM)

        assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_multipart")

    async def test_json_is_another_media_type(self, site: Site) -> None:
        response = await site.send("POST", _PATH, json={"model": "openai/whisper-1"})

        assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_media_type")

    async def test_a_form_that_is_too_large_points_to_the_address(self, site: Site) -> None:
        response = await transcribe(site, file=("a.wav", bytes(4_600_000)))

        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (413, "request_too_large", "file")
        assert error["message"].endswith("exceeds 4500000. Send larger audio with 'file_url'.")
        assert error["metadata"]["limit_bytes"] == 4_500_000
        assert "file_url" in error["metadata"]["hint"]

    async def test_a_model_of_another_kind_names_its_endpoint(self, site: Site) -> None:
        error = (await transcribe(site, model="openai/tts-1")).json()["error"]

        assert (error["code"], error["metadata"]["endpoint"]) == ("wrong_endpoint", "/v1/audio/speech")

    async def test_an_empty_balance_comes_before_a_form_that_cannot_be_read(self, site: Site) -> None:
        key = await site.world.key(await site.world.account(balance_usd=None))

        response = await site.send("POST", _PATH, key=key, content=b"x", headers=FORM)

        assert (response.status_code, response.json()["error"]["code"]) == (402, "insufficient_balance")


class TestSandbox:
    @pytest.mark.parametrize("order", [1, -1])
    async def test_four_megabytes_arrive_in_any_order(self, site: Site, order: int) -> None:
        parts = [("model", "sandbox/transcription"), ("file", ("a.wav", a_wav(125, 16_000)))][::order]

        response = await site.send("POST", "/audio/transcriptions", content=a_form(*parts), headers=FORM)

        assert response.json() == {
            "text": "The gate opens when the toll is paid. Drive on.",
            "usage": {"type": "duration", "seconds": 5, "cost": 0.0005},
        }

    @pytest.mark.parametrize("response_format", ["json", "text", "srt", "verbose_json", "vtt", "diarized_json"])
    async def test_it_answers_in_every_format(self, site: Site, response_format: str) -> None:
        response = await transcribe(site, ("response_format", response_format), model="sandbox/transcription")

        assert response.status_code == 200
        assert "toll" in response.text

    async def test_it_streams_and_breaks_off(self, site: Site) -> None:
        whole = await transcribe(site, ("stream", "true"), model="sandbox/transcription-tokens")
        broken = await transcribe(site, ("stream", "true"), model="sandbox/transcription-cut")

        assert ("transcript.text.done" in whole.text, "upstream_invalid_response" in broken.text) == (True, True)

    @pytest.mark.parametrize(("name", "status"), [("error-429", 429), ("error-500", 502), ("filter", 400)])
    async def test_it_fails_on_purpose(self, site: Site, name: str, status: int) -> None:
        assert (await transcribe(site, model=f"sandbox/transcription-{name}")).status_code == status


class TestByAddress:
    @pytest.fixture
    async def shelf(self, site: Site) -> AsyncIterator[Upstream]:
        """Where the recording lies: the gateway takes this machine for the internet."""
        key, certificate = _certificate("cdn.example")

        async def resolve(_name: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

        async with Upstream(tls=_server_tls(key, certificate)) as server:
            web = Web(
                tls=_trusting(certificate),
                resolve=resolve,
                may_reach=lambda _: True,
                ports=frozenset({server.port}),
            )
            site.world.resources.__dict__["web"] = web
            yield server

    async def test_a_recording_at_an_address_is_fetched_and_sent_on(self, site: Site, shelf: Upstream) -> None:
        site.upstream.replies = [a_text()]
        recording = Random(7).randbytes(5_000_000)
        shelf.replies = [raw_reply(recording, "audio/mpeg")]
        url = f"https://cdn.example:{shelf.port}/shows/one%20two.mp3?sig=x"

        response = await transcribe(site, ("file_url", url), file=None)

        assert response.json()["text"] == "Hello, welcome!"
        assert sent(site.upstream.requests[0])["file"] == Upload("one two.mp3", "audio/mpeg", recording)

    async def test_one_that_is_too_large_is_told_with_its_limit(self, site: Site, shelf: Upstream) -> None:
        shelf.replies = [raw_reply(bytes(25 * 1024 * 1024 + 1), "audio/mpeg")]

        response = await transcribe(site, ("file_url", f"https://cdn.example:{shelf.port}/a.mp3"), file=None)

        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (413, "audio_too_large", "file_url")
        assert error["metadata"]["limit_bytes"] == 25 * 1024 * 1024

    async def test_what_is_no_recording_is_refused(self, site: Site, shelf: Upstream) -> None:
        shelf.replies = [raw_reply("<html>")]

        response = await transcribe(site, ("file_url", f"https://cdn.example:{shelf.port}/page"), file=None)

        error = response.json()["error"]
        assert (response.status_code, error["param"]) == (400, "file_url")

    async def test_nothing_is_fetched_for_an_account_that_owns_nothing(self, site: Site, shelf: Upstream) -> None:
        key = await site.world.key(await site.world.account(balance_usd=None))

        url = f"https://cdn.example:{shelf.port}/a.mp3"
        response = await transcribe(site, ("file_url", url), key=key, file=None)

        assert (response.status_code, shelf.requests) == (402, [])
