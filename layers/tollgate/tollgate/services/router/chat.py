"""Chat completions in OpenAI's form."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from decimal import Decimal
from functools import partial
from typing import Any

from pydantic_core import to_json

from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.contracts.router.chat import ChatCompletionRequest, MaxPrice, ProviderPreferences
from tollgate.errors import TollgateError
from tollgate.ledger.money import plain, shown
from tollgate.providers.tool_ids import is_safe, new_call_id
from tollgate.resources import Resources
from tollgate.services.answered import Answered
from tollgate.services.candidates import Preferences, Prompt
from tollgate.services.completions import OpenStream, complete, lifetime_s, open_stream
from tollgate.services.router.chunks import DONE, ChunkWriter
from tollgate.services.router.functions import expects_function_call, is_older_form, to_function_call, to_tools


async def create_chat_completion(
    request: ChatCompletionRequest, call: Call, resources: Resources
) -> Answer | StreamedAnswer:
    """Answer a conversation, at once or as it is written.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    with_functions = expects_function_call(call.body)
    prompt = Prompt(
        model=request.model,
        body=to_tools(call.body) if is_older_form(call.body) else call.body,
        output_cap=request.output_cap,
        is_strict=request.drop_params is False,
        metadata=request.metadata,
        models=request.models,
        preferences=_preferences(request.provider),
    )
    completion_id, created = resources.new_id("chatcmpl").replace("_", "-", 1), int(resources.now().timestamp())
    if request.stream:
        stream = await open_stream(prompt, call, resources)
        new_writer = partial(
            ChunkWriter,
            completion_id=completion_id,
            created=created,
            with_usage=bool(request.stream_options and request.stream_options.include_usage),
            with_functions=with_functions,
        )
        return StreamedAnswer(
            pieces=_pieces(stream, new_writer, lifetime_s(call)),
            media_type="text/event-stream; charset=utf-8",
            headers={**stream.answered.headers, "cache-control": "no-cache, no-transform", "x-accel-buffering": "no"},
            piece_of_error=lambda error: _error_event(error, completion_id),
            keep_alive=b": keep-alive\n\n",
        )
    completion, answered = await complete(prompt, call, resources)
    return Answer(
        content={
            "id": completion_id,
            "object": "chat.completion",
            "created": created,
            "model": answered.model.id,
            "choices": [_choice(choice, with_functions=with_functions) for choice in completion.choices],
            "usage": usage_with_cost(answered),
            **completion.extras,
        },
        headers={**answered.headers, "x-tollgate-cost": plain(answered.cost.total_usd)},
    )


def usage_with_cost(answered: Answered) -> dict[str, Any]:
    """OpenAI's usage object, and what the account is charged for it."""
    cost = answered.cost
    return {
        **answered.usage.counts(),
        "cost": shown(cost.total_usd),
        "cost_details": {
            "input": shown(cost.input_usd),
            "output": shown(cost.output_usd),
            "estimated": answered.usage.is_estimated,
        },
    }


def _preferences(sent: ProviderPreferences | None) -> Preferences:
    if sent is None:
        return Preferences()
    most = sent.max_price or MaxPrice()
    return Preferences(
        order=sent.order or (),
        only=sent.only,
        ignore=sent.ignore or (),
        allow_fallbacks=sent.allow_fallbacks is not False,
        require_parameters=bool(sent.require_parameters),
        sort=sent.sort,
        max_prompt_usd=None if most.prompt is None else Decimal(str(most.prompt)),
        max_completion_usd=None if most.completion is None else Decimal(str(most.completion)),
    )


async def _pieces(
    stream: OpenStream, new_writer: Callable[..., ChunkWriter], lifetime: float
) -> AsyncGenerator[bytes, None]:
    writer: ChunkWriter | None = None
    try:
        async with aclosing(stream.deltas(lifetime)) as deltas:
            async for delta in deltas:
                # Only now is it known who answers.
                writer = writer or new_writer(model=stream.answered.model.id)
                if piece := writer.write(delta):
                    yield piece
    except TollgateError as exc:
        exc.metadata["usage"] = usage_with_cost(stream.answered)
        raise
    writer = writer or new_writer(model=stream.answered.model.id)
    yield writer.usage(usage_with_cost(stream.answered)) + DONE


def _error_event(error_body: Mapping[str, Any], completion_id: str) -> bytes:
    return b"data: " + to_json({**error_body, "id": completion_id}) + b"\n\n" + DONE


def _choice(choice: Mapping[str, Any], *, with_functions: bool) -> dict[str, Any]:
    given = choice.get("message") or {}
    message = {"role": "assistant", "content": None, "refusal": None, "annotations": [], **given}
    reason = choice.get("finish_reason") or "stop"
    if message.get("tool_calls"):
        message["tool_calls"] = _tool_calls(message["tool_calls"])
        if reason == "stop":
            reason = "tool_calls"
    elif message["content"] is None and not message["refusal"] and "audio" not in message:
        message["content"] = ""
    message = {name: value for name, value in message.items() if value is not None or name in {"content", "refusal"}}
    whole = {**choice, "message": message, "logprobs": choice.get("logprobs"), "finish_reason": reason}
    return to_function_call(whole, "message") if with_functions else whole


def _tool_calls(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: set[str] = set()
    result = []
    for call in calls:
        call_id = call.get("id")
        if not is_safe(call_id) or call_id in seen:
            call_id = new_call_id()
        seen.add(str(call_id))
        changed = {**call, "id": call_id, "type": call.get("type") or "function"}
        if "function" in call:
            arguments = call["function"].get("arguments")
            text = arguments if isinstance(arguments, str) else to_json(arguments or {}).decode()
            changed["function"] = {**call["function"], "arguments": text or "{}"}
        result.append(changed)
    return result
