"""A model that the gateway offers, and what it costs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field


class Rates(Struct, frozen=True):
    """US dollars for `per` units. A rate that is None is not quoted, and the plain one beside it applies."""

    input: Decimal | None = None
    output: Decimal | None = None
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    input_audio: Decimal | None = None
    output_audio: Decimal | None = None
    training: Decimal | None = None


class Price(Struct, frozen=True):
    """What a model costs. A rate of zero is free; a model without an input and an output rate is unpriced."""

    unit: str = "token"
    """`token`, `character`, `minute`, `second`, `image`, `megapixel` or `request`."""
    per: int = 1_000_000
    rates: Rates = field(default_factory=Rates)
    above: tuple[tuple[int, Rates], ...] = ()
    """Rates of the whole call when the prompt is longer than so many tokens, by rising length."""
    service_tiers: Mapping[str, "Price"] = field(default_factory=dict)
    """Prices of the service tiers that cost something else than the default one."""

    @property
    def is_quoted(self) -> bool:
        """Whether anything can be computed from it at all."""
        return self.rates.input is not None or self.rates.output is not None

    def for_prompt(self, prompt_tokens: int) -> Rates:
        """The rates for a prompt of that length."""
        chosen = self.rates
        for start, rates in self.above:
            if prompt_tokens > start:
                chosen = rates
        return chosen

    def up_to_prompt(self, prompt_tokens: int) -> tuple[Rates, ...]:
        """The rates that a prompt of at most that length can meet."""
        return (self.rates, *(rates for start, rates in self.above if prompt_tokens > start))

    def for_tier(self, service_tier: str | None) -> "Price":
        """The price of a service tier, or this one where the tier costs the same."""
        return self.service_tiers.get(service_tier or "", self)


class Model(Struct, frozen=True):
    """One model of the catalogue. `flags` are those of a provider's adapter, which knows their defaults."""

    id: str
    provider: str
    upstream_model: str
    type: str = "chat"
    name: str = ""
    description: str = ""
    created: int = 0
    owned_by: str = ""
    context_length: int | None = None
    max_output_tokens: int | None = None
    input_modalities: tuple[str, ...] = ("text",)
    output_modalities: tuple[str, ...] = ("text",)
    supported_parameters: tuple[str, ...] | None = None
    price: Price = field(default_factory=Price)
    enabled: bool = True
    fallbacks: tuple[str, ...] = ()
    """Ids that the operator wants asked next when this one cannot answer."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    root: str = ""
    """The id of the catalogue's model that this one was trained from; empty for those of the catalogue."""
    parent: str | None = None
    """The id of the model that it was trained from at last."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Its id, and the one that stands for it in a key's scope as well."""
        return (self.id, self.root) if self.root else (self.id,)
