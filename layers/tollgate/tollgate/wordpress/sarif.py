"""Findings as SARIF, which code hosts and editors show beside the code.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from tollgate.wordpress.findings import Issue, Severity
from tollgate.wordpress.rules import catalogue

MEDIA_TYPE: Final = "application/sarif+json"
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
# Code hosts sort by these: https://docs.github.com/en/code-security/reference/code-scanning/sarif-support
_URGENCIES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.0",
    Severity.LOW: "2.0",
}


def sarif(files: Sequence[tuple[str, Sequence[Issue]]], *, version: str) -> dict[str, Any]:
    """A log with one run: the rules that found something, and the findings of each file by its name."""
    found = {issue.rule for _, issues in files for issue in issues}
    rules = [_rule(rule) for rule in catalogue() if rule.id in found]
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "Tollgate", "semanticVersion": version, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(name, issue, places) for name, issues in files for issue in issues],
            }
        ],
    }


def _rule(rule: Any) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.message},
        "help": {"text": f"{rule.suggestion}."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": [rule.category.value, *([f"external/cwe/{rule.cwe.lower()}"] if rule.cwe else [])],
            **({"security-severity": _URGENCIES[rule.severity]} if rule.category == "security" else {}),
        },
    }


def _result(name: str, issue: Issue, places: Mapping[str, int]) -> dict[str, Any]:
    where = issue.range
    return {
        "ruleId": issue.rule,
        **({"ruleIndex": places[issue.rule]} if issue.rule in places else {}),
        "level": _LEVELS[issue.severity],
        "message": {"text": f"{issue.message}. {issue.suggestion}."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(name)},
                    "region": {
                        "startLine": where.start.line,
                        "startColumn": where.start.column,
                        "endLine": where.end.line,
                        "endColumn": where.end.column,
                        "snippet": {"text": issue.code_snippet},
                    },
                }
            }
        ],
        "properties": {"origin": issue.origin, "severity": issue.severity.value},
    }
