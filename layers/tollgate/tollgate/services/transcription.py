"""A recording written down: its worst case held, the provider asked, the bill settled."""

import math
from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import Plan
from tollgate.contracts.transcription import Heard, Transcript, TranscriptionRequest
from tollgate.contracts.upload import Upload
from tollgate.contracts.usage import Usage
from tollgate.errors import AudioTooLarge, BadRequest, ModelUnpriced, TollgateError
from tollgate.ledger.bounds import TOKENS_PER_ITEM, estimate_tokens
from tollgate.ledger.prices import Cost, cost_of, cost_of_units
from tollgate.ledger.worst_case import WorstCase, candidate_of, fixed
from tollgate.providers.protocols import Transcription
from tollgate.resources import Resources
from tollgate.services.calls import ModelCall, admit, find_model
from tollgate.services.gate import check_balance
from tollgate.services.recordings import Length, measure, named
from tollgate.services.subtitles import last_second

LARGEST_BYTES: Final = 25 * 1024 * 1024
"""Of a recording that is fetched."""
_FETCH_S: Final = 60.0
# No model takes more tokens for a second of sound, and nobody speaks more in one.
_MOST_TOKENS_PER_S: Final = 32
_MOST_WORDS_PER_S: Final = 10
# OpenAI's models that listen take ten.
_TOKENS_PER_S: Final = 10
_SECONDS: Final[Mapping[str, int]] = {"minute": 60, "second": 1}


class Listening:
    """One recording that is being written down."""

    def __init__(self, admitted: ModelCall, request: TranscriptionRequest, length: Length) -> None:
        self.admitted = admitted
        self.usage: dict[str, Any] = {}
        """What it came to, in OpenAI's words."""
        self._request = request
        self._length = length
        self._events: AsyncGenerator[Heard, None] | None = None
        self._first: Heard | None = None
        self._said = ""

    @property
    def response_format(self) -> str:
        """The format that was asked for."""
        return str(self._request.body["response_format"])

    async def whole(self, adapter: Transcription) -> Transcript:
        """All of it at once.

        Raises what the adapter raises.
        """
        transcript = await self.admitted.ask(lambda: adapter.transcribe(self._request))
        self._take(transcript, outcome="completed")
        return transcript

    async def begin(self, adapter: Transcription) -> None:
        """Wait for the first event, so that a failure before it can be told by a status.

        Raises what the adapter raises.
        """
        self._first = await self.admitted.ask(lambda: self._ask(adapter))
        self._hear(self._first, outcome="client_disconnected")

    async def events(self) -> AsyncGenerator[Mapping[str, Any], None]:
        """The events as they come; the last one with what it came to.

        Raises UpstreamError in the middle.
        """
        heard: Heard | None = self._first
        try:
            while heard is not None:
                self._hear(heard, outcome="client_disconnected" if heard.whole is None else "completed")
                yield heard.event if heard.whole is None else {**heard.event, "usage": self.usage}
                heard = None if self._events is None else await anext(self._events, None)
        except TollgateError:
            self._take(Transcript({"text": self._said}), outcome="upstream_error")
            raise

    async def close(self) -> None:
        """Stop the provider, should it still listen."""
        if self._events is not None:
            await self._events.aclose()

    async def _ask(self, adapter: Transcription) -> Heard:
        await self.close()
        self._events = adapter.stream(self._request)
        return await anext(self._events)

    def _hear(self, heard: Heard, *, outcome: str) -> None:
        if heard is not self._first or not self._said:
            self._said += str(heard.event.get("delta") or "")
        self._take(heard.whole or Transcript({"text": self._said}), outcome=outcome)

    def _take(self, transcript: Transcript, *, outcome: str) -> None:
        price = self._request.model.price
        seconds, is_told = self._seconds(transcript)
        usage = transcript.usage or self._estimated(transcript, seconds)
        if price.unit == "token":
            self.admitted.came_to(cost_of(usage, price), usage=usage, outcome=outcome)
        else:
            units = {"milliseconds": round(seconds * 1000)}
            cost = _cost_by_unit(seconds, self._request.model)
            self.admitted.came_to(cost, units=units, is_estimated=not is_told, outcome=outcome)
        self.usage = self._told(transcript.usage or (usage if price.unit == "token" else None), seconds)

    def _seconds(self, transcript: Transcript) -> tuple[float, bool]:
        """How long the recording was: as the provider says, else its header, else the last line; and whether told."""
        if transcript.seconds is not None:
            return transcript.seconds, True
        if not self._length.is_read and (last := last_second(transcript)):
            return last, False
        return self._length.seconds, False

    def _estimated(self, transcript: Transcript, seconds: float) -> Usage:
        listened = math.ceil(seconds * _TOKENS_PER_S)
        said = max(estimate_tokens(len(transcript.text.encode())), 1)
        return Usage(listened, said, prompt_audio_tokens=listened, is_estimated=True)

    def _told(self, usage: Usage | None, seconds: float) -> dict[str, Any]:
        cost = float(self.admitted.cost.total_usd)
        if usage is None:
            return {"type": "duration", "seconds": _number(seconds), "cost": cost}
        audio = usage.prompt_audio_tokens
        return {
            "type": "tokens",
            "input_tokens": usage.prompt_tokens,
            "input_token_details": {"text_tokens": max(usage.prompt_tokens - audio, 0), "audio_tokens": audio},
            "output_tokens": usage.completion_tokens,
            "total_tokens": usage.total_tokens,
            "cost": cost,
        }


async def listen(
    model_id: str, body: Mapping[str, Any], source: Upload | str, call: Call, resources: Resources
) -> tuple[Listening, Transcription, Plan]:
    """Admit a recording: what will listen to it, and how.

    `body` has OpenAI's fields, validated; `source` is the recording or its address.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, AudioTooLarge, Unavailable.
    """
    recording = source if isinstance(source, str) else named(source)
    model = find_model(model_id, "transcription", call, resources)
    adapter = resources.transcription(model)
    plan = adapter.plan(body, model, is_strict=body.get("drop_params") is False)
    if isinstance(recording, str):
        recording = await _fetched(recording, call, resources)
    length = measure(recording)
    admitted = await admit(model, plan, _worst_case(plan.body, model, length), call, resources)
    listening = Listening(admitted, TranscriptionRequest(model, plan.body, recording), length)
    # Before the bill is settled.
    call.later.insert(0, listening.close)
    return listening, adapter, plan


async def _fetched(url: str, call: Call, resources: Resources) -> Upload:
    from tollgate.stores.web import FetchedTooLarge  # noqa: PLC0415 - few recordings are sent by their address

    # Nobody fetches for an account that owns nothing.
    await check_balance(call, resources)
    try:
        found = await resources.web.fetch(url, param="file_url", limit_bytes=LARGEST_BYTES, timeout_s=_FETCH_S)
    except FetchedTooLarge as exc:
        raise AudioTooLarge(exc.message, param="file_url", metadata=exc.metadata) from exc
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    try:
        return named(Upload(name, found.media_type, found.content))
    except BadRequest as exc:
        exc.param = "file_url"
        raise


def _worst_case(body: Mapping[str, Any], model: Model, length: Length) -> WorstCase:
    if model.price.unit != "token":
        return fixed(_cost_by_unit(length.most_seconds, model).total_usd)
    words = [body.get("prompt") or "", *body.get("keywords", ()), *body.get("known_speaker_names", ())]
    candidate = candidate_of(
        model.price,
        prompt_tokens=length.most_seconds * _MOST_TOKENS_PER_S + len("".join(words).encode()) + TOKENS_PER_ITEM,
        max_output_tokens=max(model.max_output_tokens or 0, length.most_seconds * _MOST_WORDS_PER_S),
        with_audio_input=True,
    )
    # No provider can be told to stop earlier.
    return WorstCase((candidate,), is_capped_by_client=True)


def _cost_by_unit(seconds: float, model: Model) -> Cost:
    unit = model.price.unit
    if unit == "request":
        return cost_of_units(1, model.price)
    if unit not in _SECONDS:
        raise ModelUnpriced(f"'{model.id}' is priced by {unit}, by which no transcription can be charged.")
    return cost_of_units(Decimal(str(seconds)) / _SECONDS[unit], model.price)


def _number(seconds: float) -> int | float:
    return int(seconds) if seconds == int(seconds) else round(seconds, 3)
