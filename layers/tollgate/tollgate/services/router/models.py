"""The catalogue, as much of it as a key may use."""

import hashlib
from decimal import Decimal
from typing import Any
from zlib import crc32

from pydantic_core import to_json

from tollgate.auth.capabilities import may
from tollgate.catalogue.catalogue import unknown_model
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.router.models import ModelListQuery
from tollgate.errors import InvalidModelId
from tollgate.providers.registry import Provider
from tollgate.resources import Resources
from tollgate.services.gate import check_balance
from tollgate.services.specifications import permission_of, specifications_of
from tollgate.services.tuned_models import find, look_up, may_use, tuned_models
from tollgate.stores.aws import AwsError, AwsUnavailable

_CACHE = {"cache-control": "private, max-age=60"}


async def list_models(query: ModelListQuery, call: Call, resources: Resources) -> Answer:
    """Every model that the key may use, by id, in one body for OpenAI's clients and for puq.ai's.

    Raises InsufficientBalance, where listing is gated.
    """
    await _check_balance(call, resources)
    configured = await _configured(resources)
    models = [
        model
        # Those of the account's own come last.
        for model in (*resources.catalogue.all(), *await tuned_models(call, resources))
        if may_use(call, model) and query.provider in {None, model.provider} and query.type in {None, model.type}
    ]
    content = to_json(
        {
            "object": "list",
            "data": [model_entry(model, configured) for model in models if model.enabled],
            "models": [
                _puq_model(model, resources.providers.get(model.provider), configured)
                for model in models
                if model.enabled or query.enabled != "1"
            ],
        }
    )
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**_CACHE, "etag": tag}
    if call.headers.get("if-none-match") == tag:
        return Answer(content=b"", status=304, headers=headers)
    return Answer(content=content, headers=headers)


async def get_model(model_id: str, call: Call, resources: Resources) -> Answer:
    """One model that the key may use.

    Raises ModelNotFound; InsufficientBalance, where listing is gated.
    """
    await _check_balance(call, resources)
    await look_up([model_id], call, resources)
    try:
        model = find(model_id, call, resources)
    except InvalidModelId as exc:
        raise unknown_model(model_id) from exc
    if not may_use(call, model):
        raise unknown_model(model_id)
    entry = model_entry(model, await _configured(resources))
    if (specifications := specifications_of(model)) is not None:
        entry["specifications"] = specifications
    return Answer(content=entry, headers=_CACHE)


def model_entry(model: Model, configured: frozenset[str] | None) -> dict[str, Any]:
    """A model in the fields that the clients of OpenAI, the router and WP LLM read: a `ModelEntry`.

    `configured` are the ids of the providers that can be asked; None where that is not known.
    """
    rates = model.price.rates
    pricing = {
        "unit": model.price.unit,
        "per": model.price.per,
        "currency": "USD",
        "input": _number(rates.input),
        "output": _number(rates.output),
    }
    optional = {
        "cached_input": rates.cached_input,
        "cache_write": rates.cache_write,
        "input_audio": rates.input_audio,
        "output_audio": rates.output_audio,
    }
    pricing |= {name: _number(rate) for name, rate in optional.items() if rate is not None}
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": model.owned_by,
        "name": model.name,
        "description": model.description,
        "type": model.type,
        "context_length": model.context_length,
        "max_output_tokens": model.max_output_tokens,
        "input_modalities": list(model.input_modalities),
        "output_modalities": list(model.output_modalities),
        "supported_parameters": list(model.supported_parameters or ()),
        "pricing": pricing,
        "provider": model.provider,
        "available": None if configured is None else model.provider in configured,
        "permission": permission_of(model),
        "root": model.root or model.id,
        "parent": model.parent,
    }


async def _check_balance(call: Call, resources: Resources) -> None:
    # Who runs the gateway may see what it offers before there is any money on it.
    if resources.settings.is_listing_gated and not may(call.caller.capabilities, "operate"):
        await check_balance(call, resources)


async def _configured(resources: Resources) -> frozenset[str] | None:
    try:
        return await resources.configured_providers()
    except (AwsError, AwsUnavailable):
        # What is offered is known all the same.
        return None


def _puq_model(model: Model, provider: Provider | None, configured: frozenset[str] | None) -> dict[str, Any]:
    rates = model.price.rates
    name = provider.name if provider else model.provider
    return {
        "id": crc32(model.id.encode()),
        "name": model.name,
        "description": model.description,
        "code": model.id,
        "status": int(model.enabled),
        "input_price": _number(rates.input),
        "output_price": _number(rates.output),
        "provider": {
            "id": crc32(model.provider.encode()),
            "name": name,
            "description": f"{name} provider",
            "code": model.provider,
            "status": int(configured is None or model.provider in configured),
        },
    }


def _number(rate: Decimal | None) -> float | None:
    return None if rate is None else float(rate)
