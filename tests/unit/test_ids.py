"""Identifiers."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tollgate.ids import new_id, ulid

TIMES = st.integers(0, 2**48 - 1)
RANDOMNESS = st.binary(min_size=10, max_size=10)


def test_an_id_says_what_it_names_and_has_26_characters_that_can_be_read_aloud() -> None:
    assert re.fullmatch(r"req_[0-9A-HJKMNP-TV-Z]{26}", new_id("req"))


def test_every_id_is_another_one() -> None:
    assert len({new_id("req") for _ in range(1_000)}) == 1_000


@given(TIMES, RANDOMNESS, TIMES, RANDOMNESS)
def test_ids_sort_as_their_times_do(one_ms: int, one: bytes, other_ms: int, other: bytes) -> None:
    assert (ulid(one_ms, one) < ulid(other_ms, other)) == ((one_ms, one) < (other_ms, other))


def test_an_id_has_the_layout_that_is_known_as_ulid() -> None:
    assert ulid(0, bytes(10)) == "0" * 26
    assert ulid(2**48 - 1, b"\xff" * 10) == "7" + "Z" * 25
    assert ulid(1, bytes(10)) == "0000000001" + "0" * 16
