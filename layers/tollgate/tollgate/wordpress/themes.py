"""What a theme lacks as a whole, whichever way it is looked at."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from tollgate.wordpress.findings import Severity
from tollgate.wordpress.languages import json_value
from tollgate.wordpress.rules.schemas import problems

_NAME: Final = re.compile(r"^[ \t/*#@]*Theme Name:[ \t]*\S", re.MULTILINE | re.IGNORECASE)
_DOMAIN: Final = re.compile(r"^[ \t/*#@]*Text Domain:[ \t]*([^\s*]+)", re.MULTILINE | re.IGNORECASE)
_HEADER_BYTES: Final = 8_192
"""What WordPress reads of a file to find its header."""


class ThemeIssue(NamedTuple):
    """A finding that is about the theme, and about no line of it."""

    rule: str
    severity: Severity
    message: str
    suggestion: str
    file: str


def theme_issues(files: Sequence[tuple[str, str]]) -> list[ThemeIssue]:
    """What is wrong with a theme of these names and contents; of equal names the last counts."""
    folder, inside = _without_folder({name.replace("\\", "/").lstrip("./"): content for name, content in files})
    # A classic theme may have a theme.json too.
    is_block_theme = any(name.startswith("templates/") for name in inside) or (
        "theme.json" in inside and "index.php" not in inside
    )
    return [*_header(inside, folder), *_templates(inside, is_block_theme=is_block_theme), *_settings(inside)]


def _without_folder(files: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """The theme's folder, where all names have one and a theme's own folders are none, and the files inside of it."""
    tops = {name.partition("/")[0] for name in files}
    if len(tops) == 1 and all("/" in name for name in files) and not tops & {"templates", "parts", "patterns", "inc"}:
        (folder,) = tops
        return folder, {name.partition("/")[2]: content for name, content in files.items()}
    return "", files


def _header(files: Mapping[str, str], folder: str) -> Iterator[ThemeIssue]:
    header = files.get("style.css")
    if header is None:
        yield _issue("missing_style", "The theme has no style.css", "Add style.css with a Theme Name", "style.css")
        return
    header = header[:_HEADER_BYTES]
    if not _NAME.search(header):
        message = "style.css has no header with a Theme Name"
        yield _issue("missing_name", message, "Begin style.css with a comment that has a Theme Name", "style.css")
    domain = _DOMAIN.search(header)
    if folder and domain and domain[1] != folder:
        yield ThemeIssue(
            "theme.text_domain",
            Severity.LOW,
            "The text domain is not the name of the theme's folder",
            "Set Text Domain in style.css to the folder's name",
            "style.css",
        )


def _templates(files: Mapping[str, str], *, is_block_theme: bool) -> Iterator[ThemeIssue]:
    needed = "templates/index.html" if is_block_theme else "index.php"
    if needed not in files and not (is_block_theme and "block-templates/index.html" in files):
        kind = "block" if is_block_theme else "classic"
        yield _issue("missing_index", f"A {kind} theme needs {needed}", f"Add {needed}", needed)


def _settings(files: Mapping[str, str]) -> Iterator[ThemeIssue]:
    if (source := files.get("theme.json")) is None:
        return
    value = json_value(source)
    if not isinstance(value, dict):
        yield _issue("invalid_theme_json", "theme.json is no JSON object", "Mend its syntax", "theme.json")
        return
    for problem in problems("theme.json", value):
        suggestion = "Compare it with https://schemas.wp.org/trunk/theme.json"
        yield _issue("invalid_theme_json", f"theme.json: {problem.message}", suggestion, "theme.json")


def _issue(rule: str, message: str, suggestion: str, file: str) -> ThemeIssue:
    return ThemeIssue(f"theme.{rule}", Severity.HIGH, message, suggestion, file)
