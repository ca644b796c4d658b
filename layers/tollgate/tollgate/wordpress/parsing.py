"""Sources as trees. A grammar is loaded when the first file in its language comes."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from tollgate.wordpress.text import Text
from tollgate.wordpress.tree import Node, build

if TYPE_CHECKING:
    from tree_sitter import Language

# HTML is what a PHP file is without its tags.
_GRAMMARS: Final = {
    "php": ("tree_sitter_php", "language_php"),
    "php_only": ("tree_sitter_php", "language_php_only"),
    "html": ("tree_sitter_php", "language_php"),
    "js": ("tree_sitter_javascript", "language"),
    "json": ("tree_sitter_json", "language"),
}


def parse(text: Text, language: str) -> Node:
    """The tree of a text; what the parser could not make sense of is marked in it.

    No rule reads CSS, whose only node is its text.
    """
    if language not in _GRAMMARS:
        return Node(language, 0, len(text.content), text.content)
    from tree_sitter import Parser  # noqa: PLC0415 - an extension, for those who parse

    # Texts are parsed in several threads at once, which a parser is not made for.
    return build(Parser(_grammar(language)).parse(text.parsed), text.content)


@cache
def _grammar(language: str) -> "Language":
    from tree_sitter import Language  # noqa: PLC0415 - as above

    module, function = _GRAMMARS[language]
    return Language(getattr(import_module(module), function)())
