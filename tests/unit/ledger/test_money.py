"""US dollars, and how they are shown."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.ledger.money import exact, exact_up, plain, shown, text

ANY_AMOUNT = st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.0000000000004999", "0.000000000000"),
        ("0.0000000000005", "0.000000000001"),
        ("0.0000000000015", "0.000000000002"),
        ("0.0000000000025", "0.000000000003"),
        ("-0.0000000000005", "-0.000000000001"),
        ("1", "1.000000000000"),
        ("1E-12", "0.000000000001"),
        ("1E+3", "1000.000000000000"),
    ],
)
def test_an_exact_amount_has_12_decimals_half_up(amount: str, expected: str) -> None:
    assert f"{exact(Decimal(amount)):f}" == expected


@given(ANY_AMOUNT)
def test_what_is_rounded_for_a_bound_is_not_below_and_less_than_a_picodollar_above(amount: Decimal) -> None:
    amount = abs(amount)

    assert 0 <= exact_up(amount) - amount < Decimal("1E-12")


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.0001475", 0.0001475),
        ("0.0000000005", 0.000000001),
        ("0.0000000015", 0.000000002),
        ("0.00000000049", 0.0),
        ("1234.56", 1234.56),
        ("0.1", 0.1),
        ("0E-12", 0.0),
        ("-0.25", -0.25),
    ],
)
def test_a_shown_amount_is_a_number_rounded_half_up_to_9_decimals(amount: str, expected: float) -> None:
    assert shown(Decimal(amount)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1234.56", "1234.560000000000"),
        ("0", "0.000000000000"),
        ("1E-12", "0.000000000001"),
        ("1E+15", "1000000000000000.000000000000"),
        ("-0.5", "-0.500000000000"),
    ],
)
def test_the_text_of_an_amount_has_all_12_decimals(amount: str, expected: str) -> None:
    assert text(Decimal(amount)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.000147500000", "0.0001475"),
        ("1E-12", "0.000000000001"),
        ("0E-12", "0"),
        ("0", "0"),
        ("10", "10"),
        ("1E+3", "1000"),
        ("100.500", "100.5"),
        ("0.0000000000001", "0"),
        ("-0.50", "-0.5"),
    ],
)
def test_a_plain_amount_has_no_trailing_zeros(amount: str, expected: str) -> None:
    assert plain(Decimal(amount)) == expected


@given(ANY_AMOUNT | st.decimals(min_value=0, max_value=Decimal("1E-6")))
def test_no_text_of_an_amount_has_an_exponent(amount: Decimal) -> None:
    assert "E" not in text(amount).upper()
    assert "E" not in plain(amount).upper()


@given(ANY_AMOUNT)
def test_both_texts_say_the_same_amount(amount: Decimal) -> None:
    assert Decimal(text(amount)) == Decimal(plain(amount)) == exact(amount)


@given(st.decimals(min_value=0, max_value=10**6, places=9))
def test_a_number_with_9_decimals_survives_being_shown(amount: Decimal) -> None:
    assert Decimal(str(shown(amount))) == amount
