"""Speech and transcription through OpenRouter: https://openrouter.ai/docs/api/reference ."""

from collections.abc import Mapping
from typing import ClassVar

from tollgate.providers.openrouter import RULES, headers_of
from tollgate.providers.refusals import Rule
from tollgate.providers.speech import CompatibleSpeech, Manner
from tollgate.providers.transcription import CompatibleTranscription, Ear


class OpenRouterSpeech(CompatibleSpeech):
    """Speech of OpenRouter: https://openrouter.ai/docs/guides/overview/multimodal/tts ."""

    manner: ClassVar[Manner] = Manner(formats=("mp3", "pcm"), takes=frozenset({"instructions", "speed"}))
    rules: tuple[Rule, ...] = RULES

    def headers(self, key: str) -> Mapping[str, str]:
        """See `OpenRouterChat`."""
        return headers_of(key, self._connection.environment)


class OpenRouterTranscription(CompatibleTranscription):
    """Transcription of OpenRouter: https://openrouter.ai/docs/guides/overview/multimodal/stt ."""

    ear: ClassVar[Ear] = Ear(formats=("json", "text"), takes=frozenset({"language", "temperature"}))
    rules: tuple[Rule, ...] = RULES

    def headers(self, key: str) -> Mapping[str, str]:
        """See `OpenRouterChat`."""
        return headers_of(key, self._connection.environment)
