"""What each vendor is asked for a transcript, over connections on loopback, and what is made of its answers."""

from contextlib import aclosing
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_model
from tests.unit.providers.test_speech import KEY
from tests.upstream import Received, Reply, Upstream, a_client, event_reply, json_reply, raw_reply
from tests.wire import read
from tollgate.contracts.catalogue import Model, Price
from tollgate.contracts.shapes import Form
from tollgate.contracts.transcription import Heard, Transcript, TranscriptionRequest
from tollgate.contracts.upload import Upload
from tollgate.edge.forms import parse_form
from tollgate.errors import UnsupportedParameter, UpstreamInvalid
from tollgate.providers.connection import Connection
from tollgate.providers.forms import FormBody
from tollgate.providers.registry import PROVIDERS
from tollgate.providers.transcription import segments_of, usage_from_wire

FILE = Upload("gate.mp3", "audio/mpeg", b"ID3\x00\xff\r\n--x")


@dataclass(frozen=True)
class Asked:
    """What a vendor was asked, and what was made of its answer."""

    transcript: Transcript
    request: Received

    @property
    def form(self) -> dict[str, Any]:
        return parse_form(self.request.body, self.request.headers["content-type"], Form)

    @property
    def fields(self) -> dict[str, Any]:
        """The form without its file."""
        return {name: value for name, value in self.form.items() if name != "file"}


def an_ear(vendor: str, **changes: Any) -> Model:
    usual = {"id": f"{vendor}/m", "provider": vendor, "upstream_model": "m", "type": "transcription"}
    return a_model(**{**usual, "price": Price(unit="minute", per=1), **changes})


def an_adapter(vendor: str, http: Any, url: str, **environment: str) -> Any:
    async def credential(_fresh: bool) -> str:
        return KEY

    provider = PROVIDERS[vendor]
    settings = {provider.base_url_setting: url, **environment}
    connection = Connection(provider, http=http, environment=settings, credential=credential)
    module, _, name = provider.can["transcription"].partition(":")
    return getattr(import_module(f"tollgate.providers.{module}"), name)(connection)


async def asked(
    vendor: str, reply: Reply, *, model: Model | None = None, environment: Any = None, **body: Any
) -> Asked:
    """What a vendor is asked for a request that was planned as one of a client is."""
    model = model or an_ear(vendor)
    async with Upstream(reply) as server, a_client() as http:
        adapter = an_adapter(vendor, http, server.url, **(environment or {}))
        plan = adapter.plan(body, model, is_strict=False)
        transcript = await adapter.transcribe(TranscriptionRequest(model, plan.body, FILE))
        return Asked(transcript, server.requests[0])


async def heard(vendor: str, reply: Reply) -> list[Heard]:
    model = an_ear(vendor)
    async with Upstream(reply) as server, a_client() as http:
        adapter = an_adapter(vendor, http, server.url)
        request = TranscriptionRequest(model, {"response_format": "json", "stream": True}, FILE)
        async with aclosing(adapter.stream(request)) as pieces:
            return [piece async for piece in pieces]


TEXT = json_reply({"text": "Hello"})


async def test_azure_is_asked_at_a_deployment_with_its_key() -> None:
    model = an_ear("azure", flags={"deployment": "d"})
    newer = await asked("azure", TEXT, model=model)
    classic = await asked("azure", TEXT, model=model, environment={"AZURE_OPENAI_API_VERSION": "2025-03-01-preview"})

    assert (newer.request.path, newer.request.headers["api-key"]) == ("/openai/v1/audio/transcriptions", KEY)
    assert classic.request.path == "/openai/deployments/d/audio/transcriptions?api-version=2025-03-01-preview"
    assert newer.form == {"model": "d", "response_format": "json", "file": FILE}


async def test_openrouter_answers_in_text_alone() -> None:
    answer = await asked("openrouter", json_reply({"text": "Hello", "usage": {"seconds": 2.5}}), response_format="text")

    assert (answer.request.path, answer.fields) == ("/audio/transcriptions", {"model": "m", "response_format": "json"})
    assert answer.transcript.seconds == 2.5
    with pytest.raises(UnsupportedParameter):
        await asked("openrouter", TEXT, response_format="srt")


@pytest.mark.parametrize("response_format", ["json", "text", "srt", "vtt", "verbose_json"])
async def test_groq_is_asked_for_what_tells_the_length(response_format: str) -> None:
    answer = await asked(
        "groq", json_reply(read("groq", "transcription", "answer.json")), response_format=response_format, prompt="Toll"
    )

    assert answer.fields == {"model": "m", "response_format": "verbose_json", "prompt": "Toll"}
    assert answer.transcript.seconds == 2.75


async def test_mistral_is_asked_without_a_format_and_with_times_where_they_are_wanted() -> None:
    reply = json_reply(read("mistral", "transcription", "answer.json"))
    plain = await asked("mistral", reply, language="en", prompt="Toll")
    timed = await asked("mistral", reply, response_format="srt", language="en")

    assert plain.fields == {"model": "m", "language": "en"}
    assert timed.fields == {"model": "m", "timestamp_granularities": "segment"}
    assert (timed.transcript.seconds, timed.transcript.usage is not None) == (4.0, True)


async def test_xai_is_asked_in_its_own_words_with_the_file_last() -> None:
    answer = await asked(
        "xai",
        json_reply(read("xai", "transcription", "answer.json")),
        response_format="diarized_json",
        language="en",
        keywords=["Brenner"],
    )

    assert answer.request.path == "/stt"
    assert list(answer.form) == ["keyterm", "language", "format", "diarize", "file"]
    assert answer.transcript.seconds == 3.5
    assert answer.transcript.body["segments"] == [
        {"id": 0, "start": 0.0, "end": 1.0, "text": "Pay here.", "speaker": "0"},
        {"id": 1, "start": 1.5, "end": 3.5, "text": "Thank you", "speaker": "1"},
    ]
    assert answer.transcript.body["words"][0] == {"word": "Pay", "start": 0.0, "end": 0.5}


@pytest.mark.parametrize("words", [None, "x", [{"text": 1}], [{"text": "a", "start": "0", "end": 1}]])
async def test_words_of_xai_that_cannot_be_read_leave_the_text(words: Any) -> None:
    answer = await asked("xai", json_reply({"text": "Hello", "duration": 1, "words": words}))

    assert (answer.transcript.text, answer.transcript.body["words"]) == ("Hello", None)


async def test_text_in_place_of_json_is_the_transcript() -> None:
    answer = await asked("openai", raw_reply("Hello\n", "text/plain"), response_format="text")

    assert (answer.transcript.text, answer.transcript.seconds) == ("Hello", None)


async def test_how_to_cut_is_sent_as_it_came() -> None:
    strategy = {"type": "server_vad", "threshold": "0.5"}
    answer = await asked("openai", TEXT, chunking_strategy=strategy)

    assert answer.fields["chunking_strategy"] == strategy


async def test_segments_are_heard_in_a_stream_and_what_nobody_knows_is_not() -> None:
    segment = {"type": "transcript.text.segment", "id": "s", "start": 0, "end": 1, "text": "Hi", "speaker": "A"}
    done = {"type": "transcript.text.done", "text": "Hi"}

    pieces = await heard("openai", event_reply([segment, {"type": "unheard.of"}, done]))

    assert [piece.event["type"] for piece in pieces] == ["transcript.text.segment", "transcript.text.done"]
    assert pieces[-1].whole is not None
    assert pieces[-1].whole.text == "Hi"


@pytest.mark.parametrize("event", [b"data: x\n\n", b"data: [1]\n\n", b'data: {"type":"transcript.text.done"}\n\n'])
async def test_a_stream_that_cannot_be_read_is_an_error(event: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        await heard("openai", event_reply([event]))


_NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=20)


@given(st.binary(max_size=500), st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), _NAMES), max_size=4))
def test_a_form_is_read_back_as_it_was_written(content: bytes, fields: list[tuple[str, str]]) -> None:
    body, content_type = FormBody(tuple(fields), Upload("a.mp3", "audio/mpeg", content)).encode()

    assert parse_form(body, content_type, Form) == {**dict(fields), "file": Upload("a.mp3", "audio/mpeg", content)}


@given(st.lists(st.tuples(_NAMES, st.sampled_from([None, 0, 1])), max_size=40))
def test_every_word_is_in_one_segment(spoken: list[tuple[str, int | None]]) -> None:
    words = [{"word": text, "start": place, "end": place + 1} for place, (text, _) in enumerate(spoken)]

    segments = segments_of(words, [speaker for _, speaker in spoken])

    assert " ".join(segment["text"] for segment in segments).split() == " ".join(text for text, _ in spoken).split()
    assert sum(segment["end"] - segment["start"] for segment in segments) == len(spoken)


@given(
    st.dictionaries(
        st.sampled_from(["input_tokens", "output_tokens", "input_token_details"]), st.none() | st.integers()
    )
)
def test_counts_are_read_or_left(usage: dict[str, Any]) -> None:
    found = usage_from_wire(usage)

    assert found is None or (found.prompt_tokens, found.completion_tokens) == (
        usage["input_tokens"],
        usage["output_tokens"],
    )
