"""Transcriptions in OpenAI's form."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from pydantic_core import to_json

from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.contracts.router.audio import TranscriptionRequest
from tollgate.contracts.transcription import Transcript
from tollgate.errors import UpstreamInvalid
from tollgate.ledger.money import plain
from tollgate.resources import Resources
from tollgate.services.subtitles import to_srt, to_vtt
from tollgate.services.transcription import Listening, listen

_TEXT: Final = "text/plain; charset=utf-8"
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "json": ("text", "logprobs", "languages"),
    "verbose_json": ("task", "language", "duration", "text", "words", "segments"),
    "diarized_json": ("task", "duration", "text", "segments"),
}
_DONE: Final = b"data: [DONE]\n\n"


async def create_transcription(
    request: TranscriptionRequest, call: Call, resources: Resources
) -> Answer | StreamedAnswer:
    """Write a recording down, at once or as the words are found.

    Raises BadRequest, InvalidMultipart, NotFound, Forbidden, PaymentRequired, AudioTooLarge, Unavailable,
    UpstreamError.
    """
    asked = request.model_dump(exclude_none=True, exclude={"file", "file_url", "model"})
    others = {name: value for name, value in call.body.items() if name not in TranscriptionRequest.model_fields}
    body = {**others, **asked}
    source = request.file or request.file_url or ""
    listening, adapter, plan = await listen(request.model, body, source, call, resources)
    headers = dict(listening.admitted.headers)
    if plan.body.get("stream"):
        await listening.begin(adapter)
        return StreamedAnswer(
            pieces=_events(listening),
            media_type="text/event-stream; charset=utf-8",
            headers={**headers, "cache-control": "no-cache, no-transform", "x-accel-buffering": "no"},
            piece_of_error=lambda error: _event("error", error),
            keep_alive=b": keep-alive\n\n",
        )
    transcript = await listening.whole(adapter)
    headers |= listening.admitted.headers
    headers["x-tollgate-cost"] = plain(listening.admitted.cost.total_usd)
    if listening.response_format in _FIELDS:
        return Answer(written(transcript, listening.response_format) | {"usage": listening.usage}, headers=headers)
    return Answer(_text_of(transcript, listening).encode(), headers=headers, media_type=_TEXT)


def written(transcript: Transcript, response_format: str) -> dict[str, Any]:
    """What was said, with the fields of a format as far as they are known."""
    known: dict[str, Any] = {"task": "transcribe", "duration": transcript.seconds, **transcript.body}
    if response_format == "diarized_json":
        known["segments"] = [
            {"type": "transcript.text.segment", **segment}
            for segment in known.get("segments") or ()
            if isinstance(segment, Mapping)
        ]
    return {name: known[name] for name in _FIELDS[response_format] if known.get(name) is not None}


def _text_of(transcript: Transcript, listening: Listening) -> str:
    match listening.response_format:
        case "srt":
            text = transcript.subtitles or to_srt(transcript)
        case "vtt":
            text = transcript.subtitles or to_vtt(transcript)
        case _:
            return transcript.text.rstrip("\n") + "\n"
    if text is None and transcript.text:
        provider = listening.admitted.model.provider
        raise UpstreamInvalid("The provider told no times.", provider=provider, metadata={"provider": provider})
    return text or ""


async def _events(listening: Listening) -> AsyncGenerator[bytes, None]:
    async with aclosing(listening.events()) as events:
        async for event in events:
            yield _event(str(event["type"]), event)
    yield _DONE


def _event(name: str, body: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: ".encode() + to_json(body) + b"\n\n"
