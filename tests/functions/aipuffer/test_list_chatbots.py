"""GET /aipkit/v1/chatbots."""

from tests.functions.aipuffer.conftest import BASE, bot, faults
from tests.functions.conftest import Site

PATH = f"{BASE}/chatbots"


async def test_a_page_names_bots_in_the_order_of_their_ids_and_how_many_there_are(site: Site) -> None:
    for name in ("One", "Two", "Three"):
        await bot(site, name=name, status="draft")

    response = await site.send("GET", f"{PATH}?page=2&per_page=2")

    (third,) = response.json()["bots"]
    assert (third["bot_id"], third["name"], third["status"]) == (3, "Three", "draft")
    assert (third["provider"], third["model"]) == ("sandbox", "chat")
    assert "instructions" not in third
    assert (response.headers["x-wp-total"], response.headers["x-wp-totalpages"]) == ("3", "2")


async def test_an_account_without_bots_has_an_empty_page(site: Site) -> None:
    await bot(site)
    other = await site.world.key(await site.world.account())

    response = await site.send("GET", PATH, key=other)

    assert response.json() == {"bots": []}
    assert (response.headers["x-wp-total"], response.headers["x-wp-totalpages"]) == ("0", "0")


async def test_a_page_that_cannot_be_is_told_in_wordpress_words(site: Site) -> None:
    assert faults(await site.send("GET", f"{PATH}?page=0&per_page=x")) == {
        "page": "rest_out_of_bounds",
        "per_page": "rest_invalid_type",
    }


async def test_head_is_get_without_a_body(site: Site) -> None:
    response = await site.send("HEAD", PATH)

    assert (response.status_code, response.content) == (200, b"")
