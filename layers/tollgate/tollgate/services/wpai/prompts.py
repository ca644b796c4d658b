"""Prompts, answered by the model that fits."""

import asyncio
from importlib import import_module
from typing import Any

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.wpai.prompts import PromptRequest
from tollgate.errors import BadRequest, UpstreamTimeout
from tollgate.resources import Resources
from tollgate.services.completions import lifetime_s
from tollgate.services.wpai.generated import Generated
from tollgate.services.wpai.metadata import model_metadata, provider_metadata
from tollgate.services.wpai.selection import GENERATORS, Chosen, choose_model


async def generate_result(request: PromptRequest, call: Call, resources: Resources) -> Answer:
    """Answer a prompt by the model that it names, or by the first that can do all that it asks for.

    Raises InvalidParams, MissingParams, BadRequest, AnswerTooLarge, Forbidden, PaymentRequired, Unavailable,
    UpstreamError.
    """
    for place, message in (("first", request.messages[0]), ("last", request.messages[-1])):
        if message.role != "user":
            raise BadRequest(f"The {place} message must be from a user.", param="messages")
    chosen = await choose_model(request, call, resources)
    generated = await _in_time(chosen, request, call, resources)
    provider = resources.providers[generated.model.provider]
    content: dict[str, Any] = {
        "id": generated.id or resources.new_id("gen"),
        "candidates": generated.candidates,
        "tokenUsage": generated.token_usage,
        "providerMetadata": provider_metadata(provider),
        "modelMetadata": model_metadata(generated.model),
        "additionalData": generated.additional_data,
    }
    return Answer(content=content, headers=generated.headers)


async def _in_time(chosen: Chosen, request: PromptRequest, call: Call, resources: Resources) -> Generated:
    module, _, name = GENERATORS[chosen.capability].partition(":")
    generate = getattr(import_module(f"tollgate.services.wpai.{module}"), name)
    wanted_s = request.request_options.timeout if request.request_options else None
    # A timeout of zero is none.
    longest_s = min(wanted_s or lifetime_s(call), lifetime_s(call))
    try:
        async with asyncio.timeout(longest_s):
            generated: Generated = await generate(request, chosen.model, call, resources)
    except TimeoutError as exc:
        raise UpstreamTimeout(
            f"The answer took longer than {longest_s:g} seconds.", provider=chosen.model.provider
        ) from exc
    return generated
