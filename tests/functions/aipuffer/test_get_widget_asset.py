"""GET /widget/{file}: the script and the styles, safe to keep for ever and to load into any page."""

import gzip
import re
from base64 import b64encode
from hashlib import sha384

import pytest

from tests.functions.aipuffer.conftest import BASE, bot, told
from tests.functions.conftest import Site
from tollgate.services.aipuffer.widget_assets import Asset, assets
from tollgate_cli.template import ROOT

_SOURCES = sorted((ROOT / "layers/tollgate/tollgate/documents/widget").glob("*.js"))

each_asset = pytest.mark.parametrize("asset", assets(), ids=lambda asset: asset.media_type)


@each_asset
async def test_a_file_is_sent_compressed_to_who_takes_it_so_and_plain_to_others(site: Site, asset: Asset) -> None:
    client = site.world.client
    plain = await client.get(f"/widget/{asset.name}", headers={"accept-encoding": "identity"})
    async with client.stream("GET", f"/widget/{asset.name}", headers={"accept-encoding": "br, gzip"}) as response:
        zipped = b"".join([piece async for piece in response.aiter_raw()])

    assert (plain.status_code, plain.content) == (200, asset.content)
    assert "content-encoding" not in plain.headers
    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped) == asset.content
    assert plain.headers["access-control-allow-origin"] == "*"
    assert plain.headers["content-type"] == asset.media_type


@each_asset
async def test_what_a_browser_has_already_is_not_sent_again(site: Site, asset: Asset) -> None:
    first = await site.world.client.get(f"/widget/{asset.name}")

    again = await site.world.client.get(f"/widget/{asset.name}", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


async def test_a_version_is_kept_for_ever_and_the_name_that_pages_have_for_minutes(site: Site) -> None:
    kept = {
        re.sub(r"\.\w{16}\.", ".", asset.name): (await site.world.client.get(f"/widget/{asset.name}")).headers[
            "cache-control"
        ]
        for asset in assets()
    }

    forever = "public, max-age=31536000, immutable"
    assert kept == {"embed.js": "public, max-age=300", "widget.js": forever, "widget.css": forever}


async def test_the_embed_config_says_what_the_files_have_to_be(site: Site) -> None:
    config = (await site.world.client.get(f"{BASE}/chatbots/{await bot(site)}/embed-config")).json()["config"]
    urls = config["assetUrls"]

    for name in ("css", "mainJs"):
        content = (await site.world.client.get(urls[name])).content
        assert urls[f"{name}Integrity"] == f"sha384-{b64encode(sha384(content).digest()).decode()}"


async def test_a_version_that_is_no_more_is_not_found(site: Site) -> None:
    response = await site.world.client.get("/widget/widget.0000000000000000.js")

    assert told(response) == (404, "rest_aipkit_not_found")


def test_all_of_it_together_is_less_than_twenty_kilobytes_on_the_way() -> None:
    assert sum(len(asset.zipped) for asset in assets()) < 20_000


@pytest.mark.parametrize("source", _SOURCES, ids=lambda source: source.name)
def test_nothing_in_it_makes_markup_or_code_of_a_text(source: object) -> None:
    text = source.read_text(encoding="utf-8")  # type: ignore[attr-defined]

    found = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|setHTML"
        r"|\beval\b|new Function|setTimeout\(['\"`]|javascript:",
        text,
    )

    assert found == []


def test_nothing_in_it_asks_anybody_but_the_gateway() -> None:
    addresses = {
        address
        for asset in assets()
        for address in re.findall(r"""["'`(]((?:https?:)?//[^"'`)\s]+)""", asset.content.decode())
    }

    assert addresses == {"http://www.w3.org/2000/svg"}
