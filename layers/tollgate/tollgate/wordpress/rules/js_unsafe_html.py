"""HTML and code that scripts make of values."""

from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.js import arguments, called, is_literal, last_name
from tollgate.wordpress.tree import Node

_PROPERTIES: Final = frozenset({"innerHTML", "outerHTML"})
_CLEANERS: Final = frozenset(
    {"sanitize", "escapeHTML", "escapeHtml", "escapeAttribute", "safeHTML", "stripTags", "escape"}
)


def _find(file: File) -> Iterator[Hit]:
    for node in file.of("assignment_expression", "augmented_assignment_expression"):
        if last_name(node.get("left")) in _PROPERTIES and not _is_safe(node.get("right")):
            yield Hit(node)
    for node in file.of("call_expression"):
        yield from _in_call(node)
    for node in file.of("new_expression"):
        constructor = node.get("constructor")
        if constructor is not None and constructor.text == "Function" and not all(map(is_literal, arguments(node))):
            yield Hit(node, Severity.CRITICAL, "A value is run as code", "Take new Function() out")
    for node in file.of("jsx_attribute"):
        if node.children[0].text == "dangerouslySetInnerHTML" and not _is_safe(_html_of(node)):
            yield Hit(node)


def _in_call(node: Node) -> Iterator[Hit]:
    function, given = node.get("function"), arguments(node)
    if function is None or not given:
        return
    name = called(node)
    if function.kind == "identifier":
        if name == "eval" and not is_literal(given[0]):
            yield Hit(
                node, Severity.CRITICAL, "A value is run as code", "Take eval() out, and read data with JSON.parse()"
            )
        return
    subject = function.get("object")
    is_written = (
        name in {"write", "writeln"} and subject is not None and subject.text in {"document", "window.document"}
    )
    if (is_written or name == "html") and not _is_safe(given[0]):
        yield Hit(node)
    if name == "insertAdjacentHTML" and len(given) > 1 and not _is_safe(given[1]):
        yield Hit(node)


def _html_of(attribute: Node) -> Node | None:
    for node in attribute.walk():
        if node.kind == "pair" and node.children[0].text.strip("'\"") == "__html":
            return node.children[-1]
    return attribute.children[-1]


def _is_safe(value: Node | None) -> bool:
    return value is None or is_literal(value) or called(value) in _CLEANERS or value.kind.endswith("function")


RULES = (
    Rule(
        name="js_unsafe_html",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="A value becomes HTML",
        suggestion="Set textContent, or take the value through DOMPurify.sanitize()",
        recommendation="Put values into pages as text, not as HTML",
        example=Example("box.innerHTML = '<b>' + name + '</b>';", "box.textContent = name;", "js"),
        find=_find,
        languages=frozenset({"js"}),
        cwe="CWE-79",
        note="Critical for eval() and new Function().",
    ),
)
