"""What genai-prices says that a model costs, in the words of a catalogue entry."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import ROUND_UP, Decimal
from typing import Any, Final

from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

Steps = dict[int, dict[str, Decimal]]
"""Rates by the length of the prompt above which they hold; the plain ones are at zero."""

_TOKENS: Final = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
}
_RATES: Final[Mapping[str, Mapping[str, str]]] = {
    "chat": _TOKENS,
    "embedding": {"input_mtok": "input"},
    # All that an image model writes is charged as an image: text beside it is little, and no usage tells it apart.
    "image": {
        "input_mtok": "input",
        "output_mtok": "output",
        "output_image_mtok": "output",
        "cache_read_mtok": "cached_input",
    },
    "speech": {"input_mtok": "input", "output_mtok": "output"},
    "transcription": {"input_mtok": "input", "output_mtok": "output", "input_audio_mtok": "input_audio"},
}
# Tools of a provider that the gateway does not pass on, and kinds of tokens that no usage tells apart.
_NEVER_CHARGED: Final = frozenset(
    {
        "cache_audio_read_mtok",
        "cache_write_1h_mtok",
        "code_executions_kcount",
        "social_searches_kcount",
        "storage_searches_kcount",
        "web_searches_kcount",
    }
)
# What the gateway's endpoint for a kind of model never sends or gets.
_NOT_USED: Final[Mapping[str, frozenset[str]]] = {
    "embedding": frozenset(
        {"output_mtok", "cache_read_mtok", "input_audio_mtok", "input_image_mtok", "input_video_mtok"}
    ),
    "image": frozenset({"input_image_mtok", "cache_image_read_mtok"}),
}
# A unit other than a token: its name, how many of them a rate is for, and how many of those genai-prices counts in one.
_UNITS: Final[Mapping[str, tuple[str, int, int]]] = {
    "input_mchars": ("character", 1_000, 1_000),
    "audio_hours": ("minute", 1, 60),
    "input_audio_hours": ("minute", 1, 60),
}
_SMALLEST: Final = Decimal("0.000001")
_MTOK: Final = 1_000_000


class Unpriced(Exception):
    """The data holds no price that the gateway could charge; the message says why."""


def pricing(model: ModelInfo, kind: str, *, on: date, with_tiers: bool) -> dict[str, Any]:
    """The `pricing` of an entry, with the prices in force on a day.

    `with_tiers` adds those of the service tiers that cost something else. Where the price depends on the time of day,
    every rate is the dearest of the day.

    Raises Unpriced.
    """
    prices = _in_force(model, on)
    keys = {key for price in prices for key in _keys(price)} - _NEVER_CHARGED - _NOT_USED.get(kind, frozenset())
    if units := keys & _UNITS.keys():
        if keys != units or len({_UNITS[key] for key in units}) > 1:
            raise Unpriced(f"has more than one unit: {', '.join(sorted(keys))}")
        unit, per, count = _UNITS[min(units)]
        dearest = max(_at(price, key, 0) or Decimal(0) for price in prices for key in units)
        return {"unit": unit, "per": per, "currency": "USD", "input": number(dearest / count)}
    if unknown := keys - _RATES[kind].keys():
        raise Unpriced(f"is also priced by {', '.join(sorted(unknown))}")
    steps = _steps(prices, kind)
    missing = {"input"} if kind == "embedding" else {"input", "output"}
    if not all(steps[0].get(rate) for rate in missing):
        raise Unpriced("has no price")
    entry = {"unit": "token", "per": _MTOK, "currency": "USD", **_as_rates(steps)}
    if with_tiers and (tiers := {name: _as_rates(tier) for name, tier in _tiers(model, kind, on) if tier != steps}):
        entry["service_tiers"] = tiers
    return entry


def is_free(model: ModelInfo, *, on: date) -> bool:
    """Whether the data knows the model and has nothing that it costs."""
    return not any(_at(price, key, 0) for price in _in_force(model, on) for key in _keys(price))


def changes_after(model: ModelInfo, day: date) -> list[date]:
    """The days on which a later price begins, as far as they are known."""
    constraints = [price.constraint for price in _conditional(model)]
    return sorted(
        {each.start_date for each in constraints if isinstance(each, StartDateConstraint) and each.start_date > day}
    )


def number(rate: Decimal) -> int | float:
    """A rate as a JSON number whose shortest text is the rate, with at most 6 decimals; never less than the rate."""
    rounded = rate.quantize(_SMALLEST, ROUND_UP).normalize()
    whole = int(rounded)
    if whole == rounded:
        return whole
    if Decimal(str(float(rounded))) != rounded:
        raise ValueError(f"{rounded} has more digits than a JSON number keeps")
    return float(rounded)


def _conditional(model: ModelInfo) -> list[ConditionalPrice]:
    return [ConditionalPrice(prices=model.prices)] if isinstance(model.prices, ModelPrice) else model.prices


def _in_force(model: ModelInfo, day: date) -> list[ModelPrice]:
    """What may be charged on that day: one price, or one for each part of the day."""
    noon = datetime.combine(day, time(12), UTC)
    found: list[ModelPrice] = []
    # The last one that applies wins, so a price for some hours hides the one before it for these alone.
    for each in reversed(_conditional(model)):
        if isinstance(each.constraint, TimeOfDateConstraint):
            found.append(each.prices)
        elif each.constraint is None or each.constraint.active(noon):
            return [*found, each.prices]
    return [*found, _conditional(model)[0].prices]


def _tiers(model: ModelInfo, kind: str, day: date) -> Iterator[tuple[str, Steps]]:
    noon = datetime.combine(day, time(12), UTC)
    names = [
        variant.when["service_tier"] for variant in model.price_variants or () if set(variant.when) == {"service_tier"}
    ]
    for name in sorted(set(names) - {"default"}):
        price = model.get_prices(noon, {"service_tier": name})
        yield name, _steps([price], kind)


def _steps(prices: Sequence[ModelPrice], kind: str) -> Steps:
    starts = {0} | {
        tier.start
        for price in prices
        for key in _RATES[kind]
        if isinstance(value := getattr(price, key), TieredPrices)
        for tier in value.tiers
    }
    steps: Steps = {}
    for start in sorted(starts):
        each = [_rates_at(price, kind, start) for price in prices]
        # A rate that one of the prices does not quote is not quoted: the plain one beside it applies.
        quoted = set.intersection(*(set(rates) for rates in each))
        steps[start] = {name: max(rates[name] for rates in each) for name in each[0] if name in quoted}
    if steps[0].get("cache_write", Decimal(0)) < steps[0].get("input", Decimal(0)):
        # Storage, which comes on top of the plain rate: a token that is written to a cache was read all the same.
        for rates in steps.values():
            rates.pop("cache_write", None)
    return steps


def _as_rates(steps: Steps) -> dict[str, Any]:
    rates = {name: number(rate) for name, rate in steps[0].items()}
    above = [
        {
            "prompt_tokens": start,
            **{name: number(rate) for name, rate in step.items() if number(rate) != rates.get(name)},
        }
        for start, step in steps.items()
        if start
    ]
    return {**rates, "above": above} if any(len(step) > 1 for step in above) else dict(rates)


def _rates_at(price: ModelPrice, kind: str, start: int) -> dict[str, Decimal]:
    rates: dict[str, Decimal] = {}
    for key, name in _RATES[kind].items():
        if (rate := _at(price, key, start)) is not None:
            rates[name] = max(rate, rates.get(name, rate))
    return rates


def _at(price: ModelPrice, key: str, start: int) -> Decimal | None:
    """A rate for prompts of more than `start` tokens."""
    value = getattr(price, key)
    if not isinstance(value, TieredPrices):
        return value if value is None else Decimal(value)
    reached = [tier.price for tier in value.tiers if start and tier.start <= start]
    return reached[-1] if reached else value.base


def _keys(price: ModelPrice) -> list[str]:
    return [key for key, value in vars(price).items() if value is not None]
