"""Speech and transcription without a network, and failures on demand: tones that follow the text, words that are fixed.

The upstream name of a model says what it does, as in `sandbox`:

`speech`        speaks
`transcription` and `tokens` listen
`slow`          a tenth of a second between two pieces
`cut`           breaks off after the first pieces
`empty`         says nothing
`no-usage`      speaks and reports no usage
`error-<nnn>`, `error-billing`, `error-connect`, `error-timeout`, `filter`   as conversations fail
"""

import asyncio
import math
import struct
from collections.abc import AsyncGenerator, Iterator
from functools import lru_cache
from typing import Any, ClassVar, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.speech import Sound, SpeechRequest
from tollgate.contracts.transcription import Heard, Transcript, TranscriptionRequest
from tollgate.contracts.usage import Usage
from tollgate.errors import UpstreamInvalid
from tollgate.providers.connection import Connection
from tollgate.providers.sandbox import FACTS, PAUSE_S, count_tokens, failure_of
from tollgate.providers.speech import Manner, plan
from tollgate.providers.transcription import CompatibleTranscription, segments_of
from tollgate.providers.waves import RATE, wav_of

_SAID: Final = "The gate opens when the toll is paid. Drive on."
_WORD_S: Final = 0.5
_TONE_S: Final = 0.05
_LOWEST_HZ: Final = 220.0
_LOUDNESS: Final = 8_000
_PIECE_BYTES: Final = 16_384
_TOKENS_PER_S: Final = 20
_BREAKS_AFTER: Final = 2


class SandboxSpeech:
    """The voice of nobody. A tone is a character."""

    manner: ClassVar[Manner] = Manner(formats=("wav", "pcm"))

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Speech`."""
        return plan(body, model, self.manner, is_strict=is_strict)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Sound, None]:
        """See `tollgate.providers.protocols.Speech`."""
        trick = request.model.upstream_model
        if error := failure_of(trick):
            raise error
        if trick == "empty":
            return
        body = request.body
        samples = samples_of(body["input"], body.get("speed") or 1.0)
        for place, piece in enumerate(_cut(samples if body["response_format"] == "pcm" else wav_of(samples))):
            if trick == "cut" and place == _BREAKS_AFTER:
                raise UpstreamInvalid("The provider closed the stream before finishing.", **FACTS)
            if trick == "slow":
                await asyncio.sleep(PAUSE_S)
            yield Sound(piece)
        if trick != "no-usage":
            seconds = len(samples) / (2 * RATE)
            yield Sound(usage=Usage(count_tokens(body["input"]), math.ceil(seconds * _TOKENS_PER_S)))


class SandboxTranscription(CompatibleTranscription):
    """Hears the same in every recording, a word in each half second."""

    async def transcribe(self, request: TranscriptionRequest) -> Transcript:
        """See `tollgate.providers.protocols.Transcription`."""
        trick = request.model.upstream_model
        if error := failure_of(trick):
            raise error
        if trick == "slow":
            await asyncio.sleep(PAUSE_S)
        words = [
            {"word": word, "start": place * _WORD_S, "end": (place + 1) * _WORD_S}
            for place, word in enumerate(_SAID.split())
        ]
        body: dict[str, Any] = {
            "text": _SAID,
            "language": "english",
            "duration": len(words) * _WORD_S,
            "words": words,
            "segments": segments_of(words, ["A"] * len(words)),
        }
        if trick != "no-usage" and request.model.price.unit == "token":
            audio = math.ceil(len(request.file.content) / 1000)
            details = {"text_tokens": 0, "audio_tokens": audio}
            body["usage"] = {
                "input_tokens": audio,
                "output_tokens": count_tokens(_SAID),
                "input_token_details": details,
            }
        return self.from_wire(body)

    async def stream(self, request: TranscriptionRequest) -> AsyncGenerator[Heard, None]:
        """See `tollgate.providers.protocols.Transcription`."""
        whole = await self.transcribe(request)
        for place, word in enumerate(_SAID.split()):
            if request.model.upstream_model == "cut" and place == _BREAKS_AFTER:
                raise UpstreamInvalid("The provider closed the stream before finishing.", **FACTS)
            yield Heard({"type": "transcript.text.delta", "delta": word if place == 0 else f" {word}"})
        yield Heard({"type": "transcript.text.done", "text": whole.text}, whole)


def samples_of(text: str, speed: float) -> bytes:
    """A tone for each character, the higher the later in the alphabet; a blank is silence."""
    count = int(RATE * _TONE_S / speed)
    return b"".join(_tone(ord(character) % 32 if character.strip() else None, count) for character in text)


@lru_cache(maxsize=256)
def _tone(height: int | None, count: int) -> bytes:
    if height is None:
        return bytes(2 * count)
    step = 2 * math.pi * _LOWEST_HZ * 2 ** (height / 12) / RATE
    return struct.pack(f"<{count}h", *(int(_LOUDNESS * math.sin(step * place)) for place in range(count)))


def _cut(content: bytes) -> Iterator[bytes]:
    yield from (content[start : start + _PIECE_BYTES] for start in range(0, len(content), _PIECE_BYTES))
