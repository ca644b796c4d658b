"""What a call used."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tollgate.contracts.usage import Usage

COUNTERS = [name for name in Usage.__struct_fields__ if name.endswith("_tokens")]
USAGES = st.builds(Usage, **{name: st.integers(0, 10**9) for name in COUNTERS}, is_estimated=st.booleans())


@given(USAGES, USAGES)
def test_the_usage_of_two_calls_adds_up_counter_by_counter(one: Usage, other: Usage) -> None:
    both = one + other

    assert {name: getattr(both, name) for name in COUNTERS} == {
        name: getattr(one, name) + getattr(other, name) for name in COUNTERS
    }
    assert both.is_estimated == (one.is_estimated or other.is_estimated)


@given(USAGES)
def test_no_usage_changes_nothing(usage: Usage) -> None:
    assert usage + Usage() == usage


def test_what_a_provider_billed_adds_up_where_it_is_known() -> None:
    known = Usage(upstream_cost_usd=Decimal("0.1"))

    assert (known + known).upstream_cost_usd == Decimal("0.2")
    assert (known + Usage()).upstream_cost_usd == Decimal("0.1")
    assert (Usage() + Usage()).upstream_cost_usd is None


def test_counts_have_openais_names_and_a_total_that_fits() -> None:
    counts = Usage(
        prompt_tokens=19, completion_tokens=10, cached_tokens=4, cache_write_tokens=3, reasoning_tokens=2
    ).counts()

    assert counts == {
        "prompt_tokens": 19,
        "completion_tokens": 10,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0, "cache_write_tokens": 3},
        "completion_tokens_details": {
            "reasoning_tokens": 2,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
