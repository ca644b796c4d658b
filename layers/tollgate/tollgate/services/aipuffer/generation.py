"""Text for AI Puffer's clients."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tollgate.contracts.aipuffer.generation import GenerateTextRequest, Message
from tollgate.contracts.aipuffer.providers import Vendor
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.errors import BadRequest, ModelNotFound
from tollgate.ledger.money import plain
from tollgate.resources import Resources
from tollgate.services.aipuffer.answers import text_of, usage_of
from tollgate.services.aipuffer.models import find_named, vendor_of
from tollgate.services.aipuffer.texts import HELPER, clean, filled_in, is_blank, local_time
from tollgate.services.aipuffer.upstream import TEXT, no_longer_than, told_as
from tollgate.services.candidates import Prompt
from tollgate.services.completions import complete

LONGEST_S: Final = 60.0
_MOST_TOKENS: Final = 128_000
_EFFORTS: Final = frozenset({"none", "minimal", "low", "medium", "high", "xhigh"})
_NUMBER: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


async def generate_text(request: GenerateTextRequest, call: Call, resources: Resources) -> Answer:
    """Answer a conversation by the model of the provider that is named.

    Raises InvalidParams, BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    if is_blank(request.model):
        raise BadRequest("Missing parameter: model.", code="rest_aipkit_missing_param", param="model")
    if not request.messages:
        raise BadRequest("'messages' has no message.", code="rest_aipkit_invalid_param", param="messages")
    if request.stream:
        raise BadRequest("Nothing streams here.", code="rest_aipkit_streaming_not_supported", param="stream")
    vendor = vendor_of(request.provider, resources)
    now = local_time(resources.now(), resources.settings.time_zone)
    told, said = sorted_out(request.messages, filled_in(clean(request.system_instruction), now))
    if not said:
        raise BadRequest(
            "messages[0] is blank, and so are all others.", code="rest_aipkit_invalid_message_format", param="messages"
        )
    body, cap = tuning(request.ai_params)
    body["messages"] = [{"role": "system", "content": told}, *said]
    with told_as(TEXT, request.provider):
        model = named(vendor, request.model, "chat", resources)
        async with no_longer_than(LONGEST_S, call, vendor.provider):
            completion, answered = await complete(Prompt(model=model.id, body=body, output_cap=cap), call, resources)
    content = {
        "content": text_of(completion, vendor),
        "usage": usage_of(answered.reported),
        "provider": vendor.label,
        "model": request.model,
    }
    return Answer(content=content, headers={**answered.headers, "x-tollgate-cost": plain(answered.cost.total_usd)})


def named(vendor: Vendor, name: str, kind: str, resources: Resources) -> Model:
    """The model that a provider calls so.

    Raises ModelNotFound.
    """
    model = find_named(vendor, name, kind, resources)
    if model is None:
        raise ModelNotFound(f"{vendor.label} has no model '{name[:200]}' on this gateway.", param="model")
    return model


def sorted_out(messages: Sequence[Message], instruction: str) -> tuple[str, list[dict[str, str]]]:
    """What the model is told first, and what has been said: `system` messages count where there is no instruction."""
    cleaned = [(message.role, clean(message.content)) for message in messages]
    systems = [text for role, text in cleaned if role == "system" and text]
    said = [{"role": role, "content": text} for role, text in cleaned if role != "system" and text]
    return instruction or "\n\n".join(systems) or HELPER, said


def tuning(params: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """`ai_params` in OpenAI's words, and the longest answer in tokens. What is beyond its limits is brought within."""
    # Some models take one of the two alone: what was asked for goes before the default.
    body: dict[str, Any] = {} if "top_p" in params else {"temperature": 1.0}
    if "temperature" in params:
        body["temperature"] = min(max(_number(params["temperature"]), 0.0), 2.0)
    if "top_p" in params:
        body["top_p"] = min(max(_number(params["top_p"]), 0.0), 1.0)
    stop = params.get("stop")
    stops = [one for one in (stop if isinstance(stop, list) else [stop]) if isinstance(one, str) and one]
    if stops:
        body["stop"] = stops
    reasoning = params.get("reasoning")
    if isinstance(reasoning, Mapping) and reasoning.get("effort") in _EFFORTS:
        body["reasoning_effort"] = reasoning["effort"]
    longest = params.get("max_completion_tokens")
    cap = None if longest is None else int(min(max(_number(longest), 1), _MOST_TOKENS))
    return body, cap


def _number(value: Any) -> float:
    """A value as PHP reads a number: what is none is nought."""
    if isinstance(value, str):
        match = _NUMBER.match(value)
        return float(match[0]) if match else 0.0
    return float(value) if isinstance(value, int | float) else 0.0
