"""Speech of Gemini: https://ai.google.dev/gemini-api/docs/speech-generation .

Streams of sound have been reported to break off after a minute, so the whole is asked for at once.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any, ClassVar, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.speech import Sound, SpeechRequest
from tollgate.errors import ContentFiltered
from tollgate.providers.connection import Connection
from tollgate.providers.google import RULES, headers_of, path_of
from tollgate.providers.google_answer import FINISH_REASONS, invalid, usage_from_wire
from tollgate.providers.speech import Manner, plan
from tollgate.providers.waves import RATE, wav_of

# https://ai.google.dev/gemini-api/docs/speech-generation#voices
_VOICES: Final = (
    "Zephyr Puck Charon Kore Fenrir Leda Orus Aoede Callirrhoe Autonoe Enceladus Iapetus Umbriel Algieba Despina "
    "Erinome Algenib Rasalgethi Laomedeia Achernar Alnilam Schedar Gacrux Pulcherrima Achird Zubenelgenubi "
    "Vindemiatrix Sadachbia Sadaltager Sulafat"
)
_RATE: Final = re.compile(r"rate=(\d+)")


class GoogleSpeech:
    """Speech of Gemini."""

    manner: ClassVar[Manner] = Manner(
        formats=("wav", "pcm"),
        voices=tuple(_VOICES.split()),
        has_other_voices=False,
        takes=frozenset({"stream_format"}),
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Speech`."""
        return plan(body, model, self.manner, is_strict=is_strict)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Sound, None]:
        """See `tollgate.providers.protocols.Speech`."""
        answer, _ = await self._connection.post(
            path_of(request.model, "generateContent"), to_wire(request), headers=headers_of, rules=RULES
        )
        if answer.get("error"):
            raise self._connection.error_in(answer, RULES)
        yield from_wire(answer, request.body["response_format"])


def to_wire(request: SpeechRequest) -> dict[str, Any]:
    """Our request as a prompt to be read out."""
    generation: dict[str, Any] = {
        "responseModalities": ["AUDIO"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": request.voice}}},
    }
    if request.model.max_output_tokens is not None:
        generation["maxOutputTokens"] = request.model.max_output_tokens
    return {"contents": [{"role": "user", "parts": [{"text": request.body["input"]}]}], "generationConfig": generation}


def from_wire(body: Mapping[str, Any], response_format: str) -> Sound:
    """Their samples in the format that was asked for.

    Raises ContentFiltered, UpstreamInvalid.
    """
    samples, rate = b"", RATE
    try:
        for part in _parts(body):
            samples += b64decode(part["data"], validate=True)
            told = _RATE.search(part.get("mimeType") or "")
            rate = int(told[1]) if told else rate
    except (AttributeError, KeyError, TypeError, binascii.Error) as exc:
        raise invalid("The provider's answer cannot be read.") from exc
    if not samples:
        raise invalid("The provider's answer holds no sound.")
    if response_format == "pcm" and rate != RATE:
        raise invalid(f"The provider's sound has {rate} samples a second.")
    sound = samples if response_format == "pcm" else wav_of(samples, rate)
    return Sound(sound, usage_from_wire(body.get("usageMetadata")))


def _parts(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The sound in an answer; a filter that left none is told.

    Raises ContentFiltered.
    """
    reason = (body.get("promptFeedback") or {}).get("blockReason")
    for candidate in body.get("candidates") or ():
        finish = candidate.get("finishReason")
        if FINISH_REASONS.get(finish) == "content_filter":
            reason = reason or finish
        for part in (candidate.get("content") or {}).get("parts") or ():
            if "inlineData" in part:
                yield part["inlineData"]
                return
    if reason:
        raise ContentFiltered(
            "The provider's content filter refused the text.",
            metadata={"provider": "google", "upstream_status": 200, "upstream_code": str(reason)},
        )
