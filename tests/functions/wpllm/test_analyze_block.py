"""POST /v1/blocks/analyze."""

from typing import Any

import pytest

from tests.functions.conftest import Site

_EDIT = "export default function Edit( p ) { p.setAttributes( { n: 1 } ); return null; }"


async def _analyze(site: Site, code: str, analysis_type: str = "performance") -> Any:
    body = {"block_code": code, "analysis_type": analysis_type}
    return await site.send("POST", "/v1/blocks/analyze", json=body)


async def test_what_a_block_does_while_it_renders_is_found(site: Site) -> None:
    body = (await _analyze(site, _EDIT)).json()

    assert body["id"].startswith("block_analysis_")
    (issue,) = body["issues"]
    assert (issue["type"], issue["message"]) == ("performance_issue", "setAttributes runs during render")
    assert issue["suggestion"] == "Move it into an event handler or useEffect"
    assert body["optimization_suggestions"] == ["Change attributes only in handlers or effects"]
    assert "recommendations" not in body


@pytest.mark.parametrize("analysis_type", ["security", "performance", "quality"])
@pytest.mark.parametrize("code", ["// Testimonial block", "/* Testimonial block */", "<?php // Testimonial block"])
async def test_in_a_comment_there_is_nothing_to_find(site: Site, code: str, analysis_type: str) -> None:
    body = (await _analyze(site, code, analysis_type)).json()

    assert (body["issues"], body["optimization_suggestions"]) == ([], [])


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ('{"apiVersion": 3, "name": "Price Card", "title": "Price"}', "quality.schema"),
        ('{"apiVersion": 2, "name": "shop/price-card", "title": "Price"}', "quality.block_props"),
        ("const Edit = () => <p>Hi</p>;", "quality.block_props"),
        ("<?php function shop_render( $attributes ) { return $atributes['n']; }", "quality.undefined_variable"),
    ],
)
async def test_every_language_of_a_block_is_read(site: Site, code: str, rule: str) -> None:
    body = (await _analyze(site, code, "quality")).json()

    assert rule in [one["rule"] for one in body["issues"]]


async def test_an_empty_block_is_a_bad_field(site: Site) -> None:
    response = await _analyze(site, "  ")

    assert (response.status_code, response.json()["error"]["param"]) == (400, "block_code")
