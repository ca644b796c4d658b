"""Checks of themes."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from tollgate.wordpress.checks.common import COMMON, domain_problems, parse_problems
from tollgate.wordpress.checks.css import balance_problem
from tollgate.wordpress.checks.markup import CORE, Block, blocks
from tollgate.wordpress.checks.results import Check
from tollgate.wordpress.checks.schemas import violations
from tollgate.wordpress.checks.subjects import Subject, is_guarded
from tollgate.wordpress.generation.files import Files
from tollgate.wordpress.generation.names import cleaned
from tollgate.wordpress.generation.theme_plans import LOWEST_CONTRAST, ThemeSpec, hard_to_read, is_colour
from tollgate.wordpress.headers import field, missing
from tollgate.wordpress.php import name_of
from tollgate.wordpress.themes import theme_issues

_FIELDS: Final = (
    "Theme Name", "Description", "Version", "Requires at least", "Tested up to", "Requires PHP", "License",
    "License URI", "Text Domain",
)  # fmt: skip
_CLASSIC_CALLS: Final = {
    "header.php": ("wp_head", "wp_body_open", "body_class", "language_attributes"),
    "footer.php": ("wp_footer",),
}
_REFERENCE: Final = re.compile(r"var:preset\|([a-z-]+)\|([a-z0-9-]+)|--wp--preset--([a-z-]+?)--([a-z0-9-]+)")
# Where theme.json lists presets, and how references call them.
_PRESETS: Final = {
    "color": ("color", "palette"),
    "gradient": ("color", "gradients"),
    "duotone": ("color", "duotone"),
    "font-size": ("typography", "fontSizes"),
    "font-family": ("typography", "fontFamilies"),
    "spacing": ("spacing", "spacingSizes"),
}
# What WordPress defines itself: https://github.com/WordPress/gutenberg/blob/trunk/lib/theme.json
_CORE_PRESETS: Final[Mapping[str, frozenset[str]]] = {
    "spacing": frozenset({"20", "30", "40", "50", "60", "70", "80"}),
    "font-size": frozenset({"small", "medium", "large", "x-large"}),
    "color": frozenset({"black", "white"}),
}
# Attributes of blocks that name a preset.
_NAMING: Final = {
    "backgroundColor": "color", "textColor": "color", "borderColor": "color", "gradient": "gradient",
    "fontSize": "font-size", "fontFamily": "font-family",
}  # fmt: skip


class ThemeSubject(Subject):
    """A theme's files."""

    def __init__(self, spec: ThemeSpec, files: Files) -> None:
        super().__init__(files, spec.slug, str(spec))
        self.spec = spec

    @property
    def settings(self) -> dict[str, Any] | None:
        """theme.json; None where there is none and need be none.

        Raises Unreadable.
        """
        return self.json("theme.json") if self.spec.has_settings else None

    @cached_property
    def markup(self) -> list[tuple[str, Block | str]]:
        """The blocks of templates, parts and patterns, each with its file."""
        return [
            (name, block)
            for name, content in self.contents.items()
            if name.endswith(".html") or name.startswith("patterns/")
            for block in blocks(content)
        ]


def _header(subject: ThemeSubject) -> Iterator[str]:
    source = subject.contents.get("style.css", "")
    yield from missing(source, _FIELDS, "style.css")
    if field(source, "Theme Name") != cleaned(subject.spec.name):
        yield f"'Theme Name' is not '{cleaned(subject.spec.name)}'"
    if field(source, "Text Domain") != subject.spec.slug:
        yield f"'Text Domain' is not '{subject.spec.slug}'"
    expected = subject.spec.parent if subject.spec.type == "child_theme" else None
    if field(source, "Template") != expected:
        yield f"'Template' is not {expected or 'left out'}"
    header, end, _ = source.partition("*/")
    if not end or not header.startswith("/*\n") or any(f"{name}:" not in header for name in _FIELDS):
        yield "the header of style.css is not one comment"
    if problem := balance_problem(source):
        yield f"style.css: {problem}"


def _schema(subject: ThemeSubject) -> Iterator[str]:
    if subject.settings is None:
        return
    yield from violations("theme", subject.settings)
    if field(subject.contents["style.css"], "Requires at least") != "6.6":
        yield "theme.json has version 3, and style.css does not require WordPress 6.6"


def _colours(subject: ThemeSubject) -> Iterator[str]:
    colours = _setting(subject.settings, "color", "palette")
    for entry in colours:
        if not {"slug", "name", "color"} <= entry.keys() or not is_colour(str(entry["color"])):
            yield f"theme.json: the colour {entry.get('slug', entry)} lacks a name, or a value such as #1f4d5c"
    palette = {str(entry.get("slug")): str(entry.get("color")) for entry in colours}
    for text, behind in hard_to_read(palette):
        yield f"theme.json: {text} on {behind} has a contrast below {LOWEST_CONTRAST}"


def _setting(settings: dict[str, Any] | None, group: str, name: str) -> list[dict[str, Any]]:
    found = ((settings or {}).get("settings", {}).get(group) or {}).get(name)
    return found if isinstance(found, list) else []


def _parts(subject: ThemeSubject) -> Iterator[str]:
    settings = subject.settings or {}
    for folder, key in (("parts", "templateParts"), ("templates", "customTemplates")):
        for entry in settings.get(key, ()):
            if f"{folder}/{entry.get('name')}.html" not in subject.contents:
                yield f"theme.json names {folder}/{entry.get('name')}.html, which is not there"
    for name, block in subject.markup:
        if isinstance(block, Block) and block.name == "core/template-part":
            part = f"parts/{block.attributes.get('slug')}.html"
            if part not in subject.contents:
                yield f"{name} shows {part}, which is not there"
    if subject.spec.type != "child_theme":
        files = [(f"{subject.spec.slug}/{name}", content) for name, content in subject.contents.items()]
        yield from (f"{issue.file}: {issue.message}" for issue in theme_issues(files))


def _markup(subject: ThemeSubject) -> Iterator[str]:
    for name, block in subject.markup:
        if isinstance(block, str):
            yield f"{name}: {block}"
            continue
        namespace, _, own = block.name.partition("/")
        if not (namespace == "core" and own in CORE) and namespace != subject.spec.slug:
            yield f"{name} uses {block.name}, which neither WordPress nor the theme has"
    for name, content in subject.contents.items():
        if name.startswith("patterns/"):
            slug = field(content, "Slug")
            if field(content, "Title") is None or not (slug or "").startswith(f"{subject.spec.slug}/"):
                yield f"{name} has no header with a Title and a Slug of the theme's"
            if "register_block_pattern" in content:
                yield f"{name} registers itself, which WordPress does"


def _presets(subject: ThemeSubject) -> Iterator[str]:
    defined = {
        kind: {str(entry.get("slug")) for entry in _setting(subject.settings, *place)}
        | _CORE_PRESETS.get(kind, frozenset())
        for kind, place in _PRESETS.items()
    }
    for name, content in subject.contents.items():
        for match in _REFERENCE.finditer(content):
            kind, slug = (match[1], match[2]) if match[1] else (match[3], match[4])
            if slug not in defined.get(kind, set()):
                yield f"{name} refers to the preset {kind}/{slug}, which is not defined"
    for name, block in subject.markup:
        attributes = block.attributes if isinstance(block, Block) else {}
        for attribute, kind in _NAMING.items():
            slug = attributes.get(attribute)
            if slug is not None and slug not in defined[kind]:
                yield f"{name} refers to the preset {kind}/{slug}, which is not defined"


def _php(subject: ThemeSubject) -> Iterator[str]:
    yield from parse_problems(subject)
    yield from domain_problems(subject)
    for name, file in subject.in_language("php"):
        if not is_guarded(file, "ABSPATH"):
            yield f"{name} can be asked for directly: it does not check ABSPATH"
        for function in file.of("function_definition"):
            if not name_of(function).startswith(f"{subject.spec.prefix}_"):
                yield f"{name} declares {name_of(function)}, which does not begin with {subject.spec.prefix}_"
    if subject.spec.type == "classic_theme":
        for name, needed in _CLASSIC_CALLS.items():
            called = subject.file(name).called_names
            yield from (f"{name} does not call {function}()" for function in needed if function not in called)


CHECKS: Final = (
    *COMMON,
    Check("T1", "style.css has the theme's header, and it is one comment", _header),
    Check("T2", "theme.json is what WordPress's schema allows, in the version that the theme requires", _schema),
    Check("T3", "Every colour has a slug, a name and a value, and text can be read on what is behind it", _colours),
    Check("T4", "Every template and part that is named is there", _parts),
    Check("T5", "Blocks are opened and closed, known, and have attributes in JSON", _markup),
    Check("T6", "Every preset that is referred to is defined", _presets),
    Check("T7", "PHP parses, is guarded, prefixed and translated; classic themes call what WordPress needs", _php),
)
