"""The one form of JSON that every receiver hashes in the same way, held against JavaScript itself."""

import json
import subprocess
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.node import node
from tollgate.webhooks.canonical import canonical

_NUMBERS = st.one_of(st.floats(), st.integers(), st.integers(-(10**25), 10**25), st.decimals(allow_nan=False))
_TEXTS = st.text(st.characters(codec=None), max_size=8)
_NAMES = st.one_of(_TEXTS, st.integers(0, 2**33).map(str), st.sampled_from(["__proto__", "01", "-1", "1.5", ""]))
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_NAMES, inner, max_size=5)),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"score": 9.0, "a": [1, "x"]}, '{"score":9,"a":[1,"x"]}'),
        (9.5, "9.5"),
        (-0.0, "0"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"),
        (123456.0, "123456"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.25e22, "-1.25e+22"),
        (2**53 - 1, "9007199254740991"),
        (12345678901234567890, "12345678901234567000"),
        (10**400, "null"),
        (float("nan"), "null"),
        (float("inf"), "null"),
        ("Grüße /\u2028\x7f\n\x01", '"Grüße /\u2028\x7f\\n\\u0001"'),
        ("a\ud800b", '"ab"'),
        ("\ud83d\ude00", '"😀"'),
        ({"b": 1, "10": 2, "9": 3, "a": 4, "4294967295": 5}, '{"9":3,"10":2,"b":1,"a":4,"4294967295":5}'),
        ((True, None), "[true,null]"),
    ],
)
def test_a_value_has_one_form(value: Any, text: str) -> None:
    assert canonical(value) == text


def test_what_json_has_no_form_of_is_refused() -> None:
    with pytest.raises(TypeError, match="a bytes has no form in JSON"):
        canonical({"a": b"x"})


@given(_VALUES)
def test_the_form_is_its_own(value: Any) -> None:
    text = canonical(value)

    assert canonical(json.loads(text)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1.7976931348623157e308)
def test_a_number_is_the_same_one_when_it_is_read_again(value: float) -> None:
    assert float(json.loads(canonical(value))) == value


_AGAIN = """
const lines = require("fs").readFileSync(0, "utf8").split("\\u0000");
process.stdout.write(lines.map((line) => JSON.stringify(JSON.parse(line))).join("\\u0000"));
"""


def test_javascript_writes_again_what_it_has_read() -> None:
    texts: list[str] = []

    @given(_VALUES)
    def collect(value: Any) -> None:
        texts.append(canonical(value))

    collect()
    again = subprocess.run([node(), "-e", _AGAIN], input="\0".join(texts).encode(), capture_output=True, check=True)

    assert again.stdout.decode().split("\0") == texts
    assert len(texts) > 20
