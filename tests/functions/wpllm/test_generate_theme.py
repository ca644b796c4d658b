"""POST /v1/themes/generate."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.functions.conftest import Site
from tests.upstream import a_completion, json_reply

_MODEL = "openai/gpt-4o"
_PLAN: dict[str, Any] = {
    "description": "A dark theme for photographs and few words.",
    "tags": ["photography", "one-column"],
    "palette": {
        "base": "#101418",
        "contrast": "#f4f4f0",
        "primary": "#9fd0e0",
        "secondary": "#20282e",
        "accent": "#f0a070",
    },
    "heading_font": "serif",
    "body_font": "sans",
    "hero": {"heading": "Light and silence", "text": "Photographs from the north.", "button": "See them"},
}


def _reply(plan: Any) -> Any:
    return json_reply(a_completion(json.dumps(plan)))


async def _generate(site: Site, **changes: Any) -> Any:
    headers = changes.pop("headers", {})
    body = {
        "theme_name": "Quiet Gallery",
        "type": "block_theme",
        "features": ["theme_json", "block_patterns"],
        **changes,
    }
    body = {name: value for name, value in body.items() if value is not ...}
    return await site.send("POST", "/v1/themes/generate", json=body, headers=headers)


def _names(body: Any) -> dict[str, str]:
    return {role: file["filename"] for role, file in body["files"].items()}


async def test_a_block_theme_has_its_templates_parts_and_patterns(site: Site) -> None:
    response = await _generate(site)

    body = response.json()
    assert response.status_code == 200, body
    assert body["id"].startswith("theme_gen_")
    assert (body["object"], body["theme_name"], body["type"]) == ("theme_generation", "Quiet Gallery", "block_theme")
    assert _names(body) == {
        "style_css": "style.css",
        "theme_json": "theme.json",
        "templates_index": "templates/index.html",
        "parts_header": "parts/header.html",
        "parts_footer": "parts/footer.html",
        "patterns_hero": "patterns/hero.php",
    }
    assert "instructions" not in body
    assert "Theme Name: Quiet Gallery\n" in body["files"]["style_css"]["content"]
    settings = json.loads(body["files"]["theme_json"]["content"])
    assert settings["version"] == 3
    assert {"slug", "name", "color"} == set(settings["settings"]["color"]["palette"][0])
    assert (body["source"], body["validation"]["passed"]) == ("template", True)


async def test_a_classic_theme_has_what_wordpress_asks_for(site: Site) -> None:
    body = (await _generate(site, type="classic_theme", features=["custom_templates", "readme"])).json()

    assert _names(body) == {
        "style_css": "style.css",
        "functions_php": "functions.php",
        "index_php": "index.php",
        "header_php": "header.php",
        "footer_php": "footer.php",
        "single_php": "single.php",
        "page_php": "page.php",
        "archive_php": "archive.php",
        "404_php": "404.php",
        "template_wide_php": "template-wide.php",
        "readme": "readme.txt",
    }


async def test_a_child_theme_names_its_parent(site: Site) -> None:
    body = (await _generate(site, type="child_theme", parent="twentytwentyfive", features=["custom_templates"])).json()

    assert _names(body) == {"style_css": "style.css", "functions_php": "functions.php"}
    assert "\nTemplate: twentytwentyfive\n" in body["files"]["style_css"]["content"]
    assert body["warnings"] == [
        "'custom_templates' is no feature that a template of a child theme has; it was passed on as a wish."
    ]


async def test_custom_templates_are_listed_and_there(site: Site) -> None:
    body = (await _generate(site, features=["custom_templates", "responsive_design"])).json()

    settings = json.loads(body["files"]["theme_json"]["content"])
    assert {"templates_single", "templates_page", "templates_archive", "templates_404"} <= body["files"].keys()
    assert body["files"][f"templates_{settings['customTemplates'][0]['name']}"]
    assert settings["settings"]["typography"]["fluid"] is True
    assert settings["settings"]["layout"] == {"contentSize": "720px", "wideSize": "1200px"}
    assert any("clamp(" in step["size"] for step in settings["settings"]["spacing"]["spacingSizes"])


async def test_a_model_decides_on_words_colours_and_fonts(site: Site) -> None:
    site.upstream.replies[:] = [_reply(_PLAN)]

    body = (await _generate(site, model=_MODEL)).json()

    assert (body["source"], body["notes"]) == ("model", [])
    settings = json.loads(body["files"]["theme_json"]["content"])["settings"]
    assert settings["color"]["palette"][0] == {"slug": "base", "name": "Base", "color": "#101418"}
    assert "esc_html_e( 'Light and silence', 'quiet-gallery' )" in body["files"]["patterns_hero"]["content"]
    assert "Description: A dark theme" in body["files"]["style_css"]["content"]
    assert len(await site.ledger()) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"palette": {**_PLAN["palette"], "base": "white"}}, "palette: base is no colour"),
        (
            {"palette": {**_PLAN["palette"], "contrast": "#20282e"}},
            "palette: contrast on base has a contrast below 4.5",
        ),
        ({"body_font": "Comic Sans"}, "plan: body_font:"),
        ({"tags": ["Two Words"]}, "tags: 'Two Words' is not lower-case"),
        ({"hero": {"heading": "", "text": "a", "button": "b"}}, "hero: heading"),
    ],
)
async def test_a_plan_that_fails_a_check_is_mended_once(site: Site, changes: dict[str, Any], told: str) -> None:
    site.upstream.replies[:] = [_reply({**_PLAN, **changes}), _reply(_PLAN)]

    body = (await _generate(site, model=_MODEL)).json()

    assert told in site.upstream.requests[1].json["messages"][-1]["content"]
    assert body["source"] == "model"
    assert len(await site.ledger()) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"theme_name": ...}, "theme_name"),
        ({"theme_name": "日本"}, "theme_name"),
        ({"type": "hybrid"}, "type"),
        ({"type": "child_theme"}, "parent"),
        ({"type": "child_theme", "parent": "quiet-gallery"}, "parent"),
        ({"type": "child_theme", "parent": "../x"}, "parent"),
    ],
)
async def test_what_no_theme_can_be_made_of_is_refused(site: Site, changes: dict[str, Any], field: str) -> None:
    response = await _generate(site, **changes)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid_parameters", field)


async def test_an_archive_has_the_theme_in_its_folder(site: Site) -> None:
    response = await _generate(site, headers={"accept": "application/zip"})

    assert response.headers["content-disposition"] == 'attachment; filename="quiet-gallery.zip"'
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert "quiet-gallery/style.css" in archive.namelist()
        assert {name.partition("/")[0] for name in archive.namelist()} == {"quiet-gallery"}


async def test_it_is_told_that_it_began_and_what_came_of_it(site: Site) -> None:
    body = (await _generate(site)).json()

    started, done = await site.world.events()
    assert (started["type"], done["type"]) == ("generation.started", "generation.completed")
    assert done["data"]["files"] == body["files"]
