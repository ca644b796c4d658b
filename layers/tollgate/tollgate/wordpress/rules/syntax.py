"""What cannot be parsed."""

import json
import re
from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.tree import Node

# What stands between brackets: grammars lag behind what browsers know of CSS, and brackets, strings and comments are
# where a mistake takes the rest of the file along.
_CSS_PARTS: Final = re.compile(
    rb"/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|url\(\s*[^\"'\s)]*\s*\)|\\.|[{}()\[\]]|/\*|[\"']", re.DOTALL
)
_CLOSING: Final = {b"}": b"{", b")": b"(", b"]": b"["}


def _find(file: File) -> Iterator[Hit]:
    match file.language:
        case "json":
            offset = _json_mistake(file.source)
        case "css":
            offset = _css_mistake(file.text.parsed)
        case "html":
            offset = None
        case _:
            offset = next((node.start for node in file.nodes if node.is_broken), None)
    if file.too_deep is not None:
        yield Hit(_place(file, file.too_deep.start), None, "The source is nested too deep to be followed from here on")
    elif offset is not None:
        yield Hit(_place(file, offset))


def _place(file: File, offset: int) -> Node:
    """What is left of the line, which is no node of the tree."""
    source = file.text.content
    offset = min(offset, max(len(source.rstrip()) - 1, 0))
    while offset > 0 and source[offset] & 0xC0 == 0x80:
        # Not into the middle of a character.
        offset -= 1
    end = min((place for mark in (b"\n", b"\r") if (place := source.find(mark, offset)) >= 0), default=len(source))
    return Node("mistake", offset, max(end, offset), source, None, "")


def _json_mistake(source: str) -> int | None:
    try:
        json.loads(source, parse_constant=_refuse)
    except json.JSONDecodeError as exc:
        return len(source[: exc.pos].encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return 0
    return None


def _refuse(word: str) -> None:
    raise ValueError(word)


def _css_mistake(source: bytes) -> int | None:
    open_brackets: list[tuple[bytes, int]] = []
    for match in _CSS_PARTS.finditer(source):
        part = match[0]
        if part in {b"{", b"(", b"["}:
            open_brackets.append((part, match.start()))
        elif part in _CLOSING:
            if not open_brackets or open_brackets.pop()[0] != _CLOSING[part]:
                return match.start()
        elif part in {b"/*", b'"', b"'"}:
            return match.start()
    return open_brackets[0][1] if open_brackets else None


RULES = (
    Rule(
        name="parse_error",
        category=Category.QUALITY,
        severity=Severity.CRITICAL,
        message="The source cannot be parsed from here on",
        suggestion="Run php -l, or the linter of the language, and mend what it points at",
        recommendation="Mend the syntax first: nothing else can be relied on before",
        example=Example("<?php\nif (", "<?php\nif ( true ) {\n}"),
        find=_find,
        languages=frozenset({"php", "js", "css", "json"}),
        note="Found by every analysis, once. Statements without a mistake are still held against the other rules.",
    ),
)
