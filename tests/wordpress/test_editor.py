"""A generated block's scripts, run in Node as they are: what they register, show, change and save."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.running import ROOT
from tollgate.contracts.wpllm.artifacts import GenerateBlockRequest, GeneratePluginRequest
from tollgate.services.wpllm.blocks import block_spec
from tollgate.services.wpllm.plugins import plugin_spec
from tollgate.wordpress.generation import block_plans, plugin_plans
from tollgate.wordpress.generation.blocks import block_files
from tollgate.wordpress.generation.files import named
from tollgate.wordpress.generation.plugins import plugin_files

_DOUBLE = Path(__file__).with_name("editor.mjs")
_ATTRIBUTES = {
    "plan_name": "string",
    "monthly_fee": "number",
    "seats": "integer",
    "featured": "boolean",
    "items": "array",
    "facts": "object",
    "note": "rich-text",
    "photo_url": "string",
    "size": {"enum": ["small", "large"]},
    "nothing": "null",
}
_SHOWN = {
    "planName": "Pro", "monthlyFee": 9.5, "seats": 0, "featured": True, "items": ["one", "two"],
    "facts": {"Colour": "red"}, "note": "<b>n</b>", "photoUrl": "/a.png", "size": "small", "nothing": None,
}  # fmt: skip


def _play(folder: Path, files: dict[str, str], script: str, attributes: dict[str, Any]) -> Any:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    view = str(folder / "view.js") if "view.js" in files else None
    job = folder / "job.json"
    job.write_text(json.dumps({"script": str(folder / script), "attributes": attributes, "view": view}))
    command = ["node", str(_DOUBLE), str(job)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _block(folder: Path, *features: str, name: str = "price card") -> Any:
    body = {"block_type": name, "attributes": _ATTRIBUTES, "features": list(features)}
    spec = block_spec(GenerateBlockRequest.model_validate(body))
    files = named(block_files(spec, block_plans.usual_plan(spec)))
    played = _play(folder, files, "editor.js", _SHOWN)
    (block,) = played["blocks"]
    return {**played, **block}


def test_the_script_registers_the_block_and_changes_nothing_while_it_is_shown(tmp_path: Path) -> None:
    block = _block(tmp_path, "custom_controls")

    assert block["name"] == "your-theme/price-card"
    assert block["duringRender"] == 0
    assert block["hasBlockProps"]
    assert block["domains"] == ["your-theme"]


def test_every_attribute_has_a_control_that_fits_it_and_changes_it(tmp_path: Path) -> None:
    block = _block(tmp_path, "custom_controls", "server_side_rendering")

    assert block["controls"] == [
        ["TextControl", "Plan name", None],
        ["TextControl", "Monthly fee", "number"],
        ["TextControl", "Seats", "number"],
        ["ToggleControl", "Featured", None],
        ["TextareaControl", "Items", None],
        ["TextareaControl", "Facts", None],
        ["TextControl", "Photo url", "url"],
        ["SelectControl", "Size", None],
        ["RichText", "Note", None],
    ]
    assert block["changed"] == [
        {"planName": "a: b\nc"},
        {"monthlyFee": 7.5},
        {"seats": 7},
        {"featured": True},
        {"items": ["a: b", "c"]},
        {"facts": {"a": "b"}},
        {"photoUrl": "a: b\nc"},
        {"size": "large"},
        {"note": "a: b\nc"},
    ]


def test_without_controls_texts_are_typed_where_they_stand(tmp_path: Path) -> None:
    block = _block(tmp_path)

    assert ["PlainText", "Plan name", None] in block["controls"]
    assert block["hasPanel"]


def test_a_static_block_saves_what_it_shows(tmp_path: Path) -> None:
    block = _block(tmp_path, "custom_controls", "inner_blocks")

    base = "wp-block-your-theme-price-card__"
    assert block["hasInner"]
    assert block["saved"] == [
        "div.is-featured",
        f"h3.{base}plan-name", "Pro",
        f"p.{base}monthly-fee", "9.5",
        f"p.{base}seats", "0",
        f"ul.{base}items", "li.", "one", "li.", "two",
        f"dl.{base}facts", "dt.", "Colour", "dd.", "red",
        f"RichText.Content.{base}note",
        f"img.{base}photo-url",
        f"p.{base}size", "small",
        "InnerBlocks.Content.",
    ]  # fmt: skip


def test_a_block_that_the_server_prints_saves_nothing_but_the_blocks_inside(tmp_path: Path) -> None:
    assert _block(tmp_path / "a", "server_side_rendering")["saved"] is None
    both = _block(tmp_path / "b", "server_side_rendering", "inner_blocks")
    assert both["saved"] == ["InnerBlocks.Content."]


def test_the_script_of_the_page_marks_every_block_that_comes_into_view(tmp_path: Path) -> None:
    assert _block(tmp_path, "view_script")["seen"] == {"classes": ["is-in-view"], "listeners": 0}


def test_names_break_out_of_no_text_of_a_script(tmp_path: Path) -> None:
    block = _block(tmp_path, *block_plans.FEATURES, name="X '); evil(); ('\\ </script> \u2028 `${x}`")

    assert block["name"] == "your-theme/x-evil-script-x"


def test_a_plugins_block_shows_what_the_server_prints(tmp_path: Path) -> None:
    spec = plugin_spec(GeneratePluginRequest(plugin_name="Book Shelf", features=["blocks"]))
    files = named(plugin_files(spec, plugin_plans.usual_plan(spec)))

    played = _play(tmp_path, files, "blocks/items/editor.js", {"number": 5})

    (block,) = played["blocks"]
    assert (block["name"], block["saved"]) == ("book-shelf/items", None)
    assert block["controls"] == [["RangeControl", "Number of items", None]]
    assert played["domains"] == ["book-shelf"]
