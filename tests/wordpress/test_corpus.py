"""Code as plugins have it: found where it is bad, left alone where it is safe; and the rules' own examples."""

import re
from pathlib import Path

import pytest

from tollgate.wordpress.analysis import analyze_file, analyze_source
from tollgate.wordpress.findings import Category, Rule
from tollgate.wordpress.rules import catalogue

_CORPUS = Path(__file__).parent / "corpus"
_EXPECTED = re.compile(r"expect: ([\w. ]+)")
_NAMES = {"php": "a.php", "js": "a.js", "json": "block.json"}

each_rule = pytest.mark.parametrize("rule", catalogue(), ids=lambda rule: rule.id)


def _found(path: Path) -> set[tuple[int, str]]:
    source = path.read_text(encoding="utf-8")
    return {
        (issue.line, issue.rule) for category in Category for issue in analyze_file(path.name, source, category).issues
    }


@pytest.mark.parametrize("path", sorted(_CORPUS.glob("*.bad.*")), ids=lambda path: path.name)
def test_every_line_that_is_bad_is_found(path: Path) -> None:
    expected = {
        (number, rule)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := _EXPECTED.search(line))
        for rule in match[1].split()
    }

    assert expected - _found(path) == set()


@pytest.mark.parametrize("path", sorted(_CORPUS.glob("*.safe.*")), ids=lambda path: path.name)
def test_nothing_is_found_in_what_is_safe(path: Path) -> None:
    assert _found(path) == set()


def test_the_corpus_has_a_line_for_nearly_every_rule() -> None:
    shown = {rule for path in _CORPUS.glob("*.bad.*") for _, rule in _found(path)}

    # A syntax error takes what follows along, and block.json is a file of its own: their examples are below.
    assert {rule.id for rule in catalogue()} - shown <= {"quality.parse_error", "security.unsafe_upload"}


@each_rule
def test_a_rule_finds_its_bad_example_and_not_its_good_one(rule: Rule) -> None:
    bad = analyze_source(rule.example.bad, rule.category)
    good = analyze_source(rule.example.good, rule.category)

    assert rule.id in [issue.rule for issue in bad.issues]
    assert rule.id not in [issue.rule for issue in good.issues]


@each_rule
def test_a_rule_is_worded_as_its_readers_need_it(rule: Rule) -> None:
    for sentence in (rule.message, rule.suggestion, rule.recommendation):
        assert re.fullmatch(r"\S.*[^.\s]", sentence)


def test_the_catalogue_has_every_rule_once() -> None:
    ids = [rule.id for rule in catalogue()]

    assert len(ids) == len(set(ids)) == 51
