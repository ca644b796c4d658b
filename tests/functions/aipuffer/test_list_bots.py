"""GET /aipkit/v1/chat/list."""

import pytest

from tests.functions.aipuffer.conftest import BASE, bot, told
from tests.functions.conftest import Site

PATH = f"{BASE}/chat/list"


@pytest.mark.parametrize("capability", ["prompt_ai", "manage_chatbots", "read_chatbots"])
async def test_who_may_write_to_bots_or_manage_them_finds_them_by_name(site: Site, capability: str) -> None:
    first, second = await bot(site, name="One"), await bot(site, name="Two", status="draft")

    response = await site.send("GET", PATH, key=await site.world.key(site.account_id, capability))

    assert response.json() == {"bots": [{"id": first, "name": "One"}, {"id": second, "name": "Two"}]}
    assert response.headers["x-wp-total"] == "2"


async def test_a_key_that_may_do_neither_is_refused(site: Site) -> None:
    key = await site.world.key(site.account_id, "read_logs")

    assert told(await site.send("GET", PATH, key=key)) == (403, "rest_forbidden")


async def test_the_key_may_stand_in_the_query(site: Site) -> None:
    assert (await site.world.client.get(PATH, params={"aipkit_api_key": site.key})).status_code == 200
