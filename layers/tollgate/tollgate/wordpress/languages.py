"""In which language a source is written."""

import json
import re
from typing import Any, Final

from tollgate.wordpress.parsing import parse
from tollgate.wordpress.text import Text
from tollgate.wordpress.tree import Node

LANGUAGES: Final = ("php", "js", "css", "html", "json")

_BY_EXTENSION: Final = {
    "php": "php",
    "js": "js",
    "jsx": "js",
    "css": "css",
    "json": "json",
    "html": "html",
}
_HAS_PHP_TAG: Final = re.compile(r"<\?(?:php\b|=)", re.IGNORECASE)


def language_of_name(name: str) -> str | None:
    """The language by a file's extension; None where files of that kind are not looked at."""
    return _BY_EXTENSION.get(name.rpartition(".")[2].lower()) if "." in name else None


def language_of(source: str) -> str:
    """The language by the source itself: `php_only` is PHP that lacks its opening tag."""
    if _HAS_PHP_TAG.search(source):
        return "php"
    if source.lstrip().startswith("{") and isinstance(json_value(source), dict):
        return "json"
    text = Text(source)
    tree = parse(text, "js")
    if _is_surely_js(tree):
        return "js"
    return "php_only" if is_sound(parse(text, "php_only")) or not is_sound(tree) else "js"


def json_value(source: str) -> Any:
    """The value that a JSON text holds; None where it is none. JSON's own `null` is of no use to anybody here."""
    try:
        return json.loads(source)
    except (ValueError, RecursionError):
        return None


def is_sound(tree: Node) -> bool:
    """Whether the parser could make sense of everything."""
    return not any(node.is_broken for node in tree.walk())


def _is_surely_js(tree: Node) -> bool:
    statements = [node for node in tree.children if node.kind != "comment"]
    if statements and statements[0].kind in {"import_statement", "export_statement"}:
        return True
    return is_sound(tree) and any(
        node.kind.startswith("jsx_")
        or (node.kind == "identifier" and node.text == "wp" and node.parent is not None and node.field == "object")
        for node in tree.walk()
    )
