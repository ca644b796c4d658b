"""What a call costs."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

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
