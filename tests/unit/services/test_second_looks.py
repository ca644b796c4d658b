"""What a model says of code, and what of it is believed."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tollgate.services.wpllm.second_looks import MOST, fenced, verified
from tollgate.wordpress.analysis import analyze_source
from tollgate.wordpress.findings import Category, Issue
from tollgate.wordpress.text import Text

_SOURCE = "<?php\n$sum = total( 1 );\n\n\techo $sum;\n"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["line", "quote", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def _finding(**changes: Any) -> dict[str, Any]:
    usual = {"line": 2, "quote": "total", "severity": "low", "message": "It may fail", "suggestion": "Check it"}
    return {**usual, **changes}


def _believed(*findings: Any, source: str = _SOURCE, known: tuple[Issue, ...] = ()) -> list[Issue]:
    return verified(json.dumps({"findings": findings}), Text(source), known, Category.QUALITY)


def test_a_finding_that_quotes_its_line_is_an_issue_of_that_line() -> None:
    (issue,) = _believed(_finding(line=4, quote="echo"))

    assert (issue.line, issue.column, issue.code_snippet) == (4, 2, "echo $sum;")
    assert (issue.type, issue.origin, issue.range.end) == ("quality_issue", "model", (4, 12))


def test_what_names_no_line_or_quotes_another_is_dropped() -> None:
    wrong = [_finding(line=0), _finding(line=9), _finding(quote="echo"), _finding(quote=" "), _finding(line="2")]

    assert _believed(*wrong, _finding(severity="awful"), _finding(message=None), "total", None) == []


def test_a_statement_that_a_rule_has_found_is_not_found_again() -> None:
    known = analyze_source(_SOURCE, Category.SECURITY).issues

    assert [issue.line for issue in known] == [4]
    assert _believed(_finding(line=4, quote="echo"), known=tuple(known)) == []


def test_a_line_is_found_once_and_a_file_so_many_times() -> None:
    source = "\n".join(["total"] * 50)

    assert len(_believed(_finding(), _finding())) == 1
    assert len(_believed(*(_finding(line=line) for line in range(1, 51)), source=source)) == MOST


def test_words_of_a_model_are_one_line_of_bounded_length() -> None:
    (issue,) = _believed(_finding(message="a\n\nb" + "c" * 1_000))

    assert issue.message.startswith("a bccc")
    assert len(issue.message) == 300


@given(st.text(max_size=40) | _JSON.map(json.dumps) | _JSON.map(lambda value: json.dumps({"findings": [value]})))
def test_any_answer_has_an_outcome(answer: str) -> None:
    for issue in verified(answer, Text(_SOURCE), (), Category.SECURITY):
        assert 1 <= issue.line <= 4


@given(st.text(st.sampled_from("`a\n"), max_size=40))
def test_a_source_never_holds_its_own_fence(source: str) -> None:
    fence, _, rest = fenced(source).partition("\n")

    assert set(fence) == {"`"}
    assert rest.endswith(fence)
    assert fence not in rest.removesuffix(fence)
