"""Text: a prompt answered as a conversation."""

from typing import Any

from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.wpai.prompts import ModelConfig, PromptRequest
from tollgate.errors import UpstreamInvalid
from tollgate.ledger.money import plain
from tollgate.resources import Resources
from tollgate.services.candidates import Prompt
from tollgate.services.completions import complete
from tollgate.services.wpai.chat_answers import to_additional_data, to_candidates, to_token_usage
from tollgate.services.wpai.chat_requests import to_chat
from tollgate.services.wpai.generated import Generated
from tollgate.services.wpai.schemas import is_wrapped


async def generate_text(request: PromptRequest, model: Model, call: Call, resources: Resources) -> Generated:
    """Answer a prompt by a chat model.

    Raises BadRequest, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    body = to_chat(request, model)
    config = request.config or ModelConfig()
    completion, answered = await complete(
        Prompt(model=model.id, body=body, output_cap=config.max_tokens), call, resources
    )
    if not completion.choices:
        raise UpstreamInvalid("The provider answered without a choice.", provider=answered.model.provider)
    wanted = (body.get("response_format") or {}).get("json_schema")
    data: dict[str, Any] = {
        "object": "chat.completion",
        "created": int(resources.now().timestamp()),
        "model": completion.upstream_model or answered.model.upstream_model,
        **completion.extras,
        **to_additional_data(completion.choices),
    }
    return Generated(
        model=answered.model,
        candidates=to_candidates(
            completion.choices,
            is_wrapped=wanted is not None and is_wrapped(config.output_schema or {}),
            sound=(body.get("audio") or {}).get("format", "wav"),
        ),
        token_usage=to_token_usage(answered.usage),
        additional_data=data,
        headers={**answered.headers, "x-tollgate-cost": plain(answered.cost.total_usd)},
        id=completion.upstream_id,
    )
