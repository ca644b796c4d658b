"""Checks of blocks."""

import re
from collections.abc import Iterator
from typing import Any, Final

from tollgate.wordpress import js
from tollgate.wordpress.checks.common import COMMON, domain_problems, parse_problems
from tollgate.wordpress.checks.css import balance_problem
from tollgate.wordpress.checks.plugins import required
from tollgate.wordpress.checks.results import Check
from tollgate.wordpress.checks.schemas import violations
from tollgate.wordpress.checks.subjects import Subject, is_guarded
from tollgate.wordpress.files import File
from tollgate.wordpress.generation.block_plans import BlockSpec
from tollgate.wordpress.generation.files import Files
from tollgate.wordpress.php import arguments, called, entry_of, name_of, text_of, variable
from tollgate.wordpress.tree import Node

_ASSETS: Final = ("editorScript", "editorStyle", "style", "viewScript")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*")
_GLOBALS: Final = {
    "blocks": "wp-blocks",
    "element": "wp-element",
    "blockEditor": "wp-block-editor",
    "components": "wp-components",
    "i18n": "wp-i18n",
    "serverSideRender": "wp-server-side-render",
    "data": "wp-data",
}
_FOR_PEOPLE: Final = frozenset({"label", "help", "title", "placeholder"})
# What WordPress gives to those who write an attribute with this name is its own.
_VALUES: Final = {
    "string": str, "rich-text": str, "boolean": bool, "array": list, "object": dict, "null": type(None),
}  # fmt: skip


class BlockSubject(Subject):
    """A block's files."""

    def __init__(self, spec: BlockSpec, files: Files) -> None:
        super().__init__(files, spec.domain, str(spec))
        self.spec = spec

    @property
    def metadata(self) -> dict[str, Any]:
        """block.json.

        Raises Unreadable.
        """
        return self.json("block.json")


def _schema(subject: BlockSubject) -> Iterator[str]:
    yield from violations("block", subject.metadata)


def _name(subject: BlockSubject) -> Iterator[str]:
    name = subject.metadata.get("name")
    if name != subject.spec.name or not _NAME.fullmatch(str(name)):
        yield f"block.json: the name is not {subject.spec.name}"


def _version(subject: BlockSubject) -> Iterator[str]:
    if subject.metadata.get("apiVersion") != 3:
        yield "block.json: 'apiVersion' is not 3"


def _attributes(subject: BlockSubject) -> Iterator[str]:
    attributes = subject.metadata.get("attributes", {})
    expected = {one.name for one in subject.spec.attributes}
    if set(attributes) != expected:
        yield f"block.json: the attributes are not {', '.join(sorted(expected)) or 'none'}"
    for name, attribute in attributes.items():
        if "type" not in attribute or "default" not in attribute:
            yield f"block.json: the attribute '{name}' lacks a type or a default"
        elif not fits(attribute["default"], attribute["type"]):
            yield f"block.json: the default of '{name}' is no {attribute['type']}"
        elif "enum" in attribute and attribute["default"] not in attribute["enum"]:
            yield f"block.json: the default of '{name}' is none of its values"
        if subject.spec.is_dynamic and "source" in attribute:
            yield f"block.json: '{name}' is read from markup, which a block that the server prints has none of"


def fits(value: Any, kind: str) -> bool:
    """Whether a value is of one of block.json's types."""
    if kind in {"number", "integer"}:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (kind == "number" or float(value).is_integer())
    return isinstance(value, _VALUES[kind])


def _wiring(subject: BlockSubject) -> Iterator[str]:
    referred = {
        str(value).removeprefix("file:./") for key in _ASSETS if (value := subject.metadata.get(key)) is not None
    }
    for name in sorted(referred - subject.contents.keys()):
        yield f"block.json refers to {name}, which is not there"
    for name in subject.contents:
        if name.endswith((".js", ".css")) and name not in referred:
            yield f"{name} is referred to by nothing"


def _editor(subject: BlockSubject) -> Iterator[str]:
    if not subject.spec.has_editor:
        return
    file = subject.file("editor.js")
    for kind in ("import_statement", "export_statement", "jsx_element", "jsx_self_closing_element"):
        if kind in file.by_kind:
            yield f"editor.js has {kind.replace('_', ' ')}, and there is no build step"
    registered = [js.arguments(call) for call in file.of("call_expression") if js.called(call) == "registerBlockType"]
    if [js.text_of(given[0]) for given in registered if given] != [subject.spec.name]:
        yield f"editor.js does not register {subject.spec.name}, once"
    if not any(js.called(call) == "useBlockProps" for call in file.of("call_expression")):
        yield "editor.js does not use useBlockProps()"
    for pair in file.of("pair"):
        key, value = pair.children[0].text.strip("'\""), pair.children[-1]
        if key in _FOR_PEOPLE and value.kind in {"string", "template_string"}:
            yield f"editor.js: the {key} {value.text[:60]} is not translated"
    if subject.spec.is_dynamic and not subject.spec.has_inner_blocks and not _saves_nothing(file):
        yield "editor.js: `save` does not return null, though the server prints the block"


def _saves_nothing(file: File) -> bool:
    for pair in file.of("pair"):
        if pair.children[0].text == "save":
            function = pair.children[-1]
            body = function.get("body") if function.kind == "arrow_function" else None
            return body is not None and body.kind == "null"
    return False


def _asset(subject: BlockSubject) -> Iterator[str]:
    if not subject.spec.has_editor:
        return
    used = {handle for name, handle in _GLOBALS.items() if re.search(rf"\bwp\.{name}\b", subject.contents["editor.js"])}
    arrays = list(subject.file("editor.asset.php").of("array_creation_expression"))
    outer = arrays[0] if arrays else None
    listed = entry_of(outer, "dependencies")
    told = {text_of(node) for node in listed.walk() if node.kind == "string"} if listed is not None else set()
    if told != used:
        yield f"editor.asset.php: the dependencies are not {', '.join(sorted(used))}"
    if not text_of(entry_of(outer, "version")):
        yield "editor.asset.php has no version"


def _render(subject: BlockSubject) -> Iterator[str]:
    registers = subject.file("register.php")
    if not is_guarded(registers, "ABSPATH"):
        yield "register.php can be asked for directly"
    if "render" in subject.metadata:
        yield "block.json has 'render', which would include the file each time the block is printed"
    calls = list(registers.calls("register_block_type"))
    if len(calls) != 1 or "__DIR__" not in calls[0].text:
        yield "register.php does not register the block of its folder, once"
        return
    if subject.spec.is_dynamic:
        yield from _callback(subject, registers, arguments(calls[0]))


def _callback(subject: BlockSubject, registers: File, given: list[Node]) -> Iterator[str]:
    if list(required(registers, "register.php")) != ["render.php"]:
        yield "register.php does not require render.php"
    if len(given) < 2 or text_of(entry_of(given[1], "render_callback")) != subject.spec.render_function:
        yield f"register.php does not pass {subject.spec.render_function} as render_callback"
    file = subject.file("render.php")
    if not is_guarded(file, "ABSPATH"):
        yield "render.php can be asked for directly"
    functions = list(file.of("function_definition"))
    if [name_of(one) for one in functions] != [subject.spec.render_function]:
        yield f"render.php does not declare {subject.spec.render_function}(), and nothing else"
    guards = [text_of(arguments(call)[0]) for call in file.calls("function_exists") if arguments(call)]
    if subject.spec.render_function not in guards:
        yield "render.php does not guard its function by function_exists()"
    if not list(file.calls("get_block_wrapper_attributes")):
        yield "render.php does not use get_block_wrapper_attributes()"


def _escaping(subject: BlockSubject) -> Iterator[str]:
    if not subject.spec.is_dynamic:
        return
    file = subject.file("render.php")
    for node in file.of("return_statement"):
        for part in _parts(node.children[0]) if node.children else ():
            # What the blocks inside have printed is markup already.
            if variable(part) != "content" and not file.value(part).is_printable:
                yield f"render.php:{file.text.position(part.start).line} returns {part.text[:60]} unescaped"
    for node in file.of("subscript_expression"):
        if variable(node.children[0]) == "attributes" and not _is_looked_at(node):
            yield f"render.php:{file.text.position(node.start).line} reads {node.text}, which may be missing"


def _parts(node: Node) -> Iterator[Node]:
    """What a text is put together of."""
    if node.kind == "binary_expression" and "." in node.tokens:
        for child in node.children:
            yield from _parts(child)
    else:
        yield node


def _is_looked_at(node: Node) -> bool:
    """Whether an element is read where it is known to be there: in isset(), behind it, or with `??`."""
    for parent in node.above():
        if parent.kind == "function_call_expression" and called(parent) in {"isset", "empty"}:
            return True
        if parent.kind == "binary_expression" and "??" in parent.tokens:
            return True
        if parent.kind == "conditional_expression":
            condition = parent.get("condition")
            if condition is not None and f"isset( {node.text} )" in condition.text:
                return True
    return False


def _syntax(subject: BlockSubject) -> Iterator[str]:
    yield from parse_problems(subject)
    for name, content in subject.contents.items():
        if name.endswith(".css"):
            if problem := balance_problem(content):
                yield f"{name}: {problem}"
            if f".{subject.spec.css_class}" not in content:
                yield f"{name} is not about .{subject.spec.css_class}"
    yield from domain_problems(subject)


CHECKS: Final = (
    *COMMON,
    Check("B1", "block.json is what WordPress's schema allows", _schema),
    Check("B2", "The name is namespace/block", _name),
    Check("B3", "The version of the block API is 3", _version),
    Check("B4", "Every attribute has a type, and a default of that type", _attributes),
    Check("B5", "What block.json refers to is there, and every asset is referred to", _wiring),
    Check("B6", "The editor's script runs as it is, registers the block, and translates its texts", _editor),
    Check("B7", "The asset file lists the scripts that are used, and a version", _asset),
    Check("B8", "The server's function is guarded, required once, and passed as render_callback", _render),
    Check("B9", "What the server prints is escaped, and attributes may be missing", _escaping),
    Check("B10", "PHP, JavaScript and CSS parse, and styles are about the block's class", _syntax),
)
