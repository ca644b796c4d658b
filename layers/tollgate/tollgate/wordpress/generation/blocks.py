"""A block's files, which WordPress runs as they are: no build step."""

from collections.abc import Iterator
from typing import Any, Final

from tollgate.wordpress.generation.block_css import editor_css, style_css
from tollgate.wordpress.generation.block_js import NEEDS, editor_script
from tollgate.wordpress.generation.block_php import registration, render_callback
from tollgate.wordpress.generation.block_plans import Attribute, BlockPlan, BlockSpec
from tollgate.wordpress.generation.files import Files, GeneratedFile, by_role
from tollgate.wordpress.generation.names import label, pascal_case, slug, title
from tollgate.wordpress.generation.plugins import asset
from tollgate.wordpress.generation.quoting import json_text
from tollgate.wordpress.generation.templates import filled

SCHEMA: Final = "https://schemas.wp.org/trunk/block.json"


def block_files(spec: BlockSpec, plan: BlockPlan) -> Files:
    """The files of a block, block.json first."""
    return by_role(_files(spec, plan))


def _files(spec: BlockSpec, plan: BlockPlan) -> Iterator[GeneratedFile]:
    package = pascal_case(spec.domain)
    yield GeneratedFile("block_json", "block.json", json_text(_metadata(spec, plan)))
    if spec.has_editor:
        yield GeneratedFile("editor_script", "editor.js", editor_script(spec, plan))
        yield GeneratedFile("editor_asset", "editor.asset.php", asset(package, NEEDS))
    if spec.is_dynamic:
        yield GeneratedFile("render_callback", "render.php", render_callback(spec, plan))
    yield GeneratedFile("registration", "register.php", registration(spec))
    if spec.has_style:
        yield GeneratedFile("style", "style.css", style_css(spec, plan))
    if _has_editor_style(spec):
        yield GeneratedFile("editor_style", "editor.css", editor_css(spec))
    if "view_script" in spec.features:
        yield GeneratedFile("view_script", "view.js", filled("block/view.js", {"class": spec.css_class}))


def _has_editor_style(spec: BlockSpec) -> bool:
    return spec.has_editor and "editor_styles" in spec.features


def _metadata(spec: BlockSpec, plan: BlockPlan) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "$schema": SCHEMA,
        "apiVersion": 3,
        "name": spec.name,
        "version": "1.0.0",
        "title": spec.title,
        "category": spec.category,
        "icon": plan.icon,
        "description": plan.description,
        "keywords": list(plan.keywords),
        "textdomain": spec.domain,
        "attributes": {one.name: _attribute(one, spec) for one in spec.attributes},
        "supports": {"html": False, **({"align": ["wide", "full"]} if "responsive_design" in spec.features else {})},
    }
    if spec.styles:
        metadata["styles"] = [
            {"name": slug(one), "label": title(one), **({"isDefault": True} if place == 0 else {})}
            for place, one in enumerate(spec.styles)
        ]
    if "variations" in spec.features:
        metadata["variations"] = list(_variations(spec))
    if spec.has_editor:
        metadata["editorScript"] = "file:./editor.js"
    if _has_editor_style(spec):
        metadata["editorStyle"] = "file:./editor.css"
    if spec.has_style:
        metadata["style"] = "file:./style.css"
    if "view_script" in spec.features:
        metadata["viewScript"] = "file:./view.js"
    return metadata


def _attribute(attribute: Attribute, spec: BlockSpec) -> dict[str, Any]:
    kind = attribute.type
    found: dict[str, Any] = {"type": kind, "default": attribute.default}
    if kind == "rich-text":
        if spec.is_dynamic:
            # What has no source is stored as a text; the editor takes `rich-text` for what is read from markup.
            found["type"] = "string"
        else:
            found.update({"source": "rich-text", "selector": f".{spec.css_class}__{attribute.css_name}"})
    if attribute.choices:
        found["enum"] = list(attribute.choices)
    return found


def _variations(spec: BlockSpec) -> Iterator[dict[str, Any]]:
    """The block as it is, and one variation for each value of its first choice or switch."""
    yield {"name": "default", "title": spec.title, "attributes": {}, "isDefault": True, "scope": ["inserter"]}
    chosen = next((one for one in spec.attributes if one.kind in {"choice", "switch"}), None)
    if chosen is None:
        return
    values = chosen.choices or (not chosen.default,)
    for number, value in enumerate(values, 1):
        if value == chosen.default and type(value) is type(chosen.default):
            continue
        name = label(chosen.name) if chosen.kind == "switch" else title(str(value))
        yield {
            "name": f"{chosen.css_name}-{number}",
            "title": f"{spec.title}: {name}",
            "attributes": {chosen.name: value},
            "scope": ["inserter", "transform"],
        }


def installable(spec: BlockSpec, files: Files, description: str) -> dict[str, str]:
    """The block as a plugin of its own, by paths: a main file, and the block in a folder."""
    values = {
        "name": spec.title,
        "description": description,
        "slug": spec.slug,
        "domain": spec.domain,
        "package": pascal_case(spec.domain),
    }
    inside = {f"blocks/{spec.slug}/{file.filename}": file.content for file in files.values()}
    return {"plugin.php": filled("block/plugin.php", values), **inside}
