"""CSS as checks read it: its rules, and whether they touch anything but what they are for."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRING: Final = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_REACHING_OUT: Final = re.compile(r"@import|@charset|@namespace|url\s*\(|expression\s*\(|javascript:|</", re.IGNORECASE)
_GROUPING: Final = ("@media", "@container", "@supports", "@layer")


class Rule(NamedTuple):
    """A style rule: its selectors, and what stands between its braces."""

    selectors: tuple[str, ...]
    body: str


def balance_problem(source: str) -> str | None:
    """What is wrong with the braces of a style sheet; None where they balance."""
    depth = 0
    for character in plain(source):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return "a brace is closed that was not opened"
    return "a brace is not closed" if depth else None


def plain(source: str) -> str:
    """A style sheet without its comments, and with nothing in its strings."""
    return _STRING.sub("''", _COMMENT.sub(" ", source))


def rules(source: str) -> Iterator[Rule]:
    """The style rules, those inside of media queries too."""
    text = plain(source)
    start = place = 0
    while (place := text.find("{", start)) >= 0:
        head = text[start:place].rpartition("}")[2].strip()
        if head.lower().startswith(_GROUPING):
            start = place + 1
            continue
        end = text.find("}", place)
        end = len(text) if end < 0 else end
        yield Rule(tuple(part.strip() for part in head.split(",")), text[place + 1 : end].strip())
        start = end + 1


def added_problems(source: str, css_class: str) -> Iterator[str]:
    """What is wrong with styles that are added to a block's: they are about the block alone, and fetch nothing."""
    if problem := balance_problem(source):
        yield f"css: {problem}"
        return
    if found := _REACHING_OUT.search(plain(source)) or _REACHING_OUT.search(source):
        yield f"css: '{found[0]}' is not allowed"
    listed = list(rules(source))
    if not listed or plain(source).rpartition("}")[2].strip():
        yield "css: it is no list of rules"
    for rule in listed:
        for selector in rule.selectors:
            if not re.match(
                rf"\.{re.escape(css_class)}(?:__[\w-]+)?(?![\w-])", selector.removeprefix(":root ").strip()
            ):
                yield f"css: the selector '{selector[:80]}' does not begin with .{css_class}"
        if rule.body and ":" not in rule.body:
            yield f"css: '{rule.body[:80]}' is no declaration"
