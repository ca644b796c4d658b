"""Sources as trees. A grammar is loaded when the first file in its language comes."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from tollgate.wordpress.text import Text
from tollgate.wordpress.tree import Node, build

if TYPE_CHECKING:
    from tree_sitter import Parser

# HTML is what a PHP file is without its tags.
_GRAMMARS: Final = {
    "php": ("tree_sitter_php", "language_php"),
    "php_only": ("tree_sitter_php", "language_php_only"),
    "html": ("tree_sitter_php", "language_php"),
    "js": ("tree_sitter_javascript", "language"),
    "css": ("tree_sitter_css", "language"),
    "json": ("tree_sitter_json", "language"),
}


def parse(text: Text, grammar: str) -> Node:
    """The tree of a text; what the parser could not make sense of is marked in it."""
    return build(_parser(grammar).parse(text.parsed), text.content)


@cache
def _parser(grammar: str) -> "Parser":
    from tree_sitter import Language, Parser  # noqa: PLC0415 - an extension, for those who parse

    module, function = _GRAMMARS[grammar]
    return Parser(Language(getattr(import_module(module), function)()))
