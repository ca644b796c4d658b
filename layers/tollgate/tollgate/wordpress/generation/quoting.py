"""Texts as parts of a file: what stands in quotes, comments, markup and headers of the languages that are written."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from tollgate.wordpress.generation.names import cleaned

LONGEST_DESCRIPTION: Final = 140


def php_text(text: str) -> str:
    """A text in single quotes for PHP, in which only two characters mean anything."""
    return "'" + cleaned(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def js_text(text: str) -> str:
    """A text in single quotes for JavaScript, safe within a script element too."""
    escaped = cleaned(text).replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("</", "<\\/").replace("<!--", "<\\!--") + "'"


def html_text(text: str) -> str:
    """A text between tags or in a quoted attribute."""
    plain = cleaned(text)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#039;")):
        plain = plain.replace(sign, entity)
    return plain


def json_text(value: Any) -> str:
    """A value as a JSON file has it: with tabs, and a line end behind it."""
    return json.dumps(value, ensure_ascii=False, indent="\t") + "\n"


def attributes_text(value: Any) -> str:
    """A value as a block comment's attributes, which must not hold two hyphens in a row, nor signs of markup.

    https://developer.wordpress.org/reference/functions/serialize_block_attributes/
    """
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign, escape in (("--", "\\u002d\\u002d"), ("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        written = written.replace(sign, escape)
    return written


def pot_text(text: str) -> str:
    """A text in double quotes for a catalogue of translations."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def shortened(text: str, longest: int) -> str:
    """A line cut between two words, so that it has fewer characters than `longest`."""
    line = cleaned(text)
    if len(line) < longest:
        return line
    cut = line[: longest - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > longest // 2 else cut).rstrip(" ,;:-")


FILTERS: Final[Mapping[str, Callable[[str], str]]] = {
    "id": str,
    "header": cleaned,
    "php": php_text,
    "js": js_text,
    "html": html_text,
}
"""How a template says where a value is going to stand. `id` is for what is made of letters, digits and hyphens, and for
what was written for that place."""
