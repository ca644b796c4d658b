"""A catalogue entry: a model as JSON says it, and as the rooms use it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tollgate.contracts.catalogue import Model, Price, Rates

Entry = Mapping[str, Any]

# What an entry says about a model in words of its own; everything else in it is a flag of the provider's adapter.
_WORDS: Final = frozenset(
    {
        "context",
        "context_length",
        "created",
        "description",
        "enabled",
        "fallbacks",
        "id",
        "input_modalities",
        "inputs",
        "max_output",
        "max_output_tokens",
        "name",
        "output_modalities",
        "outputs",
        "owned_by",
        "pricing",
        "provider",
        "supported_parameters",
        "type",
        "upstream_model",
    }
)
_RATES: Final = ("input", "output", "cached_input", "cache_write", "input_audio", "output_audio", "training")


def to_model(entry: Entry) -> Model:
    """The entry as a model. Rates are read from their text, so that they are exact."""
    model_id = entry["id"]
    provider = entry.get("provider") or model_id.partition("/")[0]
    return Model(
        id=model_id,
        provider=provider,
        upstream_model=entry.get("upstream_model") or model_id.partition("/")[2],
        type=entry.get("type", "chat"),
        name=entry.get("name") or model_id,
        description=entry.get("description") or "",
        created=entry.get("created") or 0,
        owned_by=entry.get("owned_by") or provider,
        context_length=entry.get("context_length") or entry.get("context"),
        max_output_tokens=entry.get("max_output_tokens") or entry.get("max_output"),
        input_modalities=tuple(entry.get("input_modalities") or entry.get("inputs") or ("text",)),
        output_modalities=tuple(entry.get("output_modalities") or entry.get("outputs") or ("text",)),
        supported_parameters=_words(entry.get("supported_parameters")),
        price=to_price(entry.get("pricing") or {}),
        enabled=entry.get("enabled", True),
        fallbacks=tuple(entry.get("fallbacks") or ()),
        flags={name: value for name, value in entry.items() if name not in _WORDS and value is not None},
    )


def to_price(pricing: Mapping[str, Any]) -> Price:
    """The `pricing` of an entry."""
    unit, per = pricing.get("unit", "token"), int(pricing.get("per") or 1_000_000)
    return Price(
        unit=unit,
        per=per,
        rates=_rates(pricing),
        above=tuple(
            (int(step["prompt_tokens"]), _rates({**pricing, **step}))
            for step in sorted(pricing.get("above") or (), key=lambda step: int(step["prompt_tokens"]))
        ),
        service_tiers={
            name: to_price({"unit": unit, "per": per, **tier})
            for name, tier in (pricing.get("service_tiers") or {}).items()
        },
    )


def _rates(values: Mapping[str, Any]) -> Rates:
    return Rates(**{name: _decimal(values.get(name)) for name in _RATES})


def _decimal(value: Any) -> Decimal | None:
    # A float's shortest text is the number that was written down; its binary value is not.
    return None if value is None else Decimal(str(value))


def _words(values: Any) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
