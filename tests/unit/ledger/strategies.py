"""Prices and usage as anybody might come up with them."""

from decimal import Decimal

from hypothesis import strategies as st

from tollgate.contracts.catalogue import Price, Rates
from tollgate.contracts.usage import Usage

TIERS = ("flex", "priority")


def rates(*, most: int = 1_000) -> st.SearchStrategy[Rates]:
    """Rates with six decimals at most, as the catalogue has them."""
    rate = st.decimals(min_value=0, max_value=most, places=6)
    maybe = st.none() | rate
    return st.builds(
        Rates,
        input=rate,
        output=rate,
        cached_input=maybe,
        cache_write=maybe,
        input_audio=maybe,
        output_audio=maybe,
    )


@st.composite
def prices(draw: st.DrawFn, *, tiers: bool = True, pers: tuple[int, ...] = (1_000_000,)) -> Price:
    """A price with some steps, and with some service tiers that have steps of their own."""
    per = draw(st.sampled_from(pers))
    return Price(
        per=per,
        rates=draw(rates()),
        above=draw(steps()),
        service_tiers={
            name: Price(per=per, rates=draw(rates()), above=draw(steps()))
            for name in draw(st.sets(st.sampled_from(TIERS)) if tiers else st.just(set[str]()))
        },
    )


def steps() -> st.SearchStrategy[tuple[tuple[int, Rates], ...]]:
    """Up to three steps, by rising length of the prompt."""
    starts = st.lists(st.integers(1, 100_000), max_size=3, unique=True).map(sorted)
    return starts.flatmap(lambda found: st.tuples(*(st.tuples(st.just(start), rates()) for start in found)))


def usages(
    *, prompt: st.SearchStrategy[int], completion: st.SearchStrategy[int], part: st.SearchStrategy[int]
) -> st.SearchStrategy[Usage]:
    """Usage with such counters; the parts need not fit into the whole."""
    return st.builds(
        Usage,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=part,
        cache_write_tokens=part,
        prompt_audio_tokens=part,
        reasoning_tokens=part,
        completion_audio_tokens=part,
    )


def amounts(*, most: int = 100) -> st.SearchStrategy[Decimal]:
    """Sums of money as an account holds them: with 12 decimals."""
    return st.decimals(min_value=0, max_value=most, places=12)
