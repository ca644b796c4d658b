"""What training a model costs, and what a trained one does."""

from decimal import ROUND_UP, Decimal, localcontext
from typing import Final

from msgspec.structs import replace

from tollgate.contracts.catalogue import Price, Rates
from tollgate.ledger.money import EXACT, ZERO, exact

# Finer than a charge is ever rounded to, so that a price for any number of tokens stays what it is.
_FINEST: Final = Decimal("1e-18")
_OF_A_TUNED_MODEL: Final = 2


def usd_per_trained_token(price: Price) -> Decimal | None:
    """What a token costs that a model is trained with; None for a model that is not paid for by the token.

    A model without a rate for it is trained at the dearer of its other two.
    """
    if price.unit != "token" or not price.is_quoted:
        return None
    rates = price.rates
    rate = rates.training if rates.training is not None else max(rates.input or ZERO, rates.output or ZERO)
    with localcontext(EXACT):
        return (rate / price.per).quantize(_FINEST, ROUND_UP)


def training_cost(tokens: int, usd_per_token: Decimal) -> Decimal:
    """US dollars for so many trained tokens, exact to 12 decimals."""
    with localcontext(EXACT):
        return exact(tokens * usd_per_token)


def tuned_price(price: Price) -> Price:
    """The price of a model that was trained from one with this price: twice as much."""
    return replace(
        price,
        rates=_doubled(price.rates),
        above=tuple((start, _doubled(rates)) for start, rates in price.above),
        service_tiers={name: tuned_price(tier) for name, tier in price.service_tiers.items()},
    )


def _doubled(rates: Rates) -> Rates:
    def twice(rate: Decimal | None) -> Decimal | None:
        return None if rate is None else rate * _OF_A_TUNED_MODEL

    return Rates(
        input=twice(rates.input),
        output=twice(rates.output),
        cached_input=twice(rates.cached_input),
        cache_write=twice(rates.cache_write),
        input_audio=twice(rates.input_audio),
        output_audio=twice(rates.output_audio),
        # A step further costs what the first one did.
        training=rates.training,
    )
