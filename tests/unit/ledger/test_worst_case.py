"""The most that a call can cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.ledger.strategies import TIERS, prices
from tollgate.contracts.catalogue import Price, Rates
from tollgate.contracts.usage import Usage
from tollgate.ledger.prices import cost_of
from tollgate.ledger.worst_case import Candidate, WorstCase, candidate_of

ONE = Decimal(1)


@dataclass(frozen=True)
class Served:
    """A call as it was asked for, the bound and the cap that were held for it, and what came of it."""

    price: Price
    tier: str | None
    billed_tier: str | None
    prompt_bound: int
    cap: int
    choices: int
    has_audio: bool
    usage: Usage


@st.composite
def calls(draw: st.DrawFn) -> Served:
    """Calls that stay within their bound and their cap, under the tier that was asked for, or the default one."""
    prompt_bound, cap, choices = draw(st.integers(0, 200_000)), draw(st.integers(1, 20_000)), draw(st.integers(1, 4))
    tier = draw(st.sampled_from((None, "auto", *TIERS)))
    has_audio = draw(st.booleans())
    part = st.integers(0, 250_000)
    return Served(
        price=draw(prices(pers=(1, 3, 1_000, 1_000_000, 10**9))),
        tier=tier,
        # A provider answers in the default tier when the one asked for has no room.
        billed_tier=draw(st.sampled_from((None, *TIERS) if tier == "auto" else (None, tier))),
        prompt_bound=prompt_bound,
        cap=cap,
        choices=choices,
        has_audio=has_audio,
        usage=Usage(
            prompt_tokens=draw(st.integers(0, prompt_bound)),
            completion_tokens=draw(st.integers(0, cap * choices)),
            cached_tokens=draw(part),
            cache_write_tokens=draw(part),
            prompt_audio_tokens=draw(part) if has_audio else 0,
            completion_audio_tokens=draw(part) if has_audio else 0,
        ),
    )


def hold_of(call: Served) -> Decimal:
    candidate = candidate_of(
        call.price,
        prompt_tokens=call.prompt_bound,
        max_output_tokens=call.cap,
        choices=call.choices,
        service_tier=call.tier,
        with_audio_input=call.has_audio,
        with_audio_output=call.has_audio,
    )
    return WorstCase((candidate,), is_capped_by_client=True).hold_usd(call.cap)


def candidate(rates: Rates, **changes: Any) -> Candidate:
    """A thousand tokens in and out, by default."""
    price = changes.pop("price", None) or Price(per=1_000, rates=rates)
    return candidate_of(price, **{"prompt_tokens": 1_000, "max_output_tokens": 1_000, **changes})


@given(calls())
def test_no_usage_within_the_bound_and_the_cap_costs_more_than_the_hold(call: Served) -> None:
    cost = cost_of(call.usage, call.price.for_tier(call.billed_tier))

    assert cost.total_usd <= hold_of(call)


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


def test_both_parts_of_a_hold_are_rounded_up_because_both_parts_of_a_bill_are_rounded() -> None:
    price = Price(per=10**15, rates=Rates(input=Decimal(500), output=Decimal(500)))

    worst = WorstCase((candidate(price.rates, price=price, prompt_tokens=1, max_output_tokens=1),), True)

    assert worst.hold_usd(1) == cost_of(Usage(1, 1), price).total_usd == Decimal("0.000000000002")
