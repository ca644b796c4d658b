"""What is billed is what the provider counted: every token once, at the rate of its kind."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.doubles import Counts, Double, Said, doubles
from tests.conformance.playing import heard_in_pieces
from tollgate.contracts.catalogue import Price, Rates
from tollgate.contracts.usage import Usage
from tollgate.ledger.prices import cost_of

EVERY_TOKEN_COSTS_ONE = Price(per=1, rates=Rates(input=Decimal(1), output=Decimal(1)))
# Each kind at a rate of its own, so that no token can pass for another.
BY_KIND = Price(
    per=1,
    rates=Rates(
        input=Decimal(1),
        output=Decimal(10**6),
        cached_input=Decimal(10**12),
        cache_write=Decimal(10**18),
    ),
)


@st.composite
def some_counts(draw: st.DrawFn) -> Counts:
    cached, cache_write, plain = (draw(st.integers(0, 10_000)) for _ in range(3))
    reasoning, spoken = draw(st.integers(0, 10_000)), draw(st.integers(1, 10_000))
    return Counts(
        prompt=plain + cached + cache_write,
        completion=reasoning + spoken,
        cached=cached,
        cache_write=cache_write,
        reasoning=reasoning,
    )


def told_by(double: Double, counts: Counts) -> Counts:
    """The counts without those that the vendor has no counter for."""
    silent = {name: 0 for name in ("cached", "cache_write", "reasoning") if name not in double.reports}
    return replace(counts, **silent)


def reported(double: Double, counts: Counts) -> Usage:
    deltas = asyncio.run(heard_in_pieces(double, double.stream(Said(counts=counts)).pieces))
    (usage,) = [delta.usage for delta in deltas if delta.usage is not None][-1:]
    assert usage is not None
    return usage


@pytest.mark.parametrize("double", doubles(), ids=lambda one: one.provider)
@given(counts=some_counts())
def test_the_tokens_billed_partition_the_providers_total(double: Double, counts: Counts) -> None:
    counts = told_by(double, counts)

    usage = reported(double, counts)

    assert cost_of(usage, EVERY_TOKEN_COSTS_ONE).total_usd == counts.prompt + counts.completion
    assert not usage.is_estimated


@pytest.mark.parametrize("double", doubles(), ids=lambda one: one.provider)
@given(counts=some_counts())
def test_each_token_is_billed_at_the_rate_of_its_kind(double: Double, counts: Counts) -> None:
    counts = told_by(double, counts)

    cost = cost_of(reported(double, counts), BY_KIND)

    plain = counts.prompt - counts.cached - counts.cache_write
    assert cost.input_usd == plain + counts.cached * Decimal(10**12) + counts.cache_write * Decimal(10**18)
    assert cost.output_usd == counts.completion * Decimal(10**6)
