"""When a delivery is tried."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tollgate.webhooks.schedule import ATTEMPTS, OFFSETS_S, due_at


def test_there_are_seven_attempts_within_a_day() -> None:
    assert OFFSETS_S == (0, 30, 120, 600, 3_600, 21_600, 86_400)
    assert ATTEMPTS == 7


@given(st.text(max_size=20), st.integers(0, 2**40), st.integers(2, ATTEMPTS))
def test_an_attempt_is_due_within_a_tenth_of_its_time(seed: str, begun_at: int, attempt: int) -> None:
    offset = OFFSETS_S[attempt - 1]

    due = due_at(attempt, begun_at=begun_at, now=begun_at, seed=seed)

    assert abs(due - begun_at - offset) <= offset / 10 + 0.5
    assert due == due_at(attempt, begun_at=begun_at, now=begun_at, seed=seed)


@given(st.text(max_size=20))
def test_attempts_come_one_after_the_other(seed: str) -> None:
    dues = [due_at(attempt, begun_at=0, now=-5, seed=seed) for attempt in range(1, ATTEMPTS + 1)]

    assert all(earlier < later for earlier, later in pairwise(dues))


def test_many_deliveries_of_one_moment_do_not_come_back_in_one() -> None:
    dues = [due_at(5, begun_at=0, now=0, seed=f"evt_{number}") for number in range(500)]

    assert len(set(dues)) > 200
    assert min(dues) < 3_300
    assert max(dues) > 3_900


def test_an_attempt_that_is_late_leaves_the_receiver_some_seconds() -> None:
    assert due_at(2, begun_at=0, now=1_000, seed="") == 1_005
