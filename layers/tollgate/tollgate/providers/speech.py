"""Speech: what can be asked of a voice, and the vendors that are asked for it in OpenAI's words.

https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

import binascii
from base64 import b64decode
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar, Final, NamedTuple

from pydantic_core import from_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.speech import Sound, SpeechRequest
from tollgate.contracts.usage import Usage, is_count
from tollgate.errors import BadRequest, UnsupportedParameter
from tollgate.providers.connection import Connection
from tollgate.providers.events import Event, EventReader
from tollgate.providers.parameters import names_shown, refuse_dropped
from tollgate.providers.refusals import Rule

_USUAL: Final = "mp3"
_NEXT_BEST: Final = "wav"
_TUNING: Final = ("speed", "instructions")
_ROUTER: Final = frozenset({"drop_params", "input", "model", "response_format", "stream_format", "voice"})
_EVENTS: Final = "text/event-stream"


class Manner(NamedTuple):
    """How a vendor's models speak, unless the catalogue says otherwise of one."""

    formats: tuple[str, ...] = ("mp3", "opus", "aac", "flac", "wav", "pcm")
    voices: tuple[str, ...] = ("alloy",)
    """The first is the usual one."""
    has_other_voices: bool = True
    """Whether there are voices beside those, so that an unknown name is the vendor's to judge."""
    takes: frozenset[str] = frozenset({*_TUNING, "stream_format"})


def plan(body: JsonObject, model: Model, manner: Manner, *, is_strict: bool) -> Plan:
    """What of a request is sent: with a voice and a format in any case, without what the model has no parameter for.

    Raises UnsupportedParameter for a format or a stream that there is not, and, when `is_strict`, for what would be
    left out; BadRequest for a voice that there is not.
    """
    takes = manner.takes if model.supported_parameters is None else manner.takes & {*model.supported_parameters}
    if body.get("stream_format") == "sse" and "stream_format" not in takes:
        raise UnsupportedParameter(f"'{model.id}' does not stream events.", param="stream_format")
    kept: dict[str, Any] = {
        "input": body["input"],
        "voice": _voice(body.get("voice"), model, manner),
        "response_format": _format(body.get("response_format"), model, manner),
    }
    dropped = []
    for name in _TUNING:
        value = body.get(name)
        if name in takes and value is not None:
            kept[name] = value
        elif value is not None and (name, value) != ("speed", 1):
            dropped.append(name)
    dropped += names_shown(
        [name for name, value in body.items() if value is not None and name not in _ROUTER.union(_TUNING)]
    )
    if is_strict:
        refuse_dropped(dropped, model)
    return Plan(body=kept, dropped=tuple(dropped))


def _voice(wanted: Any, model: Model, manner: Manner) -> Any:
    voices = tuple(model.flags.get("voices") or manner.voices)
    if wanted is None:
        return voices[0]
    if manner.has_other_voices:
        return wanted
    name = wanted["id"] if isinstance(wanted, Mapping) else wanted
    found = next((voice for voice in voices if voice.lower() == name.lower()), None)
    if found is None:
        raise BadRequest(f"'{model.id}' has no such voice. It has {', '.join(voices)}.", param="voice")
    return found


def _format(wanted: str | None, model: Model, manner: Manner) -> str:
    formats = tuple(model.flags.get("audio_formats") or manner.formats)
    if wanted is None:
        return next((name for name in (_USUAL, _NEXT_BEST) if name in formats), formats[0])
    if wanted not in formats:
        raise UnsupportedParameter(
            f"'{model.id}' does not make '{wanted}'. It makes {', '.join(formats)}.", param="response_format"
        )
    return wanted


class CompatibleSpeech:
    """Speech in OpenAI's language. A vendor overrides what it does differently, and nothing else."""

    manner: ClassVar[Manner] = Manner()
    rules: tuple[Rule, ...] = ()

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Speech`."""
        return plan(body, model, self.manner, is_strict=is_strict)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Sound, None]:
        """See `tollgate.providers.protocols.Speech`."""
        reader, is_over = EventReader(), True
        pieces = self._connection.pieces(
            self.path(request), self.to_wire(request), headers=self.headers, rules=self.rules, takes=("audio", _EVENTS)
        )
        async with aclosing(pieces):
            async for media_type, piece in pieces:
                if media_type != _EVENTS:
                    yield Sound(piece)
                    continue
                is_over = False
                for event in reader.feed(piece) if piece else reader.close():
                    sound, is_over = self._heard(event)
                    if sound.audio or sound.usage:
                        yield sound
                    if is_over:
                        return
        if not is_over:
            raise self._connection.invalid("The provider closed the stream before finishing.")

    def path(self, request: SpeechRequest) -> str:  # noqa: ARG002 - some vendors have the model in it
        """Where the request goes, below the base URL."""
        return "/audio/speech"

    def headers(self, key: str) -> Mapping[str, str]:
        """The provider's own headers."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def to_wire(self, request: SpeechRequest) -> dict[str, Any]:
        """Our request as their body. The sound alone tells no usage, so events are asked for where it is the bill."""
        body = {"model": request.model.upstream_model, **request.body}
        if request.is_paid_by_token and "stream_format" in self.manner.takes:
            body["stream_format"] = "sse"
        return body

    def _heard(self, event: Event) -> tuple[Sound, bool]:
        try:
            told = from_json(event.data)
            if not isinstance(told, dict) or told.get("error") or told.get("type") == "error":
                raise self._connection.error_in(told if "error" in told else {"error": told}, self.rules)
            return from_wire(told)
        except ValueError as exc:
            raise self._connection.invalid("The provider's stream cannot be read.") from exc


def from_wire(event: Mapping[str, Any]) -> tuple[Sound, bool]:
    """An event as a piece of sound or as usage, and whether it is the last. What nobody has defined says nothing.

    Raises ValueError for sound that is not base64.
    """
    match event.get("type"):
        case "speech.audio.delta":
            try:
                return Sound(b64decode(event["audio"], validate=True)), False
            except (KeyError, TypeError, binascii.Error) as exc:
                raise ValueError("no base64") from exc
        case "speech.audio.done":
            return Sound(usage=usage_from_wire(event.get("usage"))), True
    return Sound(), False


def usage_from_wire(usage: Any) -> Usage | None:
    """The counts of speech; None where they cannot be used."""
    if not isinstance(usage, Mapping):
        return None
    counts = [usage.get(name) for name in ("input_tokens", "output_tokens")]
    if not all(is_count(count) for count in counts):
        return None
    return Usage(prompt_tokens=counts[0] or 0, completion_tokens=counts[1] or 0)
