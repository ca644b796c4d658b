"""Transcription: what can be asked of a model that listens, and the vendors that are asked in OpenAI's words.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, Final, NamedTuple

from pydantic_core import from_json, to_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.transcription import Heard, Transcript, TranscriptionRequest
from tollgate.contracts.usage import Usage, is_count
from tollgate.errors import UnsupportedParameter
from tollgate.providers.connection import Connection
from tollgate.providers.events import Event, EventReader
from tollgate.providers.forms import FormBody
from tollgate.providers.parameters import names_shown, refuse_dropped
from tollgate.providers.refusals import Rule

FORMATS: Final = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
# Without one of these it is another transcript of the same words.
_TUNING: Final = ("language", "prompt", "temperature", "chunking_strategy", "languages", "keywords")
# Without one of these something is missing that was asked for.
_MEANING: Final = ("timestamp_granularities", "include", "known_speaker_names", "known_speaker_references")
_ROUTER: Final = frozenset({"drop_params", "file", "file_url", "model", "response_format", "stream"})
_SUBTITLES: Final = frozenset({"srt", "vtt"})
# A line or two of subtitles.
_MOST_WORDS: Final = 12
_TEXT_EVENTS: Final = frozenset({"transcript.text.delta", "transcript.text.segment"})


class Ear(NamedTuple):
    """How a vendor's models listen, unless the catalogue says otherwise of one."""

    formats: tuple[str, ...] = FORMATS
    takes: frozenset[str] = frozenset({*_TUNING, *_MEANING, "stream"})
    asks: Mapping[str, str] = {"text": "json"}
    """The format that a vendor is asked for where it is another one: text alone would tell no usage."""


def ear_of(name: str) -> Ear:
    """How a model of OpenAI's listens, by its name: an operator's own entry need not say it.

    https://platform.openai.com/docs/guides/speech-to-text
    """
    usual = Ear()
    if name.startswith("whisper"):
        listens = usual.takes - {"chunking_strategy", "include", "keywords", "languages", "stream"}
        return usual._replace(formats=FORMATS[:5], takes=listens - {"known_speaker_names", "known_speaker_references"})
    if "diarize" in name:
        listens = usual.takes - {"include", "prompt", "timestamp_granularities"}
        return usual._replace(formats=("json", "text", "diarized_json"), takes=listens)
    if "transcribe" in name:
        return usual._replace(formats=("json",))
    return usual


def plan(body: JsonObject, model: Model, ear: Ear, *, is_strict: bool) -> Plan:
    """What of a request is sent, and what is left out because the model has no parameter for it.

    Raises UnsupportedParameter for what the model cannot tell, and, when `is_strict`, for what would be left out.
    """
    takes = ear.takes if model.supported_parameters is None else ear.takes & {*model.supported_parameters}
    formats = tuple(model.flags.get("transcript_formats") or ear.formats)
    wanted = body.get("response_format") or "json"
    if wanted not in formats:
        raise UnsupportedParameter(
            f"'{model.id}' does not answer in '{wanted}'. It answers in {', '.join(formats)}.", param="response_format"
        )
    kept: dict[str, Any] = {"response_format": wanted}
    dropped = []
    for name in _TUNING + _MEANING:
        value = body.get(name)
        if value is None:
            continue
        if name in takes:
            kept[name] = value
        elif name in _MEANING:
            raise UnsupportedParameter(f"'{name}' is not supported by '{model.id}'.", param=name)
        else:
            dropped.append(name)
    if body.get("stream") and "stream" in takes:
        kept["stream"] = True
    dropped += names_shown([name for name in body if name not in _ROUTER.union(_TUNING, _MEANING)])
    if is_strict:
        refuse_dropped(dropped, model)
    return Plan(body=kept, dropped=tuple(dropped))


class CompatibleTranscription:
    """Transcription in OpenAI's language. A vendor overrides what it does differently, and nothing else."""

    ear: ClassVar[Ear] = Ear()
    rules: tuple[Rule, ...] = ()

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Transcription`."""
        return plan(body, model, self.ear, is_strict=is_strict)

    async def transcribe(self, request: TranscriptionRequest) -> Transcript:
        """See `tollgate.providers.protocols.Transcription`."""
        content, headers = await self._connection.fetch(
            self.path(request), self.to_wire(request), headers=self.headers, rules=self.rules
        )
        return self._read(content, headers, request)

    async def stream(self, request: TranscriptionRequest) -> AsyncGenerator[Heard, None]:
        """See `tollgate.providers.protocols.Transcription`."""
        events = self._connection.events(
            self.path(request), self.to_wire(request), EventReader(), headers=self.headers, rules=self.rules
        )
        async with aclosing(events):
            async for event in events:
                told = self._told(event)
                if told.get("type") == "transcript.text.done":
                    yield Heard(told, self.from_wire(told))
                    return
                if told.get("type") in _TEXT_EVENTS:
                    yield Heard(told)
        raise self._connection.invalid("The provider closed the stream before finishing.")

    def path(self, request: TranscriptionRequest) -> str:  # noqa: ARG002 - some vendors have the model in it
        """Where the request goes, below the base URL."""
        return "/audio/transcriptions"

    def headers(self, key: str) -> Mapping[str, str]:
        """The provider's own headers."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def to_wire(self, request: TranscriptionRequest) -> FormBody:
        """Our request as their form."""
        body = request.body
        wanted = body["response_format"]
        fields = {"model": self.name_of(request.model), **body, "response_format": self.ear.asks.get(wanted, wanted)}
        return FormBody(tuple(_flat(fields)), request.file)

    def name_of(self, model: Model) -> str:
        """What the vendor calls a model."""
        return model.upstream_model

    def from_wire(self, body: Mapping[str, Any]) -> Transcript:
        """Their JSON as our transcript.

        Raises UpstreamError, BadRequest.
        """
        if body.get("error"):
            raise self._connection.error_in(body, self.rules)
        if not isinstance(body.get("text"), str):
            raise self._connection.invalid("The provider's answer holds no text.")
        usage = body.get("usage")
        seconds = next(filter(is_duration, (seconds_in(usage), body.get("duration"))), None)
        kept = {name: value for name, value in body.items() if name != "usage"}
        return Transcript(kept, usage=usage_from_wire(usage), seconds=None if seconds is None else float(seconds))

    def _read(self, content: bytes, headers: Mapping[str, str], request: TranscriptionRequest) -> Transcript:
        try:
            body = from_json(content)
        except ValueError:
            body = None
        if isinstance(body, dict):
            return self.from_wire(body)
        media_type = headers.get("content-type", "")
        if not content.strip() or "html" in media_type or "json" in media_type:
            raise self._connection.invalid("The provider's answer cannot be read.")
        text = content.decode(errors="replace")
        is_subtitles = request.body["response_format"] in _SUBTITLES
        return Transcript({} if is_subtitles else {"text": text.strip()}, subtitles=text if is_subtitles else None)

    def _told(self, event: Event) -> Mapping[str, Any]:
        if event.data.strip() == b"[DONE]":
            return {}
        try:
            told = from_json(event.data)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise self._connection.invalid("The provider's stream cannot be read.")
        if told.get("error") or told.get("type") == "error":
            raise self._connection.error_in(told if "error" in told else {"error": told}, self.rules)
        return told


def usage_from_wire(usage: Any) -> Usage | None:
    """The tokens of a transcription; None where there are none that can be used."""
    if not isinstance(usage, Mapping):
        return None
    counts = [
        usage.get("input_tokens", usage.get("prompt_tokens")),
        usage.get("output_tokens", usage.get("completion_tokens")),
    ]
    if not all(map(is_count, counts)):
        return None
    details = usage.get("input_token_details")
    audio = details.get("audio_tokens") if isinstance(details, Mapping) else None
    return Usage(
        prompt_tokens=counts[0] or 0,
        completion_tokens=counts[1] or 0,
        prompt_audio_tokens=audio if isinstance(audio, int) and is_count(audio) else 0,
    )


def seconds_in(usage: Any) -> Any:
    """The seconds of sound that a usage object tells, under either of its names."""
    if not isinstance(usage, Mapping):
        return None
    return usage.get("seconds", usage.get("prompt_audio_seconds"))


def is_duration(value: Any) -> bool:
    """Whether a value can be a number of seconds; no recording lasts a year."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 31_536_000


def segments_of(words: Sequence[Mapping[str, Any]], speakers: Sequence[Any]) -> list[dict[str, Any]]:
    """Words as segments: one for each sentence, each speaker, and so many words."""
    segments: list[dict[str, Any]] = []
    held: list[Mapping[str, Any]] = []
    for place, word in enumerate(words):
        held.append(word)
        is_last = place + 1 == len(words)
        ends = str(word["word"]).endswith((".", "!", "?"))
        if is_last or ends or len(held) == _MOST_WORDS or speakers[place + 1] != speakers[place]:
            told = {
                "id": len(segments),
                "start": held[0]["start"],
                "end": word["end"],
                "text": " ".join(str(one["word"]).strip() for one in held),
            }
            segments.append(told if speakers[place] is None else {**told, "speaker": str(speakers[place])})
            held = []
    return segments


def _flat(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields of a form: a list as a name that is repeated with brackets, an object with its names in them."""
    for name, value in fields.items():
        match value:
            case list():
                yield from ((f"{name}[]", str(one)) for one in value)
            case Mapping():
                yield from ((f"{name}[{inner}]", str(one)) for inner, one in value.items())
            case str():
                yield name, value
            case _:
                yield name, to_json(value).decode()
