"""The most that a call can cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.ledger.strategies import TIERS, amounts, prices
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


def test_reasoning_outside_the_cap_is_held_in_addition_to_it() -> None:
    one = candidate(Rates(output=ONE), max_output_tokens=1_000, extra_output_tokens=500)

    assert one.cost(1_000) == Decimal("1.5")


def test_every_choice_is_held_for() -> None:
    one = candidate(Rates(input=ONE, output=ONE), choices=3, extra_output_tokens=1_000)

    assert one.cost(1_000) == 1 + 3 + 3


def test_a_cap_above_what_the_model_writes_costs_no_more() -> None:
    one = candidate(Rates(output=ONE), max_output_tokens=1_000)

    assert one.cost(5_000) == one.cost(1_000) == 1


def test_the_dearest_candidate_decides_what_is_held() -> None:
    cheap, dear = candidate(Rates(output=ONE)), candidate(Rates(output=Decimal(3)))

    assert WorstCase((cheap, dear), is_capped_by_client=False).hold_usd(1_000) == 3


@st.composite
def worst_cases(draw: st.DrawFn) -> WorstCase:
    """One to three models, as they might be asked one after the other."""
    candidates = st.builds(
        candidate_of,
        prices(tiers=False, pers=(1_000, 1_000_000)),
        prompt_tokens=st.integers(0, 10_000),
        max_output_tokens=st.integers(1, 10_000),
        choices=st.integers(1, 3),
        extra_output_tokens=st.sampled_from((0, 1_000)),
    )
    found = draw(st.lists(candidates, min_size=1, max_size=3))
    return WorstCase(tuple(found), is_capped_by_client=draw(st.booleans()))


@given(worst_cases(), amounts())
def test_the_cap_that_a_balance_affords_is_the_largest_that_fits(worst: WorstCase, available_usd: Decimal) -> None:
    cap = worst.affordable_tokens(available_usd)

    assert cap < 0 or worst.hold_usd(cap) <= available_usd
    assert cap >= worst.max_output_tokens or worst.hold_usd(max(cap, -1) + 1) > available_usd


@given(worst_cases(), st.integers(0, 20_000))
def test_a_balance_that_is_just_the_hold_of_a_cap_affords_that_cap(worst: WorstCase, cap: int) -> None:
    cap = min(cap, worst.max_output_tokens)

    assert worst.affordable_tokens(worst.hold_usd(cap)) >= cap


@given(worst_cases(), st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_larger_cap_never_needs_a_smaller_hold(worst: WorstCase, one: int, other: int) -> None:
    smaller, larger = sorted((one, other))

    assert worst.hold_usd(smaller) <= worst.hold_usd(larger)


def test_a_balance_below_the_prompt_affords_less_than_nothing() -> None:
    worst = WorstCase((candidate(Rates(input=ONE, output=ONE)),), is_capped_by_client=False)

    assert worst.affordable_tokens(Decimal("0.999999999999")) < 0


def test_a_balance_for_the_prompt_alone_affords_no_output() -> None:
    worst = WorstCase((candidate(Rates(input=ONE, output=ONE)),), is_capped_by_client=False)

    assert worst.affordable_tokens(ONE) == 0


def test_a_free_model_affords_its_longest_answer_to_anybody() -> None:
    worst = WorstCase((candidate(Rates(input=Decimal(0), output=Decimal(0))),), is_capped_by_client=False)

    assert worst.affordable_tokens(Decimal(0)) == 1_000
    assert worst.smallest_usd == 0


def test_a_candidate_that_writes_little_does_not_lower_the_cap_of_the_others() -> None:
    short, long = candidate(Rates(output=ONE), max_output_tokens=10), candidate(Rates(output=ONE))

    assert WorstCase((short, long), is_capped_by_client=False).affordable_tokens(Decimal("0.5")) == 500


@pytest.mark.parametrize(
    ("is_capped_by_client", "max_output_tokens", "smallest_usd"),
    [(False, 1_000, "0.016"), (False, 10, "0.01"), (True, 1_000, "1"), (True, 10, "0.01")],
)
def test_the_least_that_must_be_there_is_a_short_answer_or_what_the_client_asked_for(
    is_capped_by_client: bool, max_output_tokens: int, smallest_usd: str
) -> None:
    one = candidate(Rates(output=ONE), max_output_tokens=max_output_tokens)

    assert WorstCase((one,), is_capped_by_client).smallest_usd == Decimal(smallest_usd)


def test_a_dearer_rate_for_spoken_output_counts_only_where_it_was_asked_for() -> None:
    rates = Rates(output=ONE, output_audio=Decimal(4))

    assert candidate(rates, with_audio_output=True).output_usd_per_token == Decimal("0.004")
    assert candidate(rates).output_usd_per_token == Decimal("0.001")
