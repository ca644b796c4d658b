"""DELETE /aipkit/v1/chatbots/{id}."""

from tests.functions.aipuffer.conftest import BASE, bot, told
from tests.functions.conftest import Site


async def test_it_is_gone_at_once_and_for_good(site: Site) -> None:
    bot_id = await bot(site)

    deleted = await site.send("DELETE", f"{BASE}/chatbots/{bot_id}")

    assert (deleted.status_code, deleted.json()) == (200, {"deleted": True, "bot_id": bot_id, "name": "Support Bot"})
    assert told(await site.send("GET", f"{BASE}/chatbots/{bot_id}")) == (404, "rest_aipkit_bot_not_found")
    assert told(await site.send("DELETE", f"{BASE}/chatbots/{bot_id}")) == (404, "rest_aipkit_bot_not_found")
    assert (await site.send("GET", f"{BASE}/chatbots")).json() == {"bots": []}


async def test_a_bot_of_another_account_stays(site: Site) -> None:
    bot_id = await bot(site)
    other = await site.world.key(await site.world.account())

    refused = await site.send("DELETE", f"{BASE}/chatbots/{bot_id}", key=other)

    assert told(refused) == (404, "rest_aipkit_bot_not_found")
    assert (await site.send("GET", f"{BASE}/chatbots/{bot_id}")).status_code == 200
