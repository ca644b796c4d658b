"""A training file, read as it comes."""

import json
import tracemalloc
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tollgate.datasets.examples import MAX_LINE_BYTES, Example
from tollgate.datasets.reading import FEWEST, Dataset, DatasetReader


def _pair(number: int) -> bytes:
    return json.dumps({"prompt": f"Question {number}", "completion": "Answer"}).encode()


def _read(*pieces: bytes) -> Dataset:
    reader = DatasetReader()
    for piece in pieces:
        reader.feed(piece)
    return reader.close()


def _some(count: int, end: bytes = b"\n") -> bytes:
    return b"".join(_pair(number) + end for number in range(count))


_LINES = st.lists(
    st.one_of(
        st.integers(0, 20).map(_pair),
        st.just(b'{"messages":[{"role":"assistant","content":"x"}]}'),
        st.sampled_from([b"", b"  ", b"\t", b"{", b"[]", b"\xff\xfe", b"null"]),
        st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")),
    ),
    max_size=30,
)


@given(
    lines=_LINES, ending=st.sampled_from([b"\n", b"\r\n"]), has_last=st.booleans(), cuts=st.lists(st.integers(0, 900))
)
def test_the_pieces_in_which_a_file_comes_change_nothing(
    lines: list[bytes], ending: bytes, has_last: bool, cuts: list[int]
) -> None:
    content = ending.join(lines) + (ending if has_last else b"")
    places = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})

    pieces = [content[start:end] for start, end in pairwise(places)]

    assert _read(*pieces) == _read(content)


@given(lines=_LINES)
def test_every_line_is_an_example_blank_or_a_problem(lines: list[bytes]) -> None:
    found = _read(b"".join(line + b"\n" for line in lines))

    assert found.examples + found.blank_lines + found.problem_count == len(lines)
    assert [problem.line for problem in found.problems] == sorted({problem.line for problem in found.problems})
    assert found.is_good == (found.problem_count == 0 and found.examples >= FEWEST)
    assert found.is_good or found.details


@given(count=st.integers(FEWEST, 40), bad=st.integers(0, 39))
def test_the_line_that_is_wrong_is_named(count: int, bad: int) -> None:
    lines = [_pair(number) for number in range(count)]
    lines.insert(min(bad, count), b"{broken")

    found = _read(b"\n".join(lines))

    assert found.problems[0].line == min(bad, count) + 1
    assert found.details is not None
    assert found.details.startswith(f"Line {min(bad, count) + 1} is not JSON")


def test_a_byte_order_mark_blank_lines_and_a_missing_end_are_fine() -> None:
    found = _read(b"\xef\xbb\xbf" + _some(FEWEST, b"\r\n\r\n").rstrip())

    assert (found.is_good, found.details, found.blank_lines) == (True, None, FEWEST - 1)


def test_ten_examples_are_enough_and_nine_are_not() -> None:
    assert _read(_some(10)).is_good
    assert _read(_some(9)).details == "too few examples: 9, and at least 10 are needed."


def test_duplicates_are_allowed_and_told() -> None:
    found = _read(_some(FEWEST) + _pair(0) + b"\n" + _pair(1))

    assert (found.is_good, found.duplicates, found.details) == (True, 2, "2 lines are duplicates.")


def test_a_file_has_one_form() -> None:
    found = _read(_some(FEWEST) + b'{"messages":[{"role":"assistant","content":"x"}]}\n')

    assert found.problems[0].line == FEWEST + 1
    assert "another form" in found.problems[0].message


def test_a_line_that_is_too_long_is_one_problem_and_the_next_one_is_read() -> None:
    found = _read(*[b"x" * 65_536] * 40, b"\n", _some(FEWEST))

    assert (found.problem_count, found.examples) == (1, FEWEST)
    assert str(found.problems[0]) == f"Line 1 is longer than {MAX_LINE_BYTES} bytes."


def test_after_a_thousand_problems_the_rest_is_left_alone() -> None:
    reader = DatasetReader()

    reader.feed(b"{\n" * 5_000)

    assert reader.has_seen_enough
    found = reader.close()
    assert (found.problem_count, len(found.problems), found.is_read) == (1_000, 20, False)
    assert (
        found.details == "Line 1 is not JSON (EOF while parsing an object at column 1). 999 more lines are no example."
    )


def test_a_file_of_any_length_takes_no_more_room_than_its_longest_line() -> None:
    reader = DatasetReader()
    tracemalloc.start()
    try:
        for _ in range(500):
            reader.feed(b"\0" * 262_144)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * MAX_LINE_BYTES
    assert reader.close().problem_count == 1


def test_what_is_good_is_handed_on_in_order() -> None:
    read: list[Example] = []
    reader = DatasetReader(read.append)

    reader.feed(b"[]\n" + _some(3))
    reader.close()

    assert [example.messages[0]["content"] for example in read] == ["Question 0", "Question 1", "Question 2"]
