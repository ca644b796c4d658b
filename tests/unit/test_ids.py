"""Identifiers."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tollgate.ids import Ulids, new_id

_MILLISECONDS = st.integers(min_value=0, max_value=2**48 - 1)
_RANDOM = st.integers(min_value=0, max_value=2**80 - 1)


def _ulids(*moments: int, randomness: int = 0) -> list[str]:
    times = iter(moments)
    ulids = Ulids(milliseconds=lambda: next(times), random_bits=lambda _: randomness)
    return [ulids.next() for _ in moments]


def test_an_id_is_its_prefix_and_26_characters_that_read_aloud() -> None:
    assert re.fullmatch(r"key_[0-9A-HJKMNP-TV-Z]{26}", new_id("key"))


def test_ids_of_one_process_sort_in_the_order_in_which_they_were_made() -> None:
    ids = [new_id("led") for _ in range(2000)]

    assert ids == sorted(set(ids))


@given(st.lists(_MILLISECONDS, min_size=2, max_size=8), _RANDOM.filter(lambda bits: bits < 2**79))
def test_they_sort_so_within_a_millisecond_and_when_the_clock_steps_back(moments: list[int], randomness: int) -> None:
    made = _ulids(*moments, randomness=randomness)

    assert made == sorted(set(made))


@given(_MILLISECONDS, _MILLISECONDS, _RANDOM)
def test_those_of_different_processes_sort_by_time(one: int, other: int, randomness: int) -> None:
    earlier, later = sorted((one, other))

    assert _ulids(earlier, randomness=randomness)[0] <= _ulids(later, randomness=randomness)[0]
