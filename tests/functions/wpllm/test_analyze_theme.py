"""POST /v1/themes/analyze."""

from typing import Any

import pytest

from tests.functions.conftest import Site

_STYLE = "/*\nTheme Name: Harbour\nText Domain: harbour\n*/"
_CLASSIC = {"style.css": _STYLE, "index.php": "<?php\n", "functions.php": "<?php\n"}
_BLOCK = {"style.css": _STYLE, "theme.json": '{"version": 3}', "templates/index.html": "<!-- wp:post-title /-->"}


async def _analyze(site: Site, files: dict[str, str]) -> Any:
    given = [{"name": name, "content": content} for name, content in files.items()]
    body = {"theme_files": given, "analysis_type": "performance"}
    return (await site.send("POST", "/v1/themes/analyze", json=body)).json()


async def test_files_are_analysed_one_by_one(site: Site) -> None:
    code = "<?php\ndefined( 'ABSPATH' ) || exit;\nquery_posts( 'cat=3' );\n"

    body = await _analyze(site, {"functions.php": code})

    assert body["id"].startswith("theme_analysis_")
    assert (body["object"], body["analysis_type"]) == ("theme_analysis", "performance")
    assert "model" not in body
    (result,) = body["results"]
    (issue,) = result["issues"]
    assert (issue["line"], issue["severity"], issue["message"]) == (
        3,
        "medium",
        "query_posts() replaces the main query",
    )
    assert (result["file"], result["score"]) == ("functions.php", 6.0)


@pytest.mark.parametrize(
    ("files", "rules"),
    [
        (_CLASSIC, []),
        (_BLOCK, []),
        ({**_CLASSIC, "theme.json": '{"version": 3}'}, []),
        ({f"harbour/{name}": content for name, content in _BLOCK.items()}, []),
        ({f"port/{name}": content for name, content in _BLOCK.items()}, ["theme.text_domain"]),
        ({"index.php": ""}, ["theme.missing_style"]),
        ({**_CLASSIC, "style.css": "body {}"}, ["theme.missing_name"]),
        ({"style.css": _STYLE}, ["theme.missing_index"]),
        ({**_BLOCK, "theme.json": "{"}, ["theme.invalid_theme_json"]),
        ({**_BLOCK, "theme.json": '{"version": "3"}'}, ["theme.invalid_theme_json"]),
        ({"style.css": _STYLE, "theme.json": '{"version": 3}'}, ["theme.missing_index"]),
    ],
)
async def test_what_a_theme_lacks_as_a_whole_is_told(site: Site, files: dict[str, str], rules: list[str]) -> None:
    body = await _analyze(site, files)

    assert [one["rule"] for one in body["theme_issues"]] == rules
