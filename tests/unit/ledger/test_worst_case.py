"""The most that a call can cost."""

from decimal import Decimal
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("rates", "has_audio", "input_usd"),
    [
        (Rates(input=ONE), True, 1),
        (Rates(input=ONE, cached_input=Decimal("0.1")), True, 1),
        (Rates(input=ONE, cached_input=Decimal(2)), False, 2),
        (Rates(input=ONE, cache_write=Decimal(2)), False, 2),
        (Rates(input=ONE, input_audio=Decimal(2)), True, 2),
        (Rates(input=ONE, input_audio=Decimal(2)), False, 1),
        (Rates(output=ONE), True, 0),
    ],
)
def test_the_prompt_is_held_at_the_dearest_rate_that_applies_to_it(
    rates: Rates, has_audio: bool, input_usd: int
) -> None:
    assert candidate(rates, with_audio_input=has_audio).input_usd == input_usd


@pytest.mark.parametrize(
    ("service_tier", "input_usd"), [(None, 2), ("default", 2), ("flex", 2), ("priority", 4), ("auto", 4)]
)
def test_every_tier_that_may_answer_counts(service_tier: str | None, input_usd: int) -> None:
    price = Price(
        per=1_000,
        rates=Rates(input=Decimal(2)),
        service_tiers={
            "flex": Price(per=1_000, rates=Rates(input=ONE)),
            "priority": Price(per=1_000, rates=Rates(input=Decimal(4))),
        },
    )

    assert candidate(price.rates, price=price, service_tier=service_tier).input_usd == input_usd
