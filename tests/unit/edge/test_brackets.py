"""Names with brackets, as PHP reads them."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.edge.brackets import MOST_FIELDS, nested

NAMES = st.text("abcxyz_", min_size=1, max_size=4)
# A list that is empty has no fields at all.
VALUES = st.recursive(
    st.text(max_size=5),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=8,
)


def fields_of(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """A value as a form writes it."""
    if isinstance(value, str):
        yield name, value
    for step, inner in enumerate(value) if isinstance(value, list) else ():
        yield from fields_of(inner, f"{name}[{step}]")
    for step, inner in value.items() if isinstance(value, dict) else ():
        yield from fields_of(inner, f"{name}[{step}]")


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_is_written_with_brackets_is_read_as_it_was(body: dict[str, Any]) -> None:
    fields = [field for name, value in body.items() for field in fields_of(value, name)]
    depth = max((name.count("[") for name, _ in fields), default=0)

    assert depth >= 8 or nested(fields) == body


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([("a", "1"), ("a", "2")], {"a": "2"}),
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[5]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[x]", "1"), ("a[]", "2")], {"a": {"x": "1", "0": "2"}}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
        ([("a[b]", "1"), ("a", "2")], {"a": "2"}),
        ([("m[][role]", "user"), ("m[][role]", "user")], {"m": [{"role": "user"}, {"role": "user"}]}),
        ([("[a]", "1"), ("b[c", "2"), ("d]e", "3")], {"[a]": "1", "b[c": "2", "d]e": "3"}),
        ([("a[99999999999]", "1")], {"a": {"99999999999": "1"}}),
        ([], {}),
    ],
)
def test_oddities_are_read_as_php_reads_them(fields: list[tuple[str, str]], expected: Any) -> None:
    assert nested(fields) == expected


@given(st.lists(st.tuples(st.text("ab[]01", max_size=12), st.text(max_size=2)), max_size=20))
def test_no_name_is_too_odd(fields: list[tuple[str, str]]) -> None:
    assert len(nested(fields)) <= len(fields)


def test_what_is_nested_too_deep_is_left_out() -> None:
    assert nested([("a" + "[b]" * 8, "1"), ("c", "2")]) == {"c": "2"}


def test_only_so_many_fields_are_read() -> None:
    assert len(nested((f"a{number}", "1") for number in range(MOST_FIELDS + 5))) == MOST_FIELDS
