"""POST /aipkit/v1/images/generate."""

from base64 import b64decode, b64encode
from pathlib import Path
from struct import unpack
from typing import Any

import httpx2
import pytest

from tests.conftest import WorldMaker
from tests.functions.aipuffer.conftest import BASE, faults, make_site, told
from tests.functions.conftest import Site
from tests.upstream import Upstream, json_reply
from tollgate.providers.sandbox_images import draw_stripes

PATH = f"{BASE}/images/generate"


async def draw(site: Site, **changes: Any) -> httpx2.Response:
    """A small image of the sandbox's; `changes` are those of the body."""
    body = {"prompt": "A red bicycle", "provider": "sandbox", "size": "256x256", **changes}
    return await site.send("POST", PATH, json={name: value for name, value in body.items() if value is not ...})


async def test_an_image_is_an_address_where_it_can_be_fetched(site: Site) -> None:
    response = await draw(site)

    (image,) = response.json()["images"]
    assert response.status_code == 200
    assert image.keys() == {"url", "b64_json", "revised_prompt", "mime_type"}
    assert (image["b64_json"], image["mime_type"]) == (None, "image/png")
    assert "Expires=3600" in image["url"]
    assert response.json()["message"] == "1 image generated successfully."
    async with httpx2.AsyncClient(verify=False) as client:
        assert (await client.get(image["url"])).content.startswith(b"\x89PNG")


async def test_as_data_they_come_as_data(site: Site) -> None:
    response = await draw(site, response_format="b64_json", n=2)

    images = response.json()["images"]
    assert [image["url"] for image in images] == [None, None]
    assert all(image["b64_json"].startswith("iVBOR") for image in images)
    assert response.json()["message"] == "2 images generated successfully."


async def test_without_a_size_it_is_the_usual_one_and_one_image(site: Site) -> None:
    response = await draw(site, size=..., n=..., response_format="b64_json")

    (image,) = response.json()["images"]
    # The width and the height in the header of a PNG.
    assert _size(image["b64_json"]) == (1024, 1024)


async def test_the_provider_is_openai_unless_said(site: Site) -> None:
    response = await draw(site, provider=..., model="gpt-unheard-of")

    assert told(response) == (404, "openai_image_api_error")
    assert "OpenAI has no model 'gpt-unheard-of'" in response.json()["message"]


@pytest.mark.parametrize("provider", ["Sandbox", "SANDBOX"])
async def test_a_provider_is_read_in_either_case(site: Site, provider: str) -> None:
    assert (await draw(site, provider=provider)).status_code == 200


async def test_usage_is_told_in_tokens(site: Site) -> None:
    usage = (await draw(site, model="image-tokens")).json()["usage"]

    assert usage.keys() == {"input_tokens", "output_tokens", "total_tokens"}
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ({}, {"aspectRatio": "1:1", "imageSize": "1K"}),
        ({"size": "1792x1024"}, {"aspectRatio": "16:9", "imageSize": "2K"}),
        ({"aspect_ratio": "16:9"}, {"aspectRatio": "16:9"}),
        ({"aspect_ratio": "9:16", "resolution": "4K"}, {"aspectRatio": "9:16", "imageSize": "4K"}),
        ({"aspect_ratio": "auto", "size": "1024x1024"}, {"aspectRatio": "1:1", "imageSize": "1K"}),
    ],
)
async def test_google_draws_by_ratio_and_resolution(
    make_world: WorldMaker, tmp_path: Path, wanted: dict[str, str], sent: dict[str, str]
) -> None:
    drawn = {"inlineData": {"mimeType": "image/png", "data": b64encode(draw_stripes("x", 8, 8)).decode()}}
    reply = {"candidates": [{"content": {"parts": [drawn]}, "finishReason": "STOP"}]}
    async with Upstream(json_reply(reply)) as upstream:
        google = {"GEMINI_BASE_URL": f"{upstream.url}/v1beta", "GEMINI_API_KEY": "key"}
        site = await make_site(make_world, upstream, tmp_path, **google)

        response = await draw(site, provider="Google", model="gemini-3-pro-image", n=2, **{"size": ..., **wanted})

        assert [len(response.json()["images"]), response.json()["message"][:1]] == [2, "2"]
        assert len(upstream.requests) == 2
        assert upstream.requests[0].json["generationConfig"]["imageConfig"] == sent


async def test_old_qualities_have_no_effect(site: Site) -> None:
    assert (await draw(site, quality="hd", style="vivid")).status_code == 200


@pytest.mark.parametrize("prompt", ["   ", "", "0", [], {"a": 1}, False])
async def test_an_empty_prompt_has_a_code_of_its_own(site: Site, prompt: Any) -> None:
    assert told(await draw(site, prompt=prompt)) == (400, "rest_aipkit_missing_prompt")


async def test_a_prompt_that_is_not_there_is_missing(site: Site) -> None:
    response = await draw(site, prompt=...)

    assert told(response) == (400, "rest_missing_callback_param")
    assert response.json()["data"]["params"] == ["prompt"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"n": 11}, {"n": "rest_out_of_bounds"}),
        ({"n": 0}, {"n": "rest_out_of_bounds"}),
        ({"provider": "replicate"}, {"provider": "rest_not_in_enum"}),
        ({"size": "100x100"}, {"size": "rest_not_in_enum"}),
        ({"quality": "best"}, {"quality": "rest_not_in_enum"}),
        ({"response_format": "png"}, {"response_format": "rest_not_in_enum"}),
        (
            {"output_compression": 101, "seed": -1},
            {"output_compression": "rest_out_of_bounds", "seed": "rest_out_of_bounds"},
        ),
    ],
)
async def test_limits_are_kept(site: Site, changes: dict[str, Any], found: dict[str, str]) -> None:
    assert faults(await draw(site, **changes)) == found
    assert await site.ledger() == []


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("image-error-401", 502, "sandbox_image_api_error"),
        ("image-error-500", 500, "sandbox_image_api_error"),
        ("image-error-429", 429, "sandbox_image_api_error"),
        ("image-error-connect", 503, "sandbox_image_http_error"),
        ("image-garbage", 500, "sandbox_image_no_data_parsed"),
    ],
)
async def test_a_provider_that_fails_has_the_plugins_code(site: Site, model: str, status: int, code: str) -> None:
    assert told(await draw(site, model=model)) == (status, code)


def _size(b64_json: str) -> tuple[int, int]:
    width, height = unpack(">II", b64decode(b64_json)[16:24])
    return width, height
