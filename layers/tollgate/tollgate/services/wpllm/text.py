"""Text for a prompt, whole or as it is written."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from typing import Any, Final

from pydantic_core import to_json

from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.contracts.usage import Usage
from tollgate.contracts.wpllm.text import SiteContext, TextRequest
from tollgate.errors import ContextLengthExceeded, TollgateError, UpstreamInvalid
from tollgate.ledger.bounds import estimate_tokens
from tollgate.ledger.money import plain
from tollgate.resources import Resources
from tollgate.services.candidates import Prompt
from tollgate.services.completions import OpenStream, complete, lifetime_s, open_stream
from tollgate.services.events import announced
from tollgate.services.wpllm.fences import Unfenced, without_fence
from tollgate.services.wpllm.models import find_text_model

USUAL_TOKENS: Final = 2_048
USUAL_TEMPERATURE: Final = 0.7
_TASK: Final = (
    "You write for WordPress: PHP, JavaScript, CSS and JSON as its coding standards have them, with input sanitized, "
    "output escaped, nonces and capabilities checked, and texts translatable. Where code is asked for, answer with the "
    "code alone, ready to be saved to a file: no Markdown fence, no explanation outside its comments."
)
_REASONS: Final = frozenset({"stop", "length", "content_filter"})
_EVENTS: Final = "text/event-stream"
_LINES: Final = "application/x-ndjson"


async def write_text(request: TextRequest, call: Call, resources: Resources) -> Answer | StreamedAnswer:
    """Write a text, at once or as it is written.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    if request.stream:
        return await stream_text(request, call, resources)
    prompt = await _prompt(request, call, resources)
    head = _head(prompt.model, resources)
    async with announced("generation", {**head, "prompt": request.prompt}, call, resources, started=head) as event:
        completion, answered = await complete(prompt, call, resources)
        if not completion.choices:
            raise UpstreamInvalid("The provider answered without a choice.", provider=answered.model.provider)
        choice = completion.choices[0]
        text = without_fence(_text_of(choice.get("message") or {}))
        head["model"] = answered.model.id
        usage, reason = _usage(answered.usage), _reason(choice.get("finish_reason"))
        event |= {**head, "completion": text, "usage": usage, "finish_reason": reason}
    return Answer(
        {**head, "choices": [{"index": 0, "text": text, "finish_reason": reason}], "usage": usage},
        headers={**answered.headers, "x-tollgate-cost": plain(answered.cost.total_usd)},
    )


async def stream_text(request: TextRequest, call: Call, resources: Resources) -> StreamedAnswer:
    """Write a text, in JSON lines as it is written; in events for a client that would rather have these.

    Raises as `write_text` does.
    """
    prompt = await _prompt(request, call, resources)
    head = _head(prompt.model, resources)
    about = partial(announced, "generation", {**head, "prompt": request.prompt}, call, resources, started=head)
    try:
        stream = await open_stream(prompt, call, resources)
    except TollgateError:
        async with about():
            raise
    head["model"] = stream.answered.model.id
    as_events = _prefers_events(call.headers.get("accept", ""))
    write = _event if as_events else _line
    options = request.stream_options
    pieces = _pieces(stream, head, lifetime_s(call), about(), with_usage=bool(options and options.include_usage))
    return StreamedAnswer(
        pieces=_written(pieces, as_events=as_events),
        media_type=f"{_EVENTS if as_events else _LINES}; charset=utf-8",
        headers={**stream.answered.headers, "cache-control": "no-cache", "x-accel-buffering": "no"},
        piece_of_error=write,
        keep_alive=b": keep-alive\n\n" if as_events else b"",
    )


async def _prompt(request: TextRequest, call: Call, resources: Resources) -> Prompt:
    model = await find_text_model(request.model, call, resources)
    system = _TASK + _about(request.context)
    prompt_tokens = estimate_tokens(len(system.encode()) + len(request.prompt.encode()))
    window = model.context_length
    room = USUAL_TOKENS if window is None else window - prompt_tokens
    wanted = request.max_tokens or max(min(USUAL_TOKENS, room), 1)
    if wanted > room and window is not None:
        asked = prompt_tokens + wanted
        raise ContextLengthExceeded(
            f"'{model.id}' has room for {window} tokens; the prompt and the longest answer have {asked} together.",
            param="prompt",
            metadata={"max_tokens": window, "request_tokens": asked, "excess_tokens": asked - window},
        )
    body: dict[str, Any] = {
        "model": model.id,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": request.prompt}],
        "max_completion_tokens": wanted,
        "temperature": USUAL_TEMPERATURE if request.temperature is None else request.temperature,
    }
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.stop:
        body["stop"] = request.stop
    return Prompt(model.id, body, output_cap=wanted)


def _about(context: SiteContext | None) -> str:
    """The site in words. What it is called is data: a name cannot end the sentence that it is in."""
    facts = context.model_dump(exclude_none=True) if context else {}
    return f" The site that it is for, as JSON: {to_json(facts).decode()}" if facts else ""


async def _pieces(
    stream: OpenStream,
    head: Mapping[str, Any],
    lifetime: float,
    about: AbstractAsyncContextManager[dict[str, Any]],
    *,
    with_usage: bool,
) -> AsyncGenerator[dict[str, Any], None]:
    unfenced, reason, texts = Unfenced(), None, []
    async with about as event:
        try:
            async with aclosing(stream.deltas(lifetime)) as deltas:
                async for delta in deltas:
                    for choice in delta.choices:
                        reason = choice.get("finish_reason") or reason
                        if text := unfenced.feed(_text_of(choice.get("delta") or {})):
                            texts.append(text)
                            yield {**head, "choices": [_part({"text": text})]}
        except TollgateError:
            if text := unfenced.give_up():
                yield {**head, "choices": [_part({"text": text})]}
            raise
        if text := unfenced.close():
            texts.append(text)
            yield {**head, "choices": [_part({"text": text})]}
        yield {**head, "choices": [_part({}, _reason(reason))]}
        usage = _usage(stream.answered.usage)
        event |= {**head, "completion": "".join(texts), "usage": usage, "finish_reason": _reason(reason)}
    if with_usage:
        yield {**head, "choices": [], "usage": usage}


async def _written(pieces: AsyncGenerator[dict[str, Any], None], *, as_events: bool) -> AsyncGenerator[bytes, None]:
    write = _event if as_events else _line
    async with aclosing(pieces):
        async for piece in pieces:
            yield write(piece)
    if as_events:
        yield b"data: [DONE]\n\n"


def _head(model_id: str, resources: Resources) -> dict[str, Any]:
    created = int(resources.now().timestamp())
    return {"id": resources.new_id("gen"), "object": "text_generation", "created": created, "model": model_id}


def _part(delta: Mapping[str, str], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _text_of(message: Mapping[str, Any]) -> str:
    """What a message or a piece of one says; a refusal is what is said as well."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return str(content or message.get("refusal") or "")


def _reason(reason: str | None) -> str:
    return reason if reason in _REASONS else "stop"


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


def _prefers_events(accept: str) -> bool:
    """Whether events are named before JSON lines, or alone."""
    types = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return _EVENTS in types and (_LINES not in types or types.index(_EVENTS) < types.index(_LINES))


def _line(body: Mapping[str, Any]) -> bytes:
    return to_json(body) + b"\n"


def _event(body: Mapping[str, Any]) -> bytes:
    return b"data: " + to_json(body) + b"\n\n"
