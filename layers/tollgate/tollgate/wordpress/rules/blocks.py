"""Blocks as the editor expects them."""

from collections.abc import Iterator, Mapping

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.js import FUNCTIONS, called, function_name, has_jsx
from tollgate.wordpress.tree import Node


def _find(file: File) -> Iterator[Hit]:
    if file.language == "json":
        yield from _find_version(file)
        return
    for function in file.of(*FUNCTIONS):
        is_of_block = function_name(function).lower() in {"edit", "save"}
        if is_of_block and has_jsx(function) and not _has_props(function):
            yield Hit(function)
    for pair in file.of("pair"):
        if pair.children[0].text.strip("'\"") == "apiVersion" and pair.children[-1].text in {"1", "2"}:
            yield Hit(pair, None, "The block's API version is not 3", "Set apiVersion to 3, and spread useBlockProps()")


def _has_props(function: Node) -> bool:
    return any(
        called(node) in {"useBlockProps", "save"} or (node.kind == "identifier" and node.text == "useInnerBlocksProps")
        for node in function.walk()
    )


def _find_version(file: File) -> Iterator[Hit]:
    value = file.json
    is_block = isinstance(value, Mapping) and (
        (file.name or "").endswith("block.json") or (file.name is None and "apiVersion" in value)
    )
    if not is_block:
        return
    version = value.get("apiVersion", 1)
    if version in {1, 2} and not isinstance(version, bool):
        top = file.root.children[0]
        place = next((pair for pair in top.all("pair") if pair.children[0].text == '"apiVersion"'), top)
        yield Hit(place, None, "The block's API version is not 3", "Set apiVersion to 3, and spread useBlockProps()")


RULES = (
    Rule(
        name="block_props",
        category=Category.QUALITY,
        severity=Severity.MEDIUM,
        message="A block's element lacks what the editor needs to select and style it",
        suggestion="Spread useBlockProps() into the outermost element, in save useBlockProps.save()",
        recommendation="Spread useBlockProps() and set apiVersion to 3",
        example=Example(
            "export default function Edit() {\n\treturn <p>Hello</p>;\n}",
            "export default function Edit() {\n\treturn <p { ...useBlockProps() }>Hello</p>;\n}",
            "js",
        ),
        find=_find,
        languages=frozenset({"js", "json"}),
    ),
)
