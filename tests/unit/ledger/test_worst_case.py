"""The most that a call can cost."""

from decimal import Decimal
from typing import Any

from tollgate.contracts.catalogue import Price, Rates
from tollgate.ledger.worst_case import Candidate, candidate_of

ONE = Decimal(1)


def candidate(rates: Rates, **changes: Any) -> Candidate:
    """A thousand tokens in and out, by default."""
    price = changes.pop("price", None) or Price(per=1_000, rates=rates)
    return candidate_of(price, **{"prompt_tokens": 1_000, "max_output_tokens": 1_000, **changes})


def test_a_step_between_the_first_and_the_last_counts_too() -> None:
    price = Price(
        per=1_000,
        rates=Rates(input=ONE, output=ONE),
        above=((100, Rates(input=Decimal(5), output=ONE)), (500, Rates(input=ONE, output=ONE))),
    )

    assert candidate(price.rates, price=price).input_usd == 5


def test_a_step_above_the_bound_does_not_count() -> None:
    price = Price(per=1_000, rates=Rates(input=ONE), above=((1_000, Rates(input=Decimal(5))),))

    assert candidate(price.rates, price=price).input_usd == 1
