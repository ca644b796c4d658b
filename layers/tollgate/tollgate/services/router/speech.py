"""Speech in OpenAI's form."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from pydantic_core import to_json

from tollgate.contracts.answer import StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.contracts.router.audio import SpeechRequest
from tollgate.ledger.money import plain, shown
from tollgate.resources import Resources
from tollgate.services.speech import OpenSpeech, speak

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


async def create_speech(request: SpeechRequest, call: Call, resources: Resources) -> StreamedAnswer:
    """Speak a text: the sound as it comes, or events with the sound in base64 and the usage at the end.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    speech = await speak(request.model, call.body, call, resources)
    headers = dict(speech.admitted.headers)
    if request.stream_format == "sse":
        return StreamedAnswer(
            pieces=_events(speech),
            media_type="text/event-stream; charset=utf-8",
            headers={**headers, "cache-control": "no-cache, no-transform", "x-accel-buffering": "no"},
            piece_of_error=_event,
            keep_alive=b": keep-alive\n\n",
        )
    if speech.is_cost_known:
        headers["x-tollgate-cost"] = plain(speech.admitted.cost.total_usd)
    return StreamedAnswer(pieces=_audio(speech), media_type=MEDIA_TYPES[speech.format], headers=headers)


async def _audio(speech: OpenSpeech) -> AsyncGenerator[bytes, None]:
    async with aclosing(speech.sounds()) as sounds:
        async for sound in sounds:
            if sound.audio:
                yield sound.audio


async def _events(speech: OpenSpeech) -> AsyncGenerator[bytes, None]:
    async with aclosing(speech.sounds()) as sounds:
        async for sound in sounds:
            if sound.audio:
                yield _event({"type": "speech.audio.delta", "audio": b64encode(sound.audio).decode()})
    usage, cost = speech.admitted.usage, speech.admitted.cost
    yield _event(
        {
            "type": "speech.audio.done",
            "usage": {
                "input_tokens": usage.prompt_tokens,
                "output_tokens": usage.completion_tokens,
                "total_tokens": usage.total_tokens,
                "cost": shown(cost.total_usd),
            },
        }
    )


def _event(body: Mapping[str, Any]) -> bytes:
    return b"data: " + to_json(body) + b"\n\n"
