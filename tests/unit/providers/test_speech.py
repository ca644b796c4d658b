"""What each vendor is asked for speech, over connections on loopback, and what is made of its answers."""

import io
import wave
from base64 import b64encode
from contextlib import aclosing
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_model
from tests.upstream import Received, Reply, Upstream, a_client, json_reply, streamed_reply
from tests.wire import read
from tollgate.contracts.catalogue import Model, Price
from tollgate.contracts.speech import Sound, SpeechRequest
from tollgate.errors import BadRequest, ContentFiltered, TollgateError, UnsupportedParameter, UpstreamInvalid
from tollgate.providers.connection import Connection
from tollgate.providers.registry import PROVIDERS
from tollgate.providers.speech import from_wire, usage_from_wire
from tollgate.providers.waves import wav_of

KEY = "key-0123456789"
BY_CHARACTER = Price(unit="character", per=1000)


@dataclass(frozen=True)
class Said:
    """What was heard of a vendor, and what it was asked."""

    sounds: list[Sound]
    request: Received

    @property
    def audio(self) -> bytes:
        return b"".join(sound.audio for sound in self.sounds)


def a_voice(vendor: str, **changes: Any) -> Model:
    usual = {"id": f"{vendor}/m", "provider": vendor, "upstream_model": "m", "type": "speech", "price": BY_CHARACTER}
    return a_model(**{**usual, **changes})


def an_adapter(vendor: str, http: Any, url: str, **environment: str) -> Any:
    async def credential(_fresh: bool) -> str:
        return KEY

    provider = PROVIDERS[vendor]
    settings = {provider.base_url_setting: url, **environment}
    connection = Connection(provider, http=http, environment=settings, credential=credential)
    module, _, name = provider.can["speech"].partition(":")
    return getattr(import_module(f"tollgate.providers.{module}"), name)(connection)


async def said(vendor: str, reply: Reply, *, model: Model | None = None, environment: Any = None, **body: Any) -> Said:
    """What a vendor says to a request, planned as one of a client is."""
    model = model or a_voice(vendor)
    async with Upstream(reply) as server, a_client() as http:
        adapter = an_adapter(vendor, http, server.url, **(environment or {}))
        plan = adapter.plan({"input": "Hello, welcome!", **body}, model, is_strict=False)
        async with aclosing(adapter.speak(SpeechRequest(model, plan.body))) as stream:
            sounds = [sound async for sound in stream]
        return Said(sounds, server.requests[0])


SOUND = streamed_reply([b"ID3", b"\x00\xff"], "audio/mpeg")


async def test_azure_is_asked_at_a_deployment_with_its_key() -> None:
    model = a_voice("azure", flags={"deployment": "a-deployment"})
    newer = await said("azure", SOUND, model=model)
    classic = await said("azure", SOUND, model=model, environment={"AZURE_OPENAI_API_VERSION": "2025-03-01-preview"})

    assert (newer.request.path, newer.request.headers["api-key"]) == ("/openai/v1/audio/speech", KEY)
    assert classic.request.path == "/openai/deployments/a-deployment/audio/speech?api-version=2025-03-01-preview"
    assert newer.request.json == classic.request.json == read("azure", "speech", "asked.json")
    assert newer.audio == b"ID3\x00\xff"


async def test_openrouter_makes_mp3_and_pcm_alone_and_knows_who_asks() -> None:
    answer = await said("openrouter", SOUND, environment={"OPENROUTER_TITLE": "Gate"})

    assert answer.request.json == read("openrouter", "speech", "asked.json")
    assert (answer.request.path, answer.request.headers["x-title"]) == ("/audio/speech", "Gate")
    with pytest.raises(UnsupportedParameter):
        await said("openrouter", SOUND, response_format="opus")


async def test_a_row_speaks_with_the_voices_and_formats_of_the_catalogue() -> None:
    model = a_voice("groq", flags={"audio_formats": ["wav"], "voices": ["autumn", "troy"]})
    answer = await said("groq", streamed_reply([b"RIFF"], "audio/wav"), model=model)

    assert answer.request.json == read("groq", "speech", "asked.json")
    assert (answer.request.path, answer.audio) == ("/audio/speech", b"RIFF")


async def test_openai_is_told_for_whom_it_acts() -> None:
    answer = await said("openai", SOUND, environment={"OPENAI_ORG_ID": "org-1"})

    assert answer.request.headers["openai-organization"] == "org-1"


async def test_xai_is_asked_in_its_own_words() -> None:
    plain = await said("xai", SOUND)
    changed = await said("xai", SOUND, voice={"id": "rex"}, response_format="pcm", speed=1.2)

    assert (plain.request.path, plain.audio) == ("/tts", b"ID3\x00\xff")
    assert plain.request.json == read("xai", "speech", "asked.json")
    assert changed.request.json == {
        "text": "Hello, welcome!",
        "voice_id": "rex",
        "language": "auto",
        "output_format": {"codec": "pcm", "sample_rate": 24000},
        "speed": 1.2,
    }


class TestGoogle:
    model = a_voice("google", upstream_model="gemini-tts", price=Price(), max_output_tokens=16_384)

    async def test_its_samples_become_a_wav_file(self) -> None:
        answer = await said("google", json_reply(read("google", "speech", "answer.json")), model=self.model)

        assert answer.request.path == "/models/gemini-tts:generateContent"
        assert answer.request.json == read("google", "speech", "asked.json")
        with wave.open(io.BytesIO(answer.audio)) as file:
            assert (file.getframerate(), file.readframes(200)) == (24_000, bytes(range(200)))
        (sound,) = answer.sounds
        assert sound.usage is not None
        assert (sound.usage.prompt_tokens, sound.usage.completion_audio_tokens) == (6, 37)

    async def test_pcm_is_its_samples(self) -> None:
        reply = json_reply(read("google", "speech", "answer.json"))

        answer = await said("google", reply, model=self.model, response_format="pcm", voice="kore")

        assert answer.audio == bytes(range(200))
        voice = answer.request.json["generationConfig"]["speechConfig"]["voiceConfig"]
        assert voice == {"prebuiltVoiceConfig": {"voiceName": "Kore"}}

    async def test_a_voice_of_another_vendor_and_a_format_with_a_codec_are_refused(self) -> None:
        with pytest.raises(BadRequest, match="no such voice"):
            await said("google", SOUND, model=self.model, voice="alloy")
        with pytest.raises(UnsupportedParameter, match="'mp3'"):
            await said("google", SOUND, model=self.model, response_format="mp3")

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ({"promptFeedback": {"blockReason": "SAFETY"}}, ContentFiltered),
            ({"candidates": [{"finishReason": "PROHIBITED_CONTENT"}]}, ContentFiltered),
            ({"candidates": [{"finishReason": "OTHER"}]}, UpstreamInvalid),
            ({"candidates": [{"content": {"parts": [{"text": "Hello"}]}}]}, UpstreamInvalid),
            ({"candidates": [{"content": {"parts": [{"inlineData": {"data": "*"}}]}}]}, UpstreamInvalid),
            ({"candidates": ["x"]}, UpstreamInvalid),
        ],
    )
    async def test_an_answer_without_sound_is_an_error(self, body: Any, error: type[TollgateError]) -> None:
        with pytest.raises(error):
            await said("google", json_reply(body), model=self.model)


@given(st.binary(max_size=200))
def test_an_event_gives_back_the_bytes_that_went_in(audio: bytes) -> None:
    event = {"type": "speech.audio.delta", "audio": b64encode(audio).decode()}

    assert from_wire(event) == (Sound(audio), False)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_counts_are_read_or_left(value: Any) -> None:
    usage = usage_from_wire({"input_tokens": value, "output_tokens": 3})

    assert usage is None or (usage.prompt_tokens == value and usage.completion_tokens == 3)


@given(st.binary(max_size=400).filter(lambda samples: len(samples) % 2 == 0), st.sampled_from([8_000, 24_000, 48_000]))
def test_a_wav_file_holds_its_samples(samples: bytes, rate: int) -> None:
    with wave.open(io.BytesIO(wav_of(samples, rate))) as file:
        assert (file.getframerate(), file.readframes(len(samples))) == (rate, samples)
