"""One conversation, from a caller to a provider and back: planned, held for, answered, and billed.

Every family of APIs comes through here with the same kind of request, and differs only in how it reads and writes it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from pydantic_core import to_json

from tollgate.auth.keys import hash_user
from tollgate.auth.scope import allows
from tollgate.contracts.accounts import Hold
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, Plan
from tollgate.contracts.usage import Usage
from tollgate.errors import ModelNotAllowed, ModelUnpriced, StreamTimeout, TollgateError, WrongEndpoint
from tollgate.ledger.bounds import PromptSize, estimate_tokens, measure
from tollgate.ledger.prices import Cost, cost_of
from tollgate.ledger.worst_case import WorstCase, candidate_of
from tollgate.providers.protocols import Chat
from tollgate.resources import Resources
from tollgate.services.fan_out import complete_each, stream_each
from tollgate.services.gate import Bill, release, reserve, settle

STREAM_LIFETIME_S: Final = 15 * 60
_LAST_WORDS_S: Final = 5.0
"""What a stream leaves of the function's time to say that it ends, and to settle."""
_CHECKPOINT_EVERY_S: Final = 30.0
# Models whose output the catalogue does not bound are rare and old.
_UNKNOWN_MAX_OUTPUT: Final = 4_096
# Fields that name an end user. A provider gets a hash of them, so that it can tell users apart and learn nothing else.
_USER_FIELDS: Final = ("user", "safety_identifier", "prompt_cache_key")
_ENDPOINTS: Final = {
    "chat": "/v1/chat/completions",
    "embedding": "/v1/embeddings",
    "image": "/v1/images/generations",
    "speech": "/v1/audio/speech",
    "transcription": "/v1/audio/transcriptions",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation as a family hands it over: OpenAI's words, validated, and what was said about the answer."""

    model: str
    body: Mapping[str, Any]
    output_cap: int | None = None
    is_strict: bool = False
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    model: Model
    adapter: Chat
    plan: Plan
    max_output_tokens: int


@dataclass(slots=True)
class Answered:
    """What is known of an answer, as it grows: who gives it, under which cap, what it used, how it ended."""

    model: Model
    hold: Hold
    max_output_tokens: int
    dropped: tuple[str, ...]
    size: PromptSize
    service_tier: str | None
    details: dict[str, Any]
    attempts: int = 1
    text_bytes: int = 0
    reported: Usage | None = None
    outcome: str = "completed"

    @property
    def headers(self) -> dict[str, str]:
        """What the client gets to know beside the answer."""
        headers = {
            "x-tollgate-model": self.model.id,
            "x-tollgate-provider": self.model.provider,
            "x-tollgate-attempts": str(self.attempts),
            "x-tollgate-max-output-tokens": str(self.max_output_tokens),
        }
        if self.dropped:
            headers["x-tollgate-dropped-params"] = ",".join(self.dropped)
        return headers

    @property
    def usage(self) -> Usage:
        """What the provider reported, else what was counted here."""
        if self.reported is not None:
            return self.reported
        return Usage(
            prompt_tokens=self.size.estimate(tokens_per_image=_tokens_per_image(self.model)),
            completion_tokens=estimate_tokens(self.text_bytes),
            is_estimated=True,
        )

    @property
    def cost(self) -> Cost:
        """What the usage so far costs, never more than is held for it."""
        cost = cost_of(self.usage, self.model.price.for_tier(self.service_tier))
        if cost.total_usd <= self.hold.amount_usd:
            return cost
        return Cost(min(cost.input_usd, self.hold.amount_usd), max(self.hold.amount_usd - cost.input_usd, Decimal(0)))

    def take(self, delta: Delta) -> None:
        """Count a piece of the answer."""
        for choice in delta.choices:
            self.text_bytes += _bytes_of(choice.get("delta") or {})
        if delta.usage is not None:
            self.reported = delta.usage
        if delta.extras and "service_tier" in delta.extras:
            self.service_tier = delta.extras["service_tier"]
        if delta.upstream_id and "upstream_request_id" not in self.details:
            self.details["upstream_request_id"] = delta.upstream_id
            self.details["upstream_model"] = delta.upstream_model or self.model.upstream_model

    def bill(self) -> Bill:
        """The bill of the call as it stands."""
        usage = self.usage
        # Uncapped, so that an overrun is seen where it is settled.
        cost = cost_of(usage, self.model.price.for_tier(self.service_tier))
        if usage.upstream_cost_usd is not None:
            self.details["upstream_cost_usd"] = str(usage.upstream_cost_usd)
        return Bill(
            cost_usd=cost.total_usd,
            usage=usage.counts(),
            outcome=self.outcome,
            model=self.model.id,
            is_estimated=usage.is_estimated,
            details=self.details,
        )


class OpenStream:
    """A stream that has begun. Iterate over it once; the bill is settled after the answer, however it ended."""

    def __init__(self, answered: Answered, deltas: AsyncGenerator[Delta, None], resources: Resources) -> None:
        self.answered = answered
        self._deltas = deltas
        self._resources = resources
        self._first: asyncio.Task[Delta] | None = None
        self._has_begun = False
        self._checkpoints: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._next_checkpoint = self._loop.time() + _CHECKPOINT_EVERY_S

    async def wait_for_first(self, patience_s: float) -> None:
        """Wait for the first piece, so that an early failure can still be told by a status; not forever.

        Raises what the provider's stream raises.
        """
        self._first = self._loop.create_task(self._next())
        done, _ = await asyncio.wait({self._first}, timeout=patience_s)
        if done and (exc := self._first.exception()):
            raise exc

    async def deltas(self, lifetime_s: float) -> AsyncGenerator[Delta, None]:
        """The pieces of the answer.

        Raises UpstreamError in the middle, StreamTimeout when the stream reaches its lifetime.
        """
        ends_at = self._loop.time() + lifetime_s
        waiting = self._first
        try:
            while True:
                try:
                    async with asyncio.timeout_at(ends_at):
                        delta = await (waiting if waiting is not None else self._next())
                except StopAsyncIteration:
                    return
                except TimeoutError as exc:
                    raise StreamTimeout(
                        "The stream reached its lifetime.", provider=self.answered.model.provider
                    ) from exc
                waiting = None
                self._has_begun = True
                self.answered.take(delta)
                if self._loop.time() > self._next_checkpoint:
                    self._checkpoint()
                yield delta
        except (asyncio.CancelledError, GeneratorExit):
            self.answered.outcome = "client_disconnected"
            raise
        except TollgateError:
            self.answered.outcome = "upstream_error"
            raise

    async def finish(self) -> None:
        """Stop the provider, and settle: usage so far once there was an answer, nothing where there was none."""
        if self._first is not None:
            self._first.cancel()
            await asyncio.wait({self._first})
            if not self._has_begun and not self._first.cancelled() and self._first.exception() is None:
                # The client went away before it was sent what had already come.
                self._has_begun = True
                self.answered.outcome = "client_disconnected"
                self.answered.take(self._first.result())
        await self._deltas.aclose()
        if self._checkpoints:
            await asyncio.wait(self._checkpoints)
        if self._has_begun:
            await settle(self.answered.hold, self.answered.bill(), self._resources)
        else:
            await release(self.answered.hold, self._resources)

    async def _next(self) -> Delta:
        return await anext(self._deltas)

    def _checkpoint(self) -> None:
        self._next_checkpoint = self._loop.time() + _CHECKPOINT_EVERY_S
        cost_usd = self.answered.cost.total_usd
        task = self._loop.create_task(self._resources.accounts.checkpoint(self.answered.hold, cost_usd))
        self._checkpoints.add(task)
        task.add_done_callback(self._checkpoints.discard)


async def complete(prompt: Prompt, call: Call, resources: Resources) -> tuple[Completion, Answered]:
    """Answer a conversation at once.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    candidate, answered = await _admit(prompt, call, resources)
    try:
        completion = await complete_each(
            candidate.adapter.complete, _request(candidate, answered.max_output_tokens), candidate.plan.calls
        )
    except BaseException:
        call.later.append(_bound(release, answered.hold, resources))
        raise
    answered.take(_as_delta(completion))
    call.later.append(lambda: settle(answered.hold, answered.bill(), resources))
    _note(call, answered)
    return completion, answered


async def open_stream(prompt: Prompt, call: Call, resources: Resources) -> OpenStream:
    """Answer a conversation in pieces: a stream whose first piece has come, or whose upstream takes its time.

    Raises as `complete` does.
    """
    candidate, answered = await _admit(prompt, call, resources)
    deltas = stream_each(
        candidate.adapter.stream, _request(candidate, answered.max_output_tokens), candidate.plan.calls
    )
    stream = OpenStream(answered, deltas, resources)
    call.later.append(stream.finish)
    await stream.wait_for_first(resources.settings.first_event_wait_s)
    _note(call, answered)
    return stream


def lifetime_s(call: Call) -> float:
    """How long a stream may last: its own limit, or what the function has left of its time."""
    return min(STREAM_LIFETIME_S, call.time_left_s - _LAST_WORDS_S)


async def _admit(prompt: Prompt, call: Call, resources: Resources) -> tuple[_Candidate, Answered]:
    model = resources.catalogue.find(prompt.model)
    if not allows(call.caller.scope, model.id):
        raise ModelNotAllowed(f"This key may not use '{model.id}'.", param="model")
    body = _without_names(prompt.body, call.caller.account_id)
    size = measure(body)
    candidate = _plan(prompt, body, size, model, resources)
    worst = _worst_case(prompt, size, (candidate,))
    hold, tokens = await reserve(worst, model=model.id, call=call, resources=resources)
    call.facts["hold_usd"] = str(hold.amount_usd)
    return candidate, Answered(
        model=model,
        hold=hold,
        max_output_tokens=min(tokens, candidate.max_output_tokens),
        dropped=candidate.plan.dropped,
        size=size,
        service_tier=body.get("service_tier"),
        details={"provider": model.provider, **({"metadata": dict(prompt.metadata)} if prompt.metadata else {})},
    )


def _plan(prompt: Prompt, body: Mapping[str, Any], size: PromptSize, model: Model, resources: Resources) -> _Candidate:
    if model.type != "chat":
        endpoint = _ENDPOINTS.get(model.type, "")
        raise WrongEndpoint(
            f"'{model.id}' is not a chat model.{f' Call {endpoint}.' if endpoint else ''}",
            param="model",
            metadata={"endpoint": endpoint},
        )
    if not model.price.is_quoted:
        raise ModelUnpriced(f"'{model.id}' has no price on this gateway, so it cannot be called.")
    adapter = resources.chat(model)
    plan = adapter.plan(body, model, is_strict=prompt.is_strict)
    longest = _longest_output(model, size)
    if prompt.output_cap is not None and prompt.output_cap > longest:
        # The model would refuse the request for it; the header with the applied cap tells the client.
        plan = replace(plan, dropped=(*plan.dropped, "max_completion_tokens"))
    return _Candidate(model, adapter, plan, min(prompt.output_cap or longest, longest))


def _longest_output(model: Model, size: PromptSize) -> int:
    longest = model.max_output_tokens or model.context_length or _UNKNOWN_MAX_OUTPUT
    if model.context_length is None:
        return longest
    # Prompt and answer share the window. Three bytes a token is short for prose and about right for code.
    prompt_tokens = size.text_bytes // 3 + size.items * 4
    return max(min(longest, model.context_length - prompt_tokens), min(longest, 256))


def _worst_case(prompt: Prompt, size: PromptSize, candidates: tuple[_Candidate, ...]) -> WorstCase:
    return WorstCase(
        candidates=tuple(
            candidate_of(
                candidate.model.price,
                prompt_tokens=size.bound(
                    tokens_per_image=_tokens_per_image(candidate.model),
                    context_length=candidate.model.context_length,
                    tokens_for_tools=int(candidate.model.flags.get("tokens_for_tools", 0)),
                )
                # An emulated `n` sends the prompt as often.
                * candidate.plan.calls,
                max_output_tokens=candidate.max_output_tokens,
                choices=max(prompt.body.get("n") or 1, candidate.plan.calls),
                extra_output_tokens=candidate.model.flags.get("reasoning_max") or 0
                if candidate.model.flags.get("reasoning_in_output") is False
                else 0,
                service_tier=prompt.body.get("service_tier"),
                with_audio_input=size.audio_bytes > 0,
                with_audio_output="audio" in (prompt.body.get("modalities") or ()),
            )
            for candidate in candidates
        ),
        is_capped_by_client=prompt.output_cap is not None,
    )


def _request(candidate: _Candidate, max_output_tokens: int) -> ChatRequest:
    return ChatRequest(
        model=candidate.model,
        body=candidate.plan.body,
        max_output_tokens=max_output_tokens,
        user=candidate.plan.body.get("user") or candidate.plan.body.get("safety_identifier"),
    )


def _without_names(body: Mapping[str, Any], account_id: str) -> Mapping[str, Any]:
    named = {field: hash_user(account_id, body[field]) for field in _USER_FIELDS if body.get(field)}
    return {**body, **named} if named else body


def _tokens_per_image(model: Model) -> int:
    return int(model.flags.get("tokens_per_image", 6_000))


def _bytes_of(message: Mapping[str, Any]) -> int:
    total = 0
    for name in ("content", "refusal", "reasoning_content"):
        if text := message.get(name):
            total += len(text) if text.isascii() else len(text.encode())
    for tool_call in message.get("tool_calls") or ():
        called = tool_call.get("function") or tool_call.get("custom") or {}
        for name in ("name", "arguments", "input"):
            if value := called.get(name):
                # Some providers give the arguments as an object.
                total += len(value.encode() if isinstance(value, str) else to_json(value))
    return total


def _as_delta(completion: Completion) -> Delta:
    return Delta(
        [{"delta": choice.get("message")} for choice in completion.choices],
        completion.usage,
        completion.extras,
        completion.upstream_id,
        completion.upstream_model,
    )


def _note(call: Call, answered: Answered) -> None:
    call.facts["model"] = answered.model.id
    call.facts["provider"] = answered.model.provider
    call.facts["answered"] = answered


def _bound(
    function: Callable[[Hold, Resources], Coroutine[Any, Any, None]], hold: Hold, resources: Resources
) -> Callable[[], Coroutine[Any, Any, None]]:
    return lambda: function(hold, resources)
