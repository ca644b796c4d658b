"""Speech and transcription of OpenAI itself: https://platform.openai.com/docs/api-reference/audio ."""

from collections.abc import Mapping
from typing import Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.providers.openai import RULES, headers_of
from tollgate.providers.refusals import Rule
from tollgate.providers.speech import CompatibleSpeech, plan
from tollgate.providers.transcription import CompatibleTranscription, ear_of
from tollgate.providers.transcription import plan as plan_transcription

# Voices of this generation take neither instructions nor events; an operator's own entry need not say so.
_OLDER_VOICES: Final = ("tts-1", "tts-1-hd")


class OpenAISpeech(CompatibleSpeech):
    """Speech of OpenAI itself."""

    rules: tuple[Rule, ...] = RULES

    def headers(self, key: str) -> Mapping[str, str]:
        """See `OpenAIChat`."""
        return headers_of(key, self._connection.environment)

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Speech`."""
        manner = self.manner
        if model.upstream_model in _OLDER_VOICES:
            manner = manner._replace(takes=manner.takes - {"instructions", "stream_format"})
        return plan(body, model, manner, is_strict=is_strict)


class OpenAITranscription(CompatibleTranscription):
    """Transcription of OpenAI itself."""

    rules: tuple[Rule, ...] = RULES

    def headers(self, key: str) -> Mapping[str, str]:
        """See `OpenAIChat`."""
        return headers_of(key, self._connection.environment)

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Transcription`."""
        return plan_transcription(body, model, ear_of(model.upstream_model), is_strict=is_strict)
