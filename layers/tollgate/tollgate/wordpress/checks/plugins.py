"""Checks of plugins."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from tollgate.wordpress.checks.common import COMMON, domain_problems, parse_problems
from tollgate.wordpress.checks.results import Check
from tollgate.wordpress.checks.subjects import Subject, is_guarded
from tollgate.wordpress.files import File
from tollgate.wordpress.generation.files import Files
from tollgate.wordpress.generation.names import cleaned, pascal_case
from tollgate.wordpress.generation.plugin_plans import PluginSpec
from tollgate.wordpress.generation.plugins import LONGEST_SUMMARY
from tollgate.wordpress.generation.quoting import LONGEST_DESCRIPTION
from tollgate.wordpress.headers import field, missing
from tollgate.wordpress.php import CLASSES, FUNCTIONS, argument, called, entry_of, name_of, text_of
from tollgate.wordpress.tree import Node

_FIELDS: Final = (
    "Plugin Name", "Description", "Version", "Requires at least", "Requires PHP", "License", "Text Domain",
    "Domain Path",
)  # fmt: skip
_README_FIELDS: Final = (
    "Contributors", "Tags", "Requires at least", "Tested up to", "Requires PHP", "Stable tag", "License", "License URI",
)  # fmt: skip
_REQUIRES: Final = ("require_once_expression", "require_expression", "include_once_expression", "include_expression")
# What WordPress, a test runner or nobody asks for.
_STANDING_ALONE: Final = re.compile(r"uninstall\.php|(?:.+/)?index\.php|.+\.asset\.php|tests/.+|bin/.+")


class PluginSubject(Subject):
    """A plugin's files, and how it was to be instructed to install them."""

    def __init__(self, spec: PluginSpec, files: Files, instructions: str) -> None:
        super().__init__(files, spec.slug, str(spec))
        self.spec = spec
        self.instructions = instructions

    @property
    def main(self) -> str:
        """The name of the main file."""
        return f"{self.spec.slug}.php"

    @cached_property
    def own(self) -> list[tuple[str, File]]:
        """The PHP files that are run on a site."""
        return [(name, file) for name, file in self.in_language("php") if not name.startswith("tests/")]


def _header(subject: PluginSubject) -> Iterator[str]:
    source = subject.file(subject.main).source
    yield from missing(source, _FIELDS, subject.main)
    if field(source, "Plugin Name") != cleaned(subject.spec.name):
        yield f"'Plugin Name' is not '{cleaned(subject.spec.name)}'"
    if len(field(source, "Description") or "") >= LONGEST_DESCRIPTION:
        yield f"'Description' has {LONGEST_DESCRIPTION} characters or more"
    if field(source, "Text Domain") != subject.spec.slug:
        yield f"'Text Domain' is not '{subject.spec.slug}'"
    if field(source, "Version") != "1.0.0":
        yield "'Version' is not 1.0.0"
    if "readme.txt" in subject.contents:
        yield from _readme(subject.contents["readme.txt"], subject.spec, version=field(source, "Version"))


def _readme(source: str, spec: PluginSpec, *, version: str | None) -> Iterator[str]:
    """What is wrong with readme.txt.

    https://developer.wordpress.org/plugins/wordpress-org/how-your-readme-txt-works/
    """
    if source.partition("\n")[0] != f"=== {cleaned(spec.name)} ===":
        yield "readme.txt does not begin with the plugin's name"
    yield from missing(source, _README_FIELDS, "readme.txt")
    if field(source, "Stable tag") != version:
        yield f"readme.txt: 'Stable tag' is not {version}"
    for section in ("Description", "Changelog"):
        if f"\n== {section} ==\n" not in source:
            yield f"readme.txt has no section '{section}'"
    summary = source.partition("\n\n")[2].partition("\n")[0]
    if not 0 < len(summary) <= LONGEST_SUMMARY:
        yield f"readme.txt: the short description has none or more than {LONGEST_SUMMARY} characters"


def _parses(subject: PluginSubject) -> Iterator[str]:
    yield from parse_problems(subject)
    for name, file in subject.own:
        if not file.source.startswith("<?php\n"):
            yield f"{name} does not begin with the tag"
        constant = "WP_UNINSTALL_PLUGIN" if name == "uninstall.php" else "ABSPATH"
        if not is_guarded(file, constant):
            yield f"{name} can be asked for directly: it does not check {constant}"


def _reachable(subject: PluginSubject) -> Iterator[str]:
    waiting, reached = [subject.main], set()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for target in required(subject.file(name), name):
            if target not in subject.contents:
                yield f"{name} requires {target}, which is not there"
            else:
                waiting.append(target)
    for name, _ in subject.in_language("php"):
        if name not in reached and not _STANDING_ALONE.fullmatch(name):
            yield f"{name} is required by no file"
    for name in subject.contents:
        folder = str(PurePosixPath(name).parent)
        if name.endswith("block.json") and not any(folder in subject.contents[one] for one in reached):
            yield f"{name} is registered by no file"


def required(file: File, name: str) -> Iterator[str]:
    """The files that a file requires, by their paths; what is put together at run time is told as it stands."""
    folder = PurePosixPath(name).parent
    for node in file.of(*_REQUIRES):
        parts = [one for one in node.walk() if one.kind == "string_content"]
        names_folder = any(one.kind == "name" and one.text == "__DIR__" for one in node.walk())
        if len(parts) == 1 and names_folder:
            yield str(folder / parts[0].text.lstrip("/"))
        else:
            yield node.text


def _symbols(subject: PluginSubject) -> Iterator[str]:
    seen: dict[str, str] = {}
    prefix, class_prefix = subject.spec.prefix, pascal_case(subject.spec.prefix)
    for name, file in subject.own:
        for kind, symbol in _declared(file):
            if symbol.lower() in seen:
                yield f"{symbol} is declared in {seen[symbol.lower()]} and in {name}"
            seen[symbol.lower()] = name
            expected = class_prefix if kind == "class" else prefix
            if not symbol.lower().startswith(f"{expected.lower()}_") and symbol.lower() != expected.lower():
                yield f"{name} declares {symbol}, which does not begin with {expected}_"


def _declared(file: File) -> Iterator[tuple[str, str]]:
    for node in file.of("function_definition", *sorted(CLASSES - {"anonymous_class"})):
        if node.inside(*FUNCTIONS, *CLASSES) is None:
            yield "class" if node.kind in CLASSES else "function", name_of(node)
    for call in file.calls("define"):
        yield "constant", text_of(argument(call, 0))
    for element in file.of("const_element"):
        if element.inside(*CLASSES) is None:
            yield "constant", element.children[0].text


def _post_types(subject: PluginSubject) -> Iterator[str]:
    known = {"post", "page"}
    mentioned: list[tuple[str, str]] = []
    for name, file in subject.own:
        known |= {text_of(argument(call, 0)) for call in file.calls("register_post_type")}
        mentioned += [(name, text) for text in _mentioned(file) if text]
    for name, text in mentioned:
        if text not in known:
            yield f"{name} is about the post type '{text}', which is not registered"


def _mentioned(file: File) -> Iterator[str]:
    for call in file.calls("add_meta_box"):
        yield text_of(argument(call, 3))
    for call in file.calls("register_taxonomy", "register_post_meta"):
        place = 1 if called(call) == "register_taxonomy" else 0
        yield text_of(argument(call, place))
    for call in file.calls("wp_count_posts"):
        yield text_of(argument(call, 0))
    for call in file.calls("add_action"):
        hook = text_of(argument(call, 0))
        if hook.startswith("save_post_"):
            yield hook.removeprefix("save_post_")
    for array in file.of("array_creation_expression"):
        yield _literal_entry(array)


def _literal_entry(array: Node) -> str:
    return text_of(entry_of(array, "post_type"))


def _one_comment(subject: PluginSubject) -> Iterator[str]:
    file = subject.file(subject.main)
    comments = [node for node in file.root.children if node.kind == "comment"]
    if not comments or "Plugin Name:" not in comments[0].text:
        yield f"{subject.main} does not begin with its header"
        return
    header = comments[0]
    if header.text.count("*/") != 1 or not header.text.endswith("*/"):
        yield "the header is not one comment"
    absent = [name for name in _FIELDS if f"{name}:" not in header.text]
    if absent:
        yield f"the header's comment lacks {', '.join(absent)}"
    between = file.source[len("<?php\n") : file.source.find("/*")]
    if between.strip():
        yield "something stands before the header"


def _instructions(subject: PluginSubject) -> Iterator[str]:
    if f"wp-content/plugins/{subject.spec.slug}/" not in subject.instructions:
        yield "the instructions do not name the plugin's folder"


CHECKS: Final = (
    *COMMON,
    Check("P1", "The header names the plugin, its version, requirements, licence and text domain", _header),
    Check("P2", "PHP parses as 7.4 and later, and every file is guarded against direct access", _parses),
    Check("P3", "Every file is reached from the main one, and every required file is there", _reachable),
    Check("P4", "No symbol is declared twice, and every global one has the plugin's prefix", _symbols),
    Check("P5", "Every text is translated in the plugin's text domain", domain_problems),
    Check("P6", "Meta boxes, taxonomies, routes and lists are about the registered post type", _post_types),
    Check("P7", "The header is one comment, whatever the plugin is called", _one_comment),
    Check("P8", "The instructions name the folder", _instructions),
)
