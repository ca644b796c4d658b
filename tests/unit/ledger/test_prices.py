"""What a call costs."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import a_model
from tests.unit.ledger.strategies import prices, usages
from tollgate.contracts.catalogue import Price, Rates
from tollgate.contracts.usage import Usage
from tollgate.ledger.prices import cost_of

ANY_NUMBER = st.integers() | st.integers(-(10**4000), 10**4000)


@given(prices(pers=(1, 3, 1_000, 1_000_000)), usages(prompt=ANY_NUMBER, completion=ANY_NUMBER, part=ANY_NUMBER))
def test_whatever_nonsense_a_provider_reports_the_cost_is_an_amount_of_12_decimals(price: Price, usage: Usage) -> None:
    cost = cost_of(usage, price)

    for part in (cost.input_usd, cost.output_usd, cost.total_usd):
        assert part >= 0
        assert part.as_tuple().exponent == -12


def test_a_counter_beyond_what_any_call_can_have_is_charged_as_the_largest_that_one_can() -> None:
    price = Price(rates=Rates(input=Decimal(1)))

    assert cost_of(Usage(prompt_tokens=10**4000), price).total_usd == Decimal(10**9)


def test_tokens_cost_their_rate_for_a_million() -> None:
    cost = cost_of(Usage(prompt_tokens=19, completion_tokens=10), a_model().price)

    assert (cost.input_usd, cost.output_usd) == (Decimal("0.0000475"), Decimal("0.0001"))
    assert cost.total_usd == Decimal("0.0001475")


def test_cached_tokens_are_charged_at_their_own_rate_and_not_twice() -> None:
    cost = cost_of(Usage(prompt_tokens=1_000_000, cached_tokens=400_000), a_model().price)

    assert cost.input_usd == Decimal("0.6") * Decimal("2.5") + Decimal("0.4") * Decimal("1.25")


RATES = Rates(
    input=Decimal(1),
    output=Decimal(10),
    cached_input=Decimal("0.5"),
    cache_write=Decimal("1.25"),
    input_audio=Decimal(4),
    output_audio=Decimal(40),
)
PLAIN = Rates(input=Decimal(1), output=Decimal(10))


@pytest.mark.parametrize(
    ("rates", "counters", "total_usd"),
    [
        (RATES, {"prompt_tokens": 100}, "100"),
        (RATES, {"prompt_tokens": 100, "cached_tokens": 100}, "50"),
        (RATES, {"prompt_tokens": 100, "cache_write_tokens": 20}, "105"),
        (RATES, {"prompt_tokens": 100, "prompt_audio_tokens": 10}, "130"),
        (
            RATES,
            {"prompt_tokens": 100, "cached_tokens": 40, "cache_write_tokens": 20, "prompt_audio_tokens": 10},
            "115",
        ),
        (RATES, {"completion_tokens": 10}, "100"),
        (RATES, {"completion_tokens": 10, "completion_audio_tokens": 4}, "220"),
        (RATES, {"completion_tokens": 10, "reasoning_tokens": 9}, "100"),
        (RATES, {"completion_tokens": 10, "rejected_prediction_tokens": 5, "accepted_prediction_tokens": 5}, "100"),
        (PLAIN, {"prompt_tokens": 100, "cached_tokens": 40, "cache_write_tokens": 20}, "100"),
        (PLAIN, {"prompt_tokens": 100, "prompt_audio_tokens": 10}, "100"),
        (PLAIN, {"completion_tokens": 10, "completion_audio_tokens": 10}, "100"),
        (Rates(output=Decimal(10)), {"prompt_tokens": 100, "completion_tokens": 1}, "10"),
        (Rates(input=Decimal(1)), {"prompt_tokens": 100, "completion_tokens": 1}, "100"),
        (replace(RATES, cached_input=Decimal(0)), {"prompt_tokens": 100, "cached_tokens": 40}, "60"),
        (Rates(input=Decimal(0), output=Decimal(0)), {"prompt_tokens": 100, "completion_tokens": 100}, "0"),
        (RATES, {"prompt_tokens": 10, "cached_tokens": 50}, "5"),
        (RATES, {"prompt_tokens": 10, "cached_tokens": 6, "cache_write_tokens": 50}, "8"),
        (RATES, {"prompt_tokens": 10, "cached_tokens": -5}, "10"),
        (RATES, {"prompt_tokens": -10, "completion_tokens": -10}, "0"),
        (RATES, {"completion_tokens": 10, "completion_audio_tokens": 50}, "400"),
    ],
)
def test_each_kind_of_token_has_its_rate_or_the_plain_one(
    rates: Rates, counters: dict[str, Any], total_usd: str
) -> None:
    assert cost_of(Usage(**counters), Price(per=1, rates=rates)).total_usd == Decimal(total_usd)


@pytest.mark.parametrize(("prompt_tokens", "rate"), [(0, 1), (99, 1), (100, 1), (101, 2), (200, 2), (201, 3)])
def test_the_length_of_the_prompt_decides_the_rates_of_the_whole_call(prompt_tokens: int, rate: int) -> None:
    price = Price(
        per=1,
        rates=Rates(input=Decimal(1), output=Decimal(1)),
        above=(
            (100, Rates(input=Decimal(2), output=Decimal(2))),
            (200, Rates(input=Decimal(3), output=Decimal(3))),
        ),
    )

    cost = cost_of(Usage(prompt_tokens=prompt_tokens, completion_tokens=7), price)

    assert cost.input_usd == prompt_tokens * rate
    assert cost.output_usd == 7 * rate


def test_a_service_tier_has_its_own_price_and_an_unknown_one_that_of_the_default() -> None:
    price = Price(rates=PLAIN, service_tiers={"flex": Price(rates=Rates(input=Decimal("0.5")))})

    assert price.for_tier("flex").rates.input == Decimal("0.5")
    assert price.for_tier("priority") is price.for_tier(None) is price


@given(usages(prompt=st.integers(0, 9_999), completion=st.just(0), part=st.integers(-10, 9_999)))
def test_the_parts_of_a_prompt_add_up_to_it_and_none_is_more_than_was_reported(usage: Usage) -> None:
    # Rates so far apart that the charge spells out how many tokens were charged at each.
    rates = Rates(
        input=Decimal(1),
        cached_input=Decimal(10**4),
        cache_write=Decimal(10**8),
        input_audio=Decimal(10**12),
    )

    charged = f"{int(cost_of(usage, Price(per=1, rates=rates)).input_usd):016}"
    audio, cache_write, cached, plain = (int(charged[start : start + 4]) for start in range(0, 16, 4))

    assert audio + cache_write + cached + plain == usage.prompt_tokens
    assert cached <= max(usage.cached_tokens, 0)
    assert cache_write <= max(usage.cache_write_tokens, 0)
    assert audio <= max(usage.prompt_audio_tokens, 0)


SENSIBLE = usages(prompt=st.integers(0, 10**6), completion=st.integers(0, 10**6), part=st.integers(0, 10**6))


@given(SENSIBLE, st.sampled_from(("prompt_tokens", "completion_tokens")), st.integers(0, 10**6))
def test_more_tokens_never_cost_less(usage: Usage, counter: str, more: int) -> None:
    larger = replace(usage, **{counter: getattr(usage, counter) + more})
    price = Price(rates=RATES)

    assert cost_of(usage, price).total_usd <= cost_of(larger, price).total_usd


DEARER = ("cache_write_tokens", "prompt_audio_tokens", "completion_audio_tokens")


@given(SENSIBLE, st.sampled_from(DEARER), st.integers(0, 10**6))
def test_more_tokens_of_a_dearer_kind_never_make_a_call_cheaper(usage: Usage, counter: str, more: int) -> None:
    # Audio is taken last, so nothing dearer loses room to the cache writes here.
    usage = replace(usage, prompt_audio_tokens=0) if counter == "cache_write_tokens" else usage
    larger = replace(usage, **{counter: getattr(usage, counter) + more})
    price = Price(rates=RATES)

    assert cost_of(usage, price).total_usd <= cost_of(larger, price).total_usd


@given(SENSIBLE, st.integers(0, 10**6))
def test_more_cached_tokens_never_make_a_call_dearer(usage: Usage, more: int) -> None:
    larger = replace(usage, cached_tokens=usage.cached_tokens + more)
    price = Price(rates=RATES)

    assert cost_of(larger, price).total_usd <= cost_of(usage, price).total_usd


@given(SENSIBLE)
def test_a_price_of_six_decimals_for_a_million_is_charged_without_any_rounding(usage: Usage) -> None:
    price = Price(rates=Rates(input=Decimal("0.000001"), output=Decimal("123456.654321")))

    cost = cost_of(usage, price)

    assert cost.input_usd * 10**12 == usage.prompt_tokens
    assert cost.output_usd * 10**12 == usage.completion_tokens * 123456654321


@pytest.mark.parametrize(("prompt_tokens", "input_usd"), [(4, "0E-12"), (5, "1E-12"), (14, "1E-12"), (15, "2E-12")])
def test_a_finer_price_is_rounded_half_up(prompt_tokens: int, input_usd: str) -> None:
    price = Price(per=10**12, rates=Rates(input=Decimal("0.1")))

    assert cost_of(Usage(prompt_tokens=prompt_tokens), price).input_usd == Decimal(input_usd)
