"""block.json, theme.json, and the keys of post types."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.knowledge import words
from tollgate.wordpress.php import arguments, text_of
from tollgate.wordpress.tree import Node

_BLOCK_NAME: Final = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*")
_TYPES: Final = frozenset({"null", "boolean", "object", "array", "string", "rich-text", "integer", "number"})
_SOURCES: Final = frozenset({"attribute", "text", "rich-text", "html", "raw", "query", "meta", "children", "node"})
_KINDS_OF_BLOCK: Final[Mapping[type, Sequence[str]]] = {
    str: ("category", "description", "textdomain"),
    list: ("keywords", "parent", "ancestor", "styles"),
    dict: ("attributes", "supports", "providesContext", "example"),
}
_KINDS_OF_THEME: Final[Mapping[type, Sequence[str]]] = {
    list: ("customTemplates", "templateParts", "patterns"),
    dict: ("settings", "styles"),
}
_WORDS: Final[Mapping[type, str]] = {str: "a text", list: "a list", dict: "an object"}
_THEME_VERSIONS: Final = (1, 2, 3)
_COLOUR: Final = ("name", "slug", "color")
_RESERVED: Final = words(
    "post page attachment revision nav_menu_item custom_css customize_changeset oembed_cache user_request wp_block "
    "wp_template wp_template_part wp_global_styles wp_navigation wp_font_family wp_font_face action author order "
    "theme"
)
_LONGEST_KEY: Final = 20


class Problem(NamedTuple):
    """What is wrong at a path of a JSON file."""

    path: tuple[str | int, ...]
    message: str


def problems(name: str | None, value: Any) -> list[Problem]:
    """What a block.json or theme.json says that its schema does not allow; nothing for other files.

    https://schemas.wp.org/trunk/block.json, https://schemas.wp.org/trunk/theme.json
    """
    if not isinstance(value, Mapping):
        return []
    base = (name or "").replace("\\", "/").rpartition("/")[2].lower()
    if base == "block.json" or (not base and _is_block(value)):
        return list(_block(value))
    if base == "theme.json" or (not base and _is_theme(value)):
        return list(_theme(value))
    return []


def _is_block(value: Mapping[str, Any]) -> bool:
    return "apiVersion" in value or "block.json" in str(value.get("$schema", "")) or {"name", "title"} <= value.keys()


def _is_theme(value: Mapping[str, Any]) -> bool:
    return "theme.json" in str(value.get("$schema", "")) or (
        "version" in value and bool({"settings", "styles"} & value.keys())
    )


def _block(value: Mapping[str, Any]) -> Iterator[Problem]:
    name = value.get("name")
    if not isinstance(name, str) or not _BLOCK_NAME.fullmatch(name):
        yield Problem(("name",), "'name' has to be namespace/block-name in lower case")
    if not isinstance(value.get("title"), str):
        yield Problem(("title",), "'title' is required, and is a text")
    if "apiVersion" in value and value["apiVersion"] not in _THEME_VERSIONS:
        yield Problem(("apiVersion",), "'apiVersion' is 1, 2 or 3")
    yield from _kinds(value, _KINDS_OF_BLOCK)
    attributes = value.get("attributes")
    for key, attribute in attributes.items() if isinstance(attributes, Mapping) else ():
        yield from _attribute(key, attribute)


def _kinds(value: Mapping[str, Any], kinds: Mapping[type, Sequence[str]]) -> Iterator[Problem]:
    for kind, keys in kinds.items():
        for key in keys:
            if key in value and not isinstance(value[key], kind):
                yield Problem((key,), f"'{key}' is {_WORDS[kind]}")


def _attribute(key: str, attribute: Any) -> Iterator[Problem]:
    place = ("attributes", key)
    if not isinstance(attribute, Mapping):
        yield Problem(place, f"The attribute '{key}' is an object")
        return
    kinds = attribute.get("type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    if "enum" not in attribute and "type" not in attribute:
        yield Problem(place, f"The attribute '{key}' has no 'type'")
    elif "type" in attribute and not all(isinstance(kind, str) and kind in _TYPES for kind in listed):
        yield Problem((*place, "type"), f"The attribute '{key}' has a 'type' that does not exist")
    source = attribute.get("source")
    if source is not None and (not isinstance(source, str) or source not in _SOURCES):
        yield Problem((*place, "source"), f"The attribute '{key}' has a 'source' that does not exist")


def _theme(value: Mapping[str, Any]) -> Iterator[Problem]:
    version = value.get("version")
    if isinstance(version, bool) or version not in _THEME_VERSIONS:
        yield Problem(("version",), "'version' is required, and is 1, 2 or 3")
    yield from _kinds(value, _KINDS_OF_THEME)
    settings = value.get("settings")
    colours = settings.get("color") if isinstance(settings, Mapping) else None
    palette = colours.get("palette") if isinstance(colours, Mapping) else None
    for number, colour in enumerate(palette if isinstance(palette, list) else ()):
        for key in _COLOUR:
            if not isinstance(colour, Mapping) or not isinstance(colour.get(key), str):
                yield Problem(("settings", "color", "palette", number), f"A colour of the palette has no '{key}'")
                break


def _find(file: File) -> Iterator[Hit]:
    if file.language == "json":
        for problem in problems(file.name, file.json):
            yield Hit(_node_at(file.root, problem.path), None, problem.message)
        return
    for call in file.calls("register_post_type"):
        given = arguments(call)
        key = text_of(given[0]) if given else ""
        if len(key) > _LONGEST_KEY:
            yield Hit(call, None, f"The post type's key is longer than {_LONGEST_KEY} characters")
        elif key != key.lower() or key.startswith("wp_") or key in _RESERVED:
            yield Hit(call, None, "The post type's key is reserved, or not in lower case")


def _node_at(root: Node, path: tuple[str | int, ...]) -> Node:
    """The node of the value at a path, or of the nearest that there is."""
    here = next((node for node in root.children if node.kind == "object"), root)
    for step in path:
        if isinstance(step, int):
            entries = [node for node in here.children if node.kind != "comment"]
            found = entries[step] if here.kind == "array" and step < len(entries) else None
        else:
            pairs = [pair for pair in here.all("pair") if pair.children[0].text.strip('"') == step]
            found = pairs[-1].children[-1] if pairs else None
        if found is None:
            break
        here = found
    return here.parent if here.parent is not None and here.parent.kind == "pair" else here


RULES = (
    Rule(
        name="schema",
        category=Category.QUALITY,
        severity=Severity.HIGH,
        message="What is declared is not what WordPress's schema allows",
        suggestion="Compare it with https://schemas.wp.org, or the key with register_post_type()",
        recommendation="Keep block.json, theme.json and post types to their schemas",
        example=Example(
            '{\n\t"apiVersion": 3,\n\t"name": "Price Card",\n\t"title": "Price card"\n}',
            '{\n\t"apiVersion": 3,\n\t"name": "shop/price-card",\n\t"title": "Price card"\n}',
            "json",
        ),
        find=_find,
        languages=frozenset({"php", "json"}),
    ),
)
