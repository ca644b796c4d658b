"""Names that others may have too, and what is said about them."""

import re
from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.knowledge import words
from tollgate.wordpress.php import CLASSES, FUNCTIONS, arguments, name_of, text_of
from tollgate.wordpress.tree import Node

_PREFIXED: Final = re.compile(r"_*[A-Za-z][A-Za-z0-9]{3,}_")
# Constants that WordPress or its caches ask for by these names.
_EXPECTED: Final = words(
    "ABSPATH WPINC DOING_AJAX DOING_CRON DOING_AUTOSAVE DONOTCACHEPAGE DONOTCACHEDB DONOTMINIFY WP_DEBUG "
    "WP_DEBUG_LOG WP_DEBUG_DISPLAY WP_USE_THEMES WP_UNINSTALL_PLUGIN IFRAME_REQUEST WP_CACHE SCRIPT_DEBUG"
)  # fmt: skip


def _find_unprefixed(file: File) -> Iterator[Hit]:
    has_namespace = "namespace_definition" in file.by_kind
    if not has_namespace:
        for node in file.of("function_definition", *(CLASSES - {"anonymous_class"})):
            is_global = node.inside(*FUNCTIONS, *CLASSES) is None
            if is_global and not _PREFIXED.match(name_of(node)):
                yield Hit(node)
        for element in file.of("const_element"):
            if element.inside(*CLASSES) is None and not _PREFIXED.match(element.children[0].text):
                yield Hit(element)
    for call in file.calls("define"):
        name = next((text_of(value) for value in arguments(call)[:1]), "")
        if name and "\\" not in name and name not in _EXPECTED and not _PREFIXED.match(name):
            yield Hit(call)


def _find_undocumented(file: File) -> Iterator[Hit]:
    for node in file.of("function_definition", "method_declaration", *(CLASSES - {"anonymous_class"})):
        if not _is_documented(node):
            yield Hit(node)


def _is_documented(node: Node) -> bool:
    before = node.previous
    return before is not None and before.kind == "comment" and before.text.startswith("/**")


RULES = (
    Rule(
        name="unprefixed",
        category=Category.QUALITY,
        severity=Severity.LOW,
        message="A global name has no prefix of its own, so another plugin may have it too",
        suggestion="Put a prefix of four letters or more before it, as in shop_save(), or use a namespace",
        recommendation="Give global names a prefix, or use a namespace",
        example=Example(
            "<?php\n/** Saves. */\nfunction save() {\n}", "<?php\n/** Saves. */\nfunction shop_save() {\n}"
        ),
        find=_find_unprefixed,
    ),
    Rule(
        name="docblock",
        category=Category.QUALITY,
        severity=Severity.LOW,
        message="A function or class says nothing about itself",
        suggestion="Write a docblock before it, with @param and @return",
        recommendation="Give functions and classes a docblock",
        example=Example("<?php\nfunction shop_save() {\n}", "<?php\n/** Saves the shop. */\nfunction shop_save() {\n}"),
        find=_find_undocumented,
    ),
)
