"""What a call costs."""

from decimal import Decimal, localcontext
from typing import Final

from msgspec import Struct

from tollgate.contracts.catalogue import Price, Rates
from tollgate.contracts.usage import Usage
from tollgate.ledger.money import EXACT, ZERO, exact

# No call has as many tokens: what a provider reports beyond it is nonsense, and has to be charged all the same.
_MOST_TOKENS: Final = 10**15


class Cost(Struct, frozen=True):
    """A charge in US dollars, and the parts that it is made of."""

    input_usd: Decimal
    output_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        """Both parts together."""
        return EXACT.add(self.input_usd, self.output_usd)

    def at_most(self, limit_usd: Decimal) -> "Cost":
        """The same, with no more than `limit_usd` in all: what is beyond is taken off the output first."""
        if self.total_usd <= limit_usd:
            return self
        return Cost(min(self.input_usd, limit_usd), max(limit_usd - self.input_usd, ZERO))


def cost_of(usage: Usage, price: Price) -> Cost:
    """What tokens cost, exact to 12 decimals.

    Cached, cache-write and audio tokens are part of the prompt and charged at their own rates, so they are taken out
    of it first; the four parts always add up to the prompt, whatever a provider reports.
    """
    rates = price.for_prompt(usage.prompt_tokens)
    left = _between(usage.prompt_tokens, _MOST_TOKENS)
    parts: list[tuple[int, Decimal]] = []
    for count, rate in (
        (usage.cached_tokens, _first(rates.cached_input, rates.input)),
        (usage.cache_write_tokens, _first(rates.cache_write, rates.input)),
        (usage.prompt_audio_tokens, _first(rates.input_audio, rates.input)),
    ):
        taken = _between(count, left)
        left -= taken
        parts.append((taken, rate))
    parts.append((left, _first(rates.input)))

    completion = _between(usage.completion_tokens, _MOST_TOKENS)
    audio = _between(usage.completion_audio_tokens, completion)
    per = Decimal(price.per)
    with localcontext(EXACT):
        return Cost(
            input_usd=exact(sum((count * rate for count, rate in parts), ZERO) / per),
            output_usd=exact(
                (audio * _first(rates.output_audio, rates.output) + (completion - audio) * _first(rates.output)) / per
            ),
        )


def cost_of_units(count: Decimal | int, price: Price) -> Cost:
    """What characters, minutes, seconds, images, megapixels or requests cost, exact to 12 decimals.

    A price that quotes no rate of input is for what comes out.
    """
    count = Decimal(min(max(count, 0), _MOST_TOKENS))
    per = Decimal(price.per)
    with localcontext(EXACT):
        if price.rates.input is not None:
            return Cost(exact(count * price.rates.input / per), ZERO)
        return Cost(ZERO, exact(count * _first(price.rates.output) / per))


def dearest_input(rates: Rates, *, with_audio: bool) -> Decimal:
    """The dearest rate that a prompt token can be charged at: writing a cache can cost more than not having one.

    A rate for cached tokens is a discount, and yet a catalogue may hold one that is none.
    """
    candidates = [_first(rates.input)]
    candidates += [_first(rate, rates.input) for rate in (rates.cached_input, rates.cache_write)]
    if with_audio:
        candidates.append(_first(rates.input_audio, rates.input))
    return max(candidates)


def dearest_output(rates: Rates, *, with_audio: bool) -> Decimal:
    """The dearest rate that a completion token can be charged at."""
    plain = _first(rates.output)
    return max(plain, _first(rates.output_audio, rates.output)) if with_audio else plain


def _between(count: int, most: int) -> int:
    return min(max(count, 0), most)


def _first(*rates: Decimal | None) -> Decimal:
    return next((rate for rate in rates if rate is not None), ZERO)
