"""GET /aipkit/v1/chatbots/{id}."""

import pytest

from tests.functions.aipuffer.conftest import BASE, bot, told
from tests.functions.conftest import Site


async def test_it_is_shown_as_it_was_made(site: Site) -> None:
    made = await site.send("POST", f"{BASE}/chatbots", json={"name": "One", "provider": "sandbox", "greeting": "Hi!"})

    response = await site.send("GET", f"{BASE}/chatbots/{made.json()['bot_id']}")

    assert (response.status_code, response.json()) == (200, made.json())


@pytest.mark.parametrize("bot_id", ["2", "0", "9" * 15, "9" * 40])
async def test_what_is_no_bot_is_not_found(site: Site, bot_id: str) -> None:
    await bot(site)

    assert told(await site.send("GET", f"{BASE}/chatbots/{bot_id}")) == (404, "rest_aipkit_bot_not_found")


@pytest.mark.parametrize("bot_id", ["x", "1x", "-1", "1.0", "%D9%A1"])
async def test_what_is_no_number_is_no_route(site: Site, bot_id: str) -> None:
    assert told(await site.send("GET", f"{BASE}/chatbots/{bot_id}")) == (404, "rest_no_route")


async def test_a_bot_of_another_account_does_not_exist(site: Site) -> None:
    theirs = await bot(site)
    other = await site.world.key(await site.world.account())

    response = await site.send("GET", f"{BASE}/chatbots/{theirs}", key=other)

    assert told(response) == (404, "rest_aipkit_bot_not_found")
