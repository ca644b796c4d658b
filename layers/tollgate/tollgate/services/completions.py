"""One conversation, from a caller to a provider and back: planned, held for, answered, and billed.

Every family of APIs comes through here with the same kind of request, and differs only in how it reads and writes it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from msgspec.structs import replace

from tollgate.auth.keys import hash_user
from tollgate.contracts.accounts import Hold
from tollgate.contracts.caller import Call
from tollgate.contracts.chat import Completion, Delta
from tollgate.errors import StreamTimeout, TollgateError
from tollgate.ledger.bounds import PromptSize, measure
from tollgate.ledger.worst_case import WorstCase, candidate_of
from tollgate.resources import Resources
from tollgate.services.answered import Answered
from tollgate.services.attempts import Attempts
from tollgate.services.candidates import (
    Candidate,
    Candidates,
    Prompt,
    choose,
    has_images_by_address,
    with_images_inline,
)
from tollgate.services.fan_out import complete_each, stream_each
from tollgate.services.gate import check_balance, release, reserve, settle
from tollgate.services.structured import complete_checked, stream_checked
from tollgate.services.tuned_models import look_up

STREAM_LIFETIME_S: Final = 15 * 60
_LAST_WORDS_S: Final = 5.0
"""What a stream leaves of the function's time to say that it ends, and to settle."""
_CHECKPOINT_EVERY_S: Final = 30.0
_INSTRUCTION_BYTES: Final = 100
"""What asking for JSON in words adds to a prompt, beside the schema."""
# Fields that name an end user. A provider gets a hash of them, so that it can tell users apart and learn nothing else.
_USER_FIELDS: Final = ("user", "safety_identifier", "prompt_cache_key")


class OpenStream:
    """A stream that has begun. Iterate over it once; the bill is settled after the answer, however it ended."""

    def __init__(
        self, answered: Answered, deltas: AsyncGenerator[Delta, None], call: Call, resources: Resources
    ) -> None:
        self.answered = answered
        self._call = call
        self._deltas = deltas
        self._resources = resources
        self._first: asyncio.Task[Delta] | None = None
        self._pending: asyncio.Task[Delta] | None = None
        """What is being waited for from a provider that has to be heard out."""
        self._has_begun = False
        self._checkpoints: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
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
                        delta = await (waiting if waiting is not None else self._arriving())
                except StopAsyncIteration:
                    _see_pace(self.answered, self._loop.time() - self._began, self._resources)
                    return
                except TimeoutError as exc:
                    raise StreamTimeout(
                        "The stream reached its lifetime.", provider=self.answered.model.provider
                    ) from exc
                waiting = None
                self._begin()
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
                self._begin()
                self.answered.outcome = "client_disconnected"
                self.answered.take(self._first.result())
        if self.answered.outcome == "client_disconnected" and self._has_to_be_heard_out:
            await self._hear_out()
        await self._deltas.aclose()
        if self._checkpoints:
            await asyncio.wait(self._checkpoints)
        if self._has_begun:
            await settle(self.answered.hold, self.answered.bill(), self._resources)
        else:
            await release(self.answered.hold, self._resources)

    def _begin(self) -> None:
        self._has_begun = True
        self._call.is_charged = True

    async def _arriving(self) -> Delta:
        if not self._has_to_be_heard_out:
            return await self._next()
        # A client that goes takes what waits for the next piece along, and must not take the piece.
        self._pending = self._loop.create_task(self._next())
        delta = await asyncio.shield(self._pending)
        self._pending = None
        return delta

    @property
    def _has_to_be_heard_out(self) -> bool:
        return self.answered.attempts.candidate.plan.bills_after_disconnect

    async def _hear_out(self) -> None:
        """Read a stream that nobody listens to any more: its provider bills it all the same, and says how much."""
        with suppress(TollgateError, StopAsyncIteration, TimeoutError):
            async with asyncio.timeout(lifetime_s(self._call)):
                if self._pending is not None:
                    self.answered.take(await self._pending)
                async for delta in self._deltas:
                    self.answered.take(delta)

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
    answered = await _admit(prompt, call, resources)

    async def ask(candidate: Candidate) -> Completion:
        answer = _asking(candidate, answered)
        if (schema := candidate.plan.answer_schema) is not None:
            return await complete_checked(answer, schema, provider=candidate.model.provider)
        return await answer()

    try:
        began = time.monotonic()
        completion = await answered.attempts.complete(ask)
    except BaseException:
        call.later.append(lambda: release(answered.hold, resources))
        raise
    call.is_charged = True
    answered.take_whole(completion)
    _see_pace(answered, time.monotonic() - began, resources)
    call.later.append(lambda: settle(answered.hold, answered.bill(), resources))
    call.facts["answered"] = answered
    return completion, answered


async def open_stream(prompt: Prompt, call: Call, resources: Resources) -> OpenStream:
    """Answer a conversation in pieces: a stream whose first piece has come, or whose upstream takes its time.

    Raises as `complete` does.
    """
    answered = await _admit(prompt, call, resources)

    def ask(candidate: Candidate) -> AsyncGenerator[Delta, None]:
        if (schema := candidate.plan.answer_schema) is not None:
            return stream_checked(_asking(candidate, answered), schema, provider=candidate.model.provider)
        return stream_each(candidate.adapter.stream, candidate.request(answered.output_cap), candidate.plan.calls)

    stream = OpenStream(answered, answered.attempts.stream(ask), call, resources)
    call.later.append(stream.finish)
    await stream.wait_for_first(resources.settings.first_event_wait_s)
    call.facts["answered"] = answered
    return stream


def _asking(candidate: Candidate, answered: Answered) -> Callable[[], Awaitable[Completion]]:
    request = candidate.request(answered.output_cap)
    return lambda: complete_each(candidate.adapter.complete, request, candidate.plan.calls)


def lifetime_s(call: Call) -> float:
    """How long a stream may last: its own limit, or what the function has left of its time."""
    return min(STREAM_LIFETIME_S, call.time_left_s - _LAST_WORDS_S)


async def _admit(prompt: Prompt, call: Call, resources: Resources) -> Answered:
    body = _without_names(prompt.body, call.caller.account_id)
    size = measure(body)
    await look_up((prompt.model, *(prompt.models or ())), call, resources)
    candidates = choose(prompt, body, size, call, resources)
    if not all(one.plan.fetches_images for one in candidates.chosen) and has_images_by_address(body):
        # Nobody fetches for an account that owns nothing.
        await check_balance(call, resources)
        candidates = await with_images_inline(candidates, resources)
    worst = _worst_case(prompt, size, candidates.chosen)
    (hold, tokens), order = await _together(
        reserve(
            worst,
            model=candidates.chosen[0].model.id,
            call=call,
            resources=resources,
            prompt_tokens=size.estimate(),
        ),
        _by_health(candidates, resources),
    )
    call.facts["hold_usd"] = str(hold.amount_usd)
    return Answered(
        attempts=Attempts(order, call, resources, is_listed=prompt.models is not None, skipped=candidates.skipped),
        hold=hold,
        output_cap=tokens,
        size=size,
        metadata=prompt.metadata,
    )


async def _by_health(candidates: Candidates, resources: Resources) -> Sequence[Candidate]:
    """The candidates, with those last whose provider keeps failing."""
    chosen = candidates.chosen
    if len(chosen) == 1:
        return chosen
    cooling = await resources.cooldowns.cooling({one.model.provider for one in chosen}, resources.now())
    return sorted(chosen, key=lambda one: one.model.provider in cooling)


async def _together(
    reserving: Coroutine[Any, Any, tuple[Hold, int]], ordering: Coroutine[Any, Any, Sequence[Candidate]]
) -> tuple[tuple[Hold, int], Sequence[Candidate]]:
    """Both at once: who is asked first need not delay the hold."""
    order = asyncio.ensure_future(ordering)
    try:
        held = await reserving
    except BaseException:
        order.cancel()
        raise
    return held, await order


def _worst_case(prompt: Prompt, size: PromptSize, candidates: Sequence[Candidate]) -> WorstCase:
    return WorstCase(
        candidates=tuple(
            candidate_of(
                candidate.model.price,
                prompt_tokens=_prompt_bound(size, candidate),
                max_output_tokens=candidate.max_output_tokens,
                choices=max(prompt.body.get("n") or 1, candidate.plan.calls),
                extra_output_tokens=candidate.plan.extra_output_tokens,
                service_tier=candidate.plan.body.get("service_tier"),
                with_audio_input=size.audio_bytes > 0,
                with_audio_output="audio" in (prompt.body.get("modalities") or ()),
            )
            for candidate in candidates
        ),
        is_capped_by_client=prompt.output_cap is not None,
    )


def _prompt_bound(size: PromptSize, candidate: Candidate) -> int:
    model, plan = candidate.model, candidate.plan
    if plan.answer_schema is not None:
        size = replace(size, items=size.items + 1, text_bytes=size.text_bytes + _INSTRUCTION_BYTES)
    # An emulated `n` sends the prompt as often.
    return plan.calls * size.bound(
        tokens_per_image=plan.tokens_per_image,
        tokens_for_tools=plan.tokens_for_tools,
        context_length=model.context_length,
    )


def _see_pace(answered: Answered, took_s: float, resources: Resources) -> None:
    resources.pace.saw_tokens(answered.model.id, answered.usage.completion_tokens, took_s)


def _without_names(body: Mapping[str, Any], account_id: str) -> Mapping[str, Any]:
    named = {field: hash_user(account_id, body[field]) for field in _USER_FIELDS if body.get(field)}
    return {**body, **named} if named else body
