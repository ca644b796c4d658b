"""What genai-prices says, read as pricing of an entry."""

from datetime import UTC, date, time
from decimal import Decimal
from typing import Any, Final

import pytest
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)
from hypothesis import given
from hypothesis import strategies as st

from tollgate_cli.prices import Unpriced, changes_after, is_free, number, pricing

TODAY: Final = date(2026, 11, 21)
TOKENS: Final = {"unit": "token", "per": 1_000_000, "currency": "USD"}


def a_price(**rates: str | TieredPrices) -> ModelPrice:
    """A price in US dollars for a million tokens."""
    return ModelPrice(**{key: rate if isinstance(rate, TieredPrices) else Decimal(rate) for key, rate in rates.items()})


def steps(base: str, **above: str) -> TieredPrices:
    """`steps("1", t200="2")`: 1, and 2 above 200 tokens."""
    return TieredPrices(
        base=Decimal(base), tiers=[Tier(start=int(start[1:]), price=Decimal(rate)) for start, rate in above.items()]
    )


def a_model(*prices: ModelPrice | ConditionalPrice, variants: list[PriceVariant] | None = None) -> ModelInfo:
    """A model with one price, or several under conditions."""
    several = [each if isinstance(each, ConditionalPrice) else ConditionalPrice(prices=each) for each in prices]
    return ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=several, price_variants=variants)


def read(model: ModelInfo, kind: str = "chat", *, with_tiers: bool = False) -> dict[str, Any]:
    """The pricing of today."""
    return pricing(model, kind, on=TODAY, with_tiers=with_tiers)


def since(year: int, month: int, day: int, price: ModelPrice) -> ConditionalPrice:
    """A price from that day on."""
    return ConditionalPrice(StartDateConstraint(start_date=date(year, month, day)), prices=price)


def between(start: int, end: int, price: ModelPrice) -> ConditionalPrice:
    """A price for some hours of every day."""
    return ConditionalPrice(
        TimeOfDateConstraint(start_time=time(start, tzinfo=UTC), end_time=time(end, tzinfo=UTC)), prices=price
    )


def test_each_rate_gets_the_name_that_entries_have_for_it() -> None:
    model = a_model(
        a_price(
            input_mtok="1",
            output_mtok="2.5",
            cache_read_mtok="0.0625",
            cache_write_mtok="1.25",
            input_audio_mtok="10",
            output_audio_mtok="20",
        )
    )

    assert read(model) == {
        **TOKENS,
        "input": 1,
        "output": 2.5,
        "cached_input": 0.0625,
        "cache_write": 1.25,
        "input_audio": 10,
        "output_audio": 20,
    }


def test_a_longer_prompt_has_the_rates_that_differ_from_the_plain_ones() -> None:
    model = a_model(
        a_price(input_mtok=steps("1", t100="2", t200="4"), output_mtok=steps("3", t200="6"), cache_read_mtok="1")
    )

    assert read(model) == {
        **TOKENS,
        "input": 1,
        "output": 3,
        "cached_input": 1,
        "above": [{"prompt_tokens": 100, "input": 2}, {"prompt_tokens": 200, "input": 4, "output": 6}],
    }


def test_a_price_begins_on_its_day() -> None:
    model = a_model(
        a_price(input_mtok="1", output_mtok="1"),
        since(2026, 11, 21, a_price(input_mtok="2", output_mtok="2")),
        since(2026, 11, 22, a_price(input_mtok="3", output_mtok="3")),
    )

    assert read(model)["input"] == 2
    assert changes_after(model, TODAY) == [date(2026, 11, 22)]


def test_a_price_of_the_hour_is_the_dearest_of_the_day() -> None:
    model = a_model(
        a_price(input_mtok="9", output_mtok="9"),
        since(2026, 8, 17, a_price(input_mtok="1", output_mtok="2")),
        between(1, 4, a_price(input_mtok="2", output_mtok="4")),
        between(6, 10, a_price(input_mtok="3", output_mtok="1")),
    )

    assert read(model) == {**TOKENS, "input": 3, "output": 4}


def test_an_hour_before_the_price_of_today_does_not_count_any_more() -> None:
    model = a_model(
        a_price(input_mtok="1", output_mtok="1"),
        between(1, 4, a_price(input_mtok="9", output_mtok="9")),
        since(2026, 8, 17, a_price(input_mtok="2", output_mtok="2")),
    )

    assert read(model)["input"] == 2


def test_a_price_of_some_hours_alone_counts_with_the_first_price() -> None:
    model = a_model(a_price(input_mtok="5", output_mtok="5"), between(1, 4, a_price(input_mtok="1", output_mtok="1")))

    assert read(model)["input"] == 5


def a_tier(name: str, price: ModelPrice, *, start: date | None = None) -> PriceVariant:
    """The price of a service tier."""
    return PriceVariant({"service_tier": name}, price, StartDateConstraint(start_date=start) if start else None)


def test_a_service_tier_has_what_it_changes_and_all_the_rest() -> None:
    model = a_model(
        a_price(input_mtok=steps("2", t100="4"), output_mtok="8", cache_read_mtok="0.5"),
        variants=[
            a_tier("default", a_price()),
            a_tier("flex", a_price(input_mtok="1", output_mtok="4")),
            a_tier("priority", a_price(input_mtok=steps("4", t100="8"))),
            a_tier("later", a_price(input_mtok="7"), start=date(2027, 1, 1)),
            PriceVariant({"processing": "batch"}, a_price(input_mtok="1")),
        ],
    )

    assert read(model, with_tiers=True)["service_tiers"] == {
        "flex": {"input": 1, "output": 4, "cached_input": 0.5},
        "priority": {
            "input": 4,
            "output": 8,
            "cached_input": 0.5,
            "above": [{"prompt_tokens": 100, "input": 8}],
        },
    }
    assert "service_tiers" not in read(model)


def test_a_cache_write_below_the_plain_rate_is_storage_and_left_to_the_plain_rate() -> None:
    model = a_model(a_price(input_mtok="0.3", output_mtok="2.5", cache_write_mtok="0.0833333333333333"))

    assert "cache_write" not in read(model)


@pytest.mark.parametrize(
    ("kind", "price", "expected"),
    [
        ("speech", a_price(input_mchars="15"), {"unit": "character", "per": 1_000, "currency": "USD", "input": 0.015}),
        ("speech", a_price(input_mtok="0.6", output_mtok="12"), {**TOKENS, "input": 0.6, "output": 12}),
        (
            "transcription",
            a_price(audio_hours="0.36", input_audio_hours="0.36"),
            {"unit": "minute", "per": 1, "currency": "USD", "input": 0.006},
        ),
        (
            "transcription",
            a_price(input_mtok="2.5", output_mtok="10", input_audio_mtok="6"),
            {**TOKENS, "input": 2.5, "output": 10, "input_audio": 6},
        ),
        ("embedding", a_price(input_mtok="0.1", output_mtok="0.1"), {**TOKENS, "input": 0.1}),
        (
            "image",
            a_price(input_mtok="5", output_mtok="10", output_image_mtok="32", input_image_mtok="8"),
            {**TOKENS, "input": 5, "output": 32},
        ),
    ],
)
def test_each_kind_of_model_has_its_units(kind: str, price: ModelPrice, expected: dict[str, Any]) -> None:
    assert read(a_model(price), kind) == expected


@pytest.mark.parametrize(
    ("kind", "price", "why"),
    [
        ("chat", a_price(), "has no price"),
        ("chat", a_price(input_mtok="1"), "has no price"),
        ("chat", a_price(input_mtok="0", output_mtok="0"), "has no price"),
        ("embedding", a_price(output_mtok="1"), "has no price"),
        ("chat", a_price(input_mtok="1", output_mtok="1", requests_kcount="5"), "is also priced by requests_kcount"),
        (
            "chat",
            a_price(input_mtok="1", output_mtok="1", output_reasoning_mtok="3"),
            "is also priced by output_reasoning",
        ),
        (
            "chat",
            a_price(input_mtok="1", output_mtok="1", audio_hours="1"),
            "has more than one unit: audio_hours, input",
        ),
        ("transcription", a_price(audio_hours="1", input_mchars="1"), "has more than one unit"),
    ],
)
def test_a_price_that_cannot_be_charged_is_none_and_says_why(kind: str, price: ModelPrice, why: str) -> None:
    with pytest.raises(Unpriced, match=why):
        read(a_model(price), kind)


def test_tools_that_the_gateway_does_not_pass_on_are_not_part_of_a_price() -> None:
    model = a_model(a_price(input_mtok="1", output_mtok="1", web_searches_kcount="10", storage_searches_kcount="2.5"))

    assert read(model) == {**TOKENS, "input": 1, "output": 1}


@pytest.mark.parametrize(
    ("price", "expected"), [(a_price(), True), (a_price(input_mtok="0"), True), (a_price(input_mtok="1"), False)]
)
def test_a_model_is_free_when_nothing_of_it_costs(price: ModelPrice, *, expected: bool) -> None:
    assert is_free(a_model(price), on=TODAY) is expected


@given(st.decimals(min_value=0, max_value=100_000, places=9))
def test_a_number_has_six_decimals_and_is_never_less_than_the_rate(rate: Decimal) -> None:
    written = Decimal(str(number(rate)))

    assert rate <= written < rate + Decimal("0.000001")
    assert written == written.quantize(Decimal("0.000001"))


@pytest.mark.parametrize(("rate", "text"), [("2.50", "2.5"), ("10.0", "10"), ("0.0875", "0.0875"), ("100", "100")])
def test_a_number_is_as_short_as_the_rate(rate: str, text: str) -> None:
    assert repr(number(Decimal(rate))) == text


def test_a_rate_that_no_number_can_be_is_refused() -> None:
    with pytest.raises(ValueError, match="more digits than a JSON number keeps"):
        number(Decimal("123456789012.123456"))
