"""Speech of xAI, which has a language of its own: https://docs.x.ai/docs/guides/voice ."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.speech import Sound, SpeechRequest
from tollgate.providers.connection import Connection
from tollgate.providers.speech import Manner, plan
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
