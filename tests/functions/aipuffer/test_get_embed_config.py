"""GET /aipkit/v1/chatbots/{bot_id}/embed-config: which pages may have a chatbot, and what they get to know of it."""

import json
import re
from html import unescape
from typing import Any

import httpx2
import pytest

from tests.functions.aipuffer.conftest import BASE, bot, told
from tests.functions.conftest import Site

_SHOP = "https://shop.example"


async def _embed(site: Site, bot_id: int | str, origin: str | None = None, **rest: Any) -> httpx2.Response:
    headers = {**({"origin": origin} if origin else {}), **rest.pop("headers", {})}
    base = rest.pop("base", BASE)
    return await site.world.client.request(
        rest.pop("method", "GET"), f"{base}/chatbots/{bot_id}/embed-config", headers=headers, **rest
    )


async def test_every_page_may_have_a_bot_that_names_none_and_a_request_without_a_page_too(site: Site) -> None:
    bot_id = await bot(site)

    of_page, of_none = await _embed(site, bot_id, _SHOP), await _embed(site, bot_id)

    assert (of_page.status_code, of_page.headers["access-control-allow-origin"]) == (200, _SHOP)
    assert (of_none.status_code, of_none.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in of_page.headers
    assert (of_page.headers["vary"], of_page.headers["cache-control"]) == ("Origin", "no-store")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("base", [BASE, f"/wp-json{BASE}"])
async def test_no_key_is_needed_and_a_wrong_one_is_ignored(site: Site, base: str, method: str) -> None:
    bot_id = await bot(site)

    response = await _embed(
        site, f"{bot_id}", _SHOP, base=base, method=method, headers={"authorization": "Bearer tg-wrong"}
    )

    assert response.status_code == 200
    assert bool(response.content) == (method == "GET")


@pytest.mark.parametrize(
    ("entry", "origin", "is_allowed"),
    [
        ("https://a.example", "https://a.example", True),
        ("https://a.example/", "https://a.example", True),
        ("https://a.example", "https://www.a.example", False),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("a.example", "https://a.example", True),
        ("a.example", "http://a.example", True),
        ("a.example", "https://b.a.example", False),
        ("a.example", "https://nota.example", False),
        ("localhost:8080", "http://localhost:8080", True),
        ("*.a.example", "https://b.a.example", True),
        ("*.a.example", "https://a.example", False),
        ("*.a.example", "https://nota.example", False),
        ("a.example", "null", False),
        ("a.example", None, False),
    ],
)
async def test_of_a_bot_that_names_its_sites_only_their_pages_may_have_it(
    site: Site, entry: str, origin: str | None, *, is_allowed: bool
) -> None:
    bot_id = await bot(site, embed_allowed_domains=f"https://first.example\n{entry}")

    response = await _embed(site, bot_id, origin)

    assert response.headers["access-control-allow-origin"] == (origin or "*")
    assert response.status_code == 200 if is_allowed else told(response) == (403, "rest_aipkit_cors_denied")


async def test_a_draft_is_not_there_and_nor_is_a_bot_that_never_was(site: Site) -> None:
    draft = await bot(site, status="draft")

    for missing in (draft, 999_999, "9" * 40):
        response = await _embed(site, missing, _SHOP)
        assert told(response) == (404, "rest_aipkit_bot_not_found")
        assert response.headers["access-control-allow-origin"] == _SHOP
    assert told(await _embed(site, 0, _SHOP)) == (400, "rest_invalid_param")
    assert told(await _embed(site, "one", _SHOP)) == (404, "rest_no_route")


async def test_what_is_nobody_s_business_is_not_in_it(site: Site) -> None:
    bot_id = await bot(
        site,
        instructions="Never say SESAME.",
        embed_allowed_domains="shop.example",
        token_guest_limit=4321,
        banned_words="SESAME",
        banned_ips="203.0.113.99",
    )

    body = (await _embed(site, bot_id, _SHOP)).text

    assert not re.search(r"SESAME|4321|203\.0\.113\.99|embed_allowed|shop\.example|\"model\"", body)


async def test_settings_stand_in_it_as_the_script_reads_them(site: Site) -> None:
    bot_id = await bot(
        site,
        greeting="Ahoy",
        conversation_starters=["When do you open?"],
        deploy_mode="inline",
        theme="custom",
        custom_theme_settings={"primary_color": "#ffd400"},
        max_messages=500,
        consent_title="First",
        enable_consent_compliance=True,
    )

    config = (await _embed(site, bot_id, _SHOP)).json()["config"]

    shown = ("botId", "provider", "headerName", "popupEnabled", "theme", "starters", "maxMessages", "postId")
    assert {name: config[name] for name in shown} == {
        "botId": bot_id,
        "provider": config["provider"],
        "headerName": "Support Bot",
        "popupEnabled": False,
        "theme": "custom",
        "starters": ["When do you open?"],
        "maxMessages": 100,
        "postId": 0,
    }
    assert config["customThemeSettings"] == {"primary_color": "#ffd400"}
    assert (config["text"]["initialGreeting"], config["text"]["consentTitle"]) == ("Ahoy", "First")
    assert config["requireConsentCompliance"] is True


@pytest.mark.parametrize(("mode", "kind"), [("inline", "chat_container"), ("popup", "popup_wrapper")])
async def test_the_element_carries_the_same_and_nothing_that_a_browser_would_run(
    site: Site, mode: str, kind: str
) -> None:
    hostile = """"'><script>alert(1)</script>"""
    bot_id = await bot(site, name=f"Bot {hostile}", greeting=hostile, deploy_mode=mode)

    answer = (await _embed(site, bot_id, _SHOP)).json()

    opening, data = re.fullmatch(r'(<div .*?) data-config="([^"]*)"></div>', answer["html"], re.DOTALL).groups()  # type: ignore[union-attr]
    assert opening == f'<div class="aipkit_{kind}" id="aipkit_{kind}_{bot_id}" data-bot-id="{bot_id}"'
    assert "<" not in data
    assert json.loads(unescape(data)) == answer["config"]


async def test_a_session_that_is_named_again_is_kept_and_any_other_text_is_not(site: Site) -> None:
    bot_id = await bot(site)
    first = (await _embed(site, bot_id, _SHOP)).json()["config"]

    again = (await _embed(site, bot_id, _SHOP, params={"session_id": first["sessionId"]})).json()["config"]
    made_up = (await _embed(site, bot_id, _SHOP, params={"session_id": "x"})).json()["config"]

    assert again["sessionId"] == first["sessionId"]
    assert made_up["sessionId"] not in {"x", first["sessionId"]}


async def test_the_addresses_in_it_lead_somewhere(site: Site) -> None:
    bot_id = await bot(site)
    config = (await _embed(site, bot_id, _SHOP, base=f"/wp-json{BASE}")).json()["config"]

    for address in (config["assetUrls"]["css"], config["assetUrls"]["mainJs"], config["embedConfigUrl"]):
        assert (await site.world.client.get(address)).status_code == 200, address
