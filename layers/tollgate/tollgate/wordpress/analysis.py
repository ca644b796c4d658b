"""A file held against the rules of one category: what was found, merged by statement, with a score."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from tollgate.wordpress import js, php
from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Hit, Issue, Rule, Severity
from tollgate.wordpress.knowledge import NONCE_CHECKS
from tollgate.wordpress.languages import language_of, language_of_name
from tollgate.wordpress.rules import place_of, rules_of
from tollgate.wordpress.scores import Deduction, hygiene, score_of
from tollgate.wordpress.tree import Node

LONGEST_SNIPPET: Final = 300
_CHECK_NONCES: Final = "Check a nonce before acting on what a form sends"
_SENT: Final = frozenset({"_POST", "_FILES", "_REQUEST"})


class Analysis(NamedTuple):
    """What an analysis of one file came to."""

    issues: Sequence[Issue]
    recommendations: Sequence[str]
    deductions: Sequence[Deduction]

    @property
    def score(self) -> Decimal:
        """From 0 to 10, to one decimal."""
        return score_of(self.issues, self.deductions)

    @property
    def notes(self) -> list[str]:
        """What was deducted, in words."""
        return [f"{one.note} (-{one.points})" for one in self.deductions]


class _Finding(NamedTuple):
    rule: Rule
    hit: Hit
    severity: Severity
    start: int
    end: int

    @property
    def order(self) -> tuple[int, int]:
        return self.severity.rank, place_of(self.rule.id)


NOTHING: Final = Analysis((), (), ())


def analyze_source(source: str, category: Category, *, language: str | None = None) -> Analysis:
    """A piece of code without a name."""
    if language == "php" and language_of(source) != "php":
        language = "php_only"
    return _analysis(File(source, language or language_of(source)), category)


def analyze_file(name: str, source: str, category: Category) -> Analysis:
    """A file, whose extension tells its language; nothing is found in one of another kind."""
    language = language_of_name(name)
    if language is None:
        return NOTHING
    return analyze_parsed(File(source, language, name), category)


def analyze_parsed(file: File, category: Category) -> Analysis:
    """A file with a name that has been parsed: what is worked out for one category serves the next."""
    analysis = _analysis(file, category)
    return analysis._replace(deductions=tuple(hygiene(file, category)))


def _analysis(file: File, category: Category) -> Analysis:
    rules = [rule for rule in rules_of(category) if file.too_deep is None or rule.name == "parse_error"]
    findings = [finding for rule in rules for finding in _findings(rule, file)]
    kept = _merged(findings)
    issues = sorted((_issue(finding, file) for finding in kept), key=in_order)
    return Analysis(tuple(issues), tuple(_recommendations(findings, file, category)), ())


def in_order(issue: Issue) -> tuple[int, int, int, int, int]:
    """Where an issue stands among others: by line, place, severity, rule."""
    start = issue.range.start
    return issue.line, start.line, start.column, issue.severity.rank, place_of(issue.rule)


def _findings(rule: Rule, file: File) -> Iterable[_Finding]:
    if file.language not in rule.languages and not (file.language == "html" and rule.name == "not_enqueued"):
        return
    if rule.name == "parse_error":
        for hit in rule.find(file):
            yield _Finding(rule, hit, rule.severity, hit.node.start, hit.node.end)
        return
    for hit in rule.find(file):
        start, end = unit_of(hit.node, file)
        if not file.is_broken(start, end):
            yield _Finding(rule, hit, hit.severity or rule.severity, start, end)


def unit_of(node: Node, file: File) -> tuple[int, int]:
    """The smallest statement around a node."""
    match file.language:
        case "php" | "html":
            return php.unit_of(node)
        case "js":
            return js.unit_of(node)
    return node.start, node.end


def _merged(findings: Iterable[_Finding]) -> Iterable[_Finding]:
    """For each statement and type of issue, the worst finding."""
    worst: dict[tuple[int, int, str], _Finding] = {}
    for finding in findings:
        key = finding.start, finding.end, finding.rule.category
        if key not in worst or finding.order < worst[key].order:
            worst[key] = finding
    return worst.values()


def _issue(finding: _Finding, file: File) -> Issue:
    text, rule, hit = file.text, finding.rule, finding.hit
    start, end = text.trimmed(finding.start, finding.end)
    if start >= end:
        start, end = finding.start, finding.end
    where = text.range(start, end)
    return Issue(
        line=where.start.line,
        column=text.indent(where.start.line),
        severity=finding.severity,
        type=rule.category.issue_type,
        message=hit.message or rule.message,
        suggestion=hit.suggestion or rule.suggestion,
        code_snippet=text.between(start, end)[:LONGEST_SNIPPET],
        rule=rule.id,
        range=where,
        cwe=rule.cwe,
    )


def _recommendations(findings: Sequence[_Finding], file: File, category: Category) -> list[str]:
    ordered = sorted(findings, key=lambda finding: finding.order)
    sentences = [finding.rule.recommendation for finding in ordered]
    if category is Category.SECURITY and file.language == "php" and _takes_forms_unchecked(file):
        sentences.append(_CHECK_NONCES)
    return list(dict.fromkeys(sentences))


def _takes_forms_unchecked(file: File) -> bool:
    return any(names & _SENT and not file.has_in(scope, NONCE_CHECKS) for scope, names in file.superglobals.items())
