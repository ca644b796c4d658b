"""Checks of everything that is generated, whatever it is."""

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Final

from tollgate.wordpress.analysis import analyze_parsed
from tollgate.wordpress.checks.results import Check
from tollgate.wordpress.checks.subjects import Subject
from tollgate.wordpress.findings import Category, Severity
from tollgate.wordpress.js import arguments as js_arguments
from tollgate.wordpress.js import called as js_called
from tollgate.wordpress.js import text_of as js_text_of
from tollgate.wordpress.knowledge import words
from tollgate.wordpress.php import argument, called, text_of
from tollgate.wordpress.rules import catalogue

_MISTAKES: Final = next(rule for rule in catalogue() if rule.name == "parse_error")
LOWEST_SCORE: Final = Decimal(9)
_FENCE: Final = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)
_STUB: Final = re.compile(
    r"^\s*(?:\.\.\.|…)\s*$|\b(?:lorem ipsum|content here|your code here|code goes here|existing code)\b|\bTODO\b",
    re.IGNORECASE | re.MULTILINE,
)
_FORBIDDEN: Final = words(
    "eval exec system shell_exec passthru popen proc_open pcntl_exec create_function assert base64_decode gzinflate "
    "str_rot13 unserialize phpinfo var_dump dl putenv extract call_user_func_array move_uploaded_file"
)
# Where each function of gettext expects the text domain.
_DOMAINS: Final = {
    "__": 1, "_e": 1, "esc_html__": 1, "esc_html_e": 1, "esc_attr__": 1, "esc_attr_e": 1,
    "_x": 2, "_ex": 2, "esc_html_x": 2, "esc_attr_x": 2, "_n_noop": 2, "_n": 3, "_nx_noop": 3, "_nx": 4,
}  # fmt: skip
_JS_DOMAINS: Final = {"__": 1, "_x": 2, "_n": 3, "_nx": 4}
# Syntax that PHP 7.4 does not know, by what the grammar calls it.
_NEW_SYNTAX: Final = words(
    "match_expression enum_declaration nullsafe_member_call_expression nullsafe_member_access_expression union_type "
    "intersection_type disjunctive_normal_form_type attribute_list property_promotion_parameter readonly_modifier "
    "throw_expression property_hook_list"
)


def _names(subject: Subject) -> Iterator[str]:
    seen: set[str] = set()
    for name in subject.contents:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
            yield f"'{name}' is no relative path"
        if name.lower() in seen:
            yield f"'{name}' is there twice"
        seen.add(name.lower())


def _encoding(subject: Subject) -> Iterator[str]:
    for name, content in subject.contents.items():
        if "\r" in content or content.startswith("\ufeff") or "\0" in content:
            yield f"{name} has carriage returns, a byte order mark or zero bytes"
        if not content.endswith("\n"):
            yield f"{name} does not end with a line end"
    for name, file in subject.in_language("php"):
        if "text" not in file.by_kind and file.source.rstrip().endswith("?>"):
            yield f"{name} is PHP alone, and ends with a closing tag"


def _stubs(subject: Subject) -> Iterator[str]:
    for name, content in subject.contents.items():
        if name.endswith((".txt", ".md")):
            continue
        if _FENCE.search(content):
            yield f"{name} holds a Markdown fence"
        for found in _STUB.finditer(content):
            # Somebody may keep a list of what is to do.
            if found[0].strip().lower() not in subject.asked:
                yield f"{name} holds '{found[0].strip()}' in place of content"


def parse_problems(subject: Subject) -> Iterator[str]:
    """Files that cannot be parsed, and syntax that PHP 7.4 does not know."""
    for name, file in subject.parsed.items():
        for hit in _MISTAKES.find(file):
            yield f"{name}:{file.text.position(hit.node.start).line} cannot be parsed"
        if file.language == "php":
            yield from (f"{name} uses {kind.replace('_', ' ')}, newer than PHP 7.4" for kind in _newer(file.by_kind))


def _newer(kinds: Collection[str]) -> list[str]:
    return sorted(_NEW_SYNTAX.intersection(kinds))


def domain_problems(subject: Subject) -> Iterator[str]:
    """Calls of gettext with another text domain, or with none that is a literal."""
    for name, file in subject.in_language("php"):
        for call in file.calls(*_DOMAINS):
            if text_of(argument(call, _DOMAINS[called(call)], "domain")) != subject.domain:
                yield f"{name}:{file.text.position(call.start).line} is not translated in '{subject.domain}'"
    for name, file in subject.in_language("js"):
        for call in file.of("call_expression"):
            place = _JS_DOMAINS.get(js_called(call))
            if place is None:
                continue
            given = js_arguments(call)
            if len(given) <= place or js_text_of(given[place]) != subject.domain:
                yield f"{name}:{file.text.position(call.start).line} is not translated in '{subject.domain}'"


def _analysis(subject: Subject) -> Iterator[str]:
    for name, file in subject.parsed.items():
        for category in Category:
            analysis = analyze_parsed(file, category)
            for issue in analysis.issues:
                if issue.severity in {Severity.CRITICAL, Severity.HIGH}:
                    yield f"{name}:{issue.line} {issue.message} ({issue.rule}). {issue.suggestion}"
            if category is Category.SECURITY and analysis.score < LOWEST_SCORE:
                worst = "; ".join(f"line {issue.line}: {issue.message}" for issue in analysis.issues)
                yield f"{name} scores {analysis.score} of 10 in security: {worst or '; '.join(analysis.notes)}"
    for name, file in subject.in_language("php"):
        for call in file.calls(*sorted(_FORBIDDEN)):
            yield f"{name}:{file.text.position(call.start).line} calls {called(call) or call.text}()"
        for node in file.of("shell_command_expression"):
            yield f"{name}:{file.text.position(node.start).line} runs a program"


COMMON: Final = (
    Check("C1", "File names are relative, and each is there once", _names),
    Check("C2", "UTF-8 with plain line ends, the last line ended, no closing tag in PHP", _encoding),
    Check("C3", "No Markdown fences, and nothing left out", _stubs),
    Check("C4", "The analysis finds nothing critical or high; security scores 9 of 10 or more", _analysis),
)
