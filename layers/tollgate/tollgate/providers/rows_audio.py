"""Speech and transcription of vendors that are rows."""

from collections.abc import Mapping
from typing import ClassVar

from tollgate.contracts.transcription import TranscriptionRequest
from tollgate.providers.connection import Connection
from tollgate.providers.forms import FormBody
from tollgate.providers.rows import ACCENTS
from tollgate.providers.speech import CompatibleSpeech, Manner
from tollgate.providers.transcription import CompatibleTranscription, Ear


class RowSpeech(CompatibleSpeech):
    """Speech of a vendor that is a row."""

    manner: ClassVar[Manner] = Manner(takes=frozenset({"speed"}))

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.rules = ACCENTS[connection.provider.dialect or "open"].rules

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and what the operator wants sent along."""
        return {**self._connection.provider.headers, **super().headers(key)}


class RowTranscription(CompatibleTranscription):
    """Transcription of a vendor that is a row."""

    ear: ClassVar[Ear] = Ear(
        formats=("json", "text", "srt", "verbose_json", "vtt"),
        takes=frozenset({"language", "prompt", "temperature", "timestamp_granularities"}),
        # It makes no subtitles, and tells how long the recording was in this format alone.
        asks=dict.fromkeys(("json", "text", "srt", "vtt"), "verbose_json"),
    )

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.rules = ACCENTS[connection.provider.dialect or "open"].rules

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and what the operator wants sent along."""
        return {**self._connection.provider.headers, **super().headers(key)}


class MistralTranscription(RowTranscription):
    """Transcription of Mistral: https://docs.mistral.ai/api/endpoint/audio/transcriptions ."""

    ear: ClassVar[Ear] = RowTranscription.ear._replace(
        takes=frozenset({"language", "temperature", "timestamp_granularities"})
    )

    def to_wire(self, request: TranscriptionRequest) -> FormBody:
        """Our request. It has one format, with times where they are asked for, and then detects the language itself."""
        body = dict(request.body)
        if body["response_format"] not in {"json", "text"}:
            body.setdefault("timestamp_granularities", ["segment"])
            body.pop("language", None)
        fields, file = super().to_wire(request._replace(body=body))
        kept = [(name.removesuffix("[]"), value) for name, value in fields if name != "response_format"]
        return FormBody(tuple(kept), file)
