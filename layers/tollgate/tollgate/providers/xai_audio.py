"""Speech and transcription of xAI, which have a language of their own: https://docs.x.ai/docs/guides/voice ."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.speech import Sound, SpeechRequest
from tollgate.contracts.transcription import Transcript, TranscriptionRequest
from tollgate.providers.connection import Connection
from tollgate.providers.forms import FormBody
from tollgate.providers.refusals import Rule
from tollgate.providers.speech import Manner, plan
from tollgate.providers.transcription import CompatibleTranscription, Ear, is_duration, segments_of
from tollgate.providers.waves import RATE
from tollgate.providers.xai import RULES

# It refuses a request that names no language.
_ANY_LANGUAGE: Final = "auto"


class XAISpeech:
    """Speech of xAI. It has one model, which no request names."""

    manner: ClassVar[Manner] = Manner(
        formats=("mp3", "wav", "pcm"),
        voices=("eve", "ara", "leo", "rex", "sal"),
        takes=frozenset({"speed", "stream_format"}),
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Speech`."""
        return plan(body, model, self.manner, is_strict=is_strict)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Sound, None]:
        """See `tollgate.providers.protocols.Speech`."""
        pieces = self._connection.pieces("/tts", to_wire(request), headers=headers_of, rules=RULES)
        async with aclosing(pieces):
            async for _, piece in pieces:
                yield Sound(piece)


class XAITranscription(CompatibleTranscription):
    """Transcription of xAI. It has one model, which no request names, and tells words with their times."""

    ear: ClassVar[Ear] = Ear(
        formats=("json", "text", "srt", "verbose_json", "vtt", "diarized_json"),
        takes=frozenset({"language", "keywords", "timestamp_granularities"}),
    )
    rules: tuple[Rule, ...] = RULES

    def path(self, request: TranscriptionRequest) -> str:  # noqa: ARG002 - it has one model
        """Where the request goes."""
        return "/stt"

    def to_wire(self, request: TranscriptionRequest) -> FormBody:
        """Our request under their names."""
        body = request.body
        fields = [("keyterm", word) for word in body.get("keywords", ())]
        if language := body.get("language"):
            # Numbers and names are written as that language has them.
            fields += [("language", language), ("format", "true")]
        if body["response_format"] == "diarized_json":
            fields.append(("diarize", "true"))
        return FormBody(tuple(fields), request.file)

    def from_wire(self, body: Mapping[str, Any]) -> Transcript:
        """Their words as segments."""
        words = body.get("words")
        if not isinstance(words, list) or not all(map(_is_word, words)):
            return super().from_wire({**body, "words": None})
        named = [{"word": word["text"], "start": word["start"], "end": word["end"]} for word in words]
        speakers = [word.get("speaker") for word in words]
        return super().from_wire({**body, "words": named, "segments": segments_of(named, speakers)})


def _is_word(word: Any) -> bool:
    return (
        isinstance(word, Mapping)
        and isinstance(word.get("text"), str)
        and is_duration(word.get("start"))
        and is_duration(word.get("end"))
    )


def headers_of(key: str) -> Mapping[str, str]:
    """The key."""
    return {"authorization": f"Bearer {key}"}


def to_wire(request: SpeechRequest) -> dict[str, Any]:
    """Our request under their names."""
    body = request.body
    output: dict[str, Any] = {"codec": body["response_format"]}
    if output["codec"] != "mp3":
        output["sample_rate"] = RATE
    wire = {"text": body["input"], "voice_id": request.voice, "language": _ANY_LANGUAGE, "output_format": output}
    return wire | ({"speed": body["speed"]} if "speed" in body else {})
