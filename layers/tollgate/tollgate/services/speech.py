"""A text spoken: its worst case held, the voice asked, the sound passed on as it comes, the bill settled."""

import math
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.speech import Sound, SpeechRequest
from tollgate.contracts.usage import Usage
from tollgate.errors import ModelUnpriced, TollgateError, UpstreamInvalid
from tollgate.ledger.bounds import TOKENS_PER_ITEM, estimate_tokens
from tollgate.ledger.prices import Cost, cost_of, cost_of_units
from tollgate.ledger.worst_case import WorstCase, candidate_of, fixed
from tollgate.providers.protocols import Speech
from tollgate.resources import Resources
from tollgate.services.calls import ModelCall, admit, find_model

# 4,096 characters read slowly, at 21 tokens a second.
_UNKNOWN_MAX_TOKENS: Final = 16_384
# For a bill that the provider said nothing about: people read 14 characters a second.
_TOKENS_PER_S: Final = 21
_CHARACTERS_PER_S: Final = 14
# Of the formats as OpenAI makes them; what is squeezed varies, so that these are the usual figures.
_BYTES_PER_S: Final[Mapping[str, int]] = {
    "pcm": 48_000,
    "wav": 48_000,
    "flac": 24_000,
    "mp3": 16_000,
    "aac": 16_000,
    "opus": 4_000,
}


class OpenSpeech:
    """A text that is being spoken. The first piece of sound has come."""

    def __init__(self, admitted: ModelCall, request: SpeechRequest, adapter: Speech) -> None:
        self.admitted = admitted
        self._request = request
        self._adapter = adapter
        self._bytes = 0
        self._sounds = adapter.speak(request)
        self._first = Sound()

    @property
    def format(self) -> str:
        """The format of the sound."""
        return str(self._request.body["response_format"])

    @property
    def is_cost_known(self) -> bool:
        """Whether what will be charged is known already."""
        return not self._request.is_paid_by_token or self._first.usage is not None

    async def begin(self) -> None:
        """Wait for the first sound, so that a failure before it can be told by a status.

        Raises what the adapter raises.
        """
        self._first = await self.admitted.ask(self._ask)
        # Whoever goes away now has had the provider speak.
        self._take(self._first, outcome="client_disconnected")

    async def sounds(self) -> AsyncGenerator[Sound, None]:
        """The pieces of sound as they come, and usage where it is told.

        Raises UpstreamError in the middle.
        """
        try:
            yield self._first
            async for sound in self._sounds:
                self._take(sound, outcome="client_disconnected")
                yield sound
        except TollgateError:
            self._take(Sound(), outcome="upstream_error")
            raise
        self._take(Sound(), outcome="completed")

    async def close(self) -> None:
        """Stop the provider, should it still speak."""
        await self._sounds.aclose()

    async def _ask(self) -> Sound:
        await self.close()
        self._sounds = self._adapter.speak(self._request)
        usage = None
        async for sound in self._sounds:
            usage = sound.usage or usage
            if sound.audio:
                return sound._replace(usage=usage)
        provider = self._request.model.provider
        raise UpstreamInvalid(
            "The provider answered with no sound.", provider=provider, metadata={"provider": provider}
        )

    def _take(self, sound: Sound, *, outcome: str) -> None:
        self._bytes += len(sound.audio)
        usage = sound.usage or (None if self.admitted.usage.is_estimated else self.admitted.usage)
        if usage is None or not usage.total_tokens:
            usage = self._estimated()
        body, model = self._request.body, self._request.model
        if self._request.is_paid_by_token:
            self.admitted.came_to(cost_of(usage, model.price), usage=usage, outcome=outcome)
            return
        units = {"characters": len(body["input"])} if model.price.unit == "character" else {"requests": 1}
        self.admitted.came_to(_cost_by_unit(body, model), units=units, outcome=outcome)

    def _estimated(self) -> Usage:
        """About what was used so far: never more than so many bytes of sound are, nor than the text is when read."""
        body = self._request.body
        seconds = min(self._bytes / _BYTES_PER_S[self.format], len(body["input"]) / _CHARACTERS_PER_S)
        spoken = math.ceil(seconds * _TOKENS_PER_S)
        return Usage(estimate_tokens(_text_bytes(body)), max(spoken, 1), is_estimated=True)


async def speak(model_id: str, body: Mapping[str, Any], call: Call, resources: Resources) -> OpenSpeech:
    """Have a text spoken. `body` has OpenAI's fields, validated, and whatever else the client sent.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    model = find_model(model_id, "speech", call, resources)
    adapter = resources.speech(model)
    plan = adapter.plan(body, model, is_strict=body.get("drop_params") is False)
    admitted = await admit(model, plan, _worst_case(plan.body, model), call, resources)
    speech = OpenSpeech(admitted, SpeechRequest(model, plan.body), adapter)
    # Before the bill is settled.
    call.later.insert(0, speech.close)
    await speech.begin()
    return speech


def _worst_case(body: Mapping[str, Any], model: Model) -> WorstCase:
    if model.price.unit != "token":
        return fixed(_cost_by_unit(body, model).total_usd)
    candidate = candidate_of(
        model.price,
        prompt_tokens=_text_bytes(body) + TOKENS_PER_ITEM,
        max_output_tokens=model.max_output_tokens or _UNKNOWN_MAX_TOKENS,
        with_audio_output=True,
    )
    # No provider can be told to stop earlier.
    return WorstCase((candidate,), is_capped_by_client=True)


def _cost_by_unit(body: Mapping[str, Any], model: Model) -> Cost:
    match model.price.unit:
        case "character":
            return cost_of_units(len(body["input"]), model.price)
        case "request":
            return cost_of_units(1, model.price)
    raise ModelUnpriced(f"'{model.id}' is priced by {model.price.unit}, by which no speech can be charged.")


def _text_bytes(body: Mapping[str, Any]) -> int:
    return len(body["input"].encode()) + len((body.get("instructions") or "").encode())
