"""PATCH /aipkit/v1/chatbots/{id}."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.functions.aipuffer.conftest import BASE, bot, faults, told
from tests.functions.conftest import Site


async def change(site: Site, bot_id: int, body: dict[str, Any], **rest: Any) -> httpx2.Response:
    return await site.send("PATCH", f"{BASE}/chatbots/{bot_id}", json=body, **rest)


async def test_only_what_is_named_changes(site: Site) -> None:
    bot_id = await bot(site, greeting="Hi!", temperature=0.5)

    changed = (await change(site, bot_id, {"temperature": "0.25", "status": "draft"})).json()

    assert (changed["temperature"], changed["status"], changed["greeting"]) == (0.25, "draft", "Hi!")
    assert changed["name"] == "Support Bot"
    assert (await site.send("GET", f"{BASE}/chatbots/{bot_id}")).json() == changed


async def test_null_puts_a_setting_back(site: Site) -> None:
    bot_id = await bot(site, token_guest_limit=5, max_messages=3)

    changed = (await change(site, bot_id, {"token_guest_limit": None, "max_messages": None})).json()

    assert (changed["token_guest_limit"], changed["max_messages"]) == (None, 15)


async def test_another_model_brings_its_provider_along(site: Site) -> None:
    changed = (await change(site, await bot(site), {"model": "gpt-4o-mini"})).json()

    assert (changed["provider"], changed["model"]) == ("openai", "gpt-4o-mini")


async def test_a_model_that_the_named_provider_has_not_is_refused(site: Site) -> None:
    response = await change(site, await bot(site), {"provider": "openai"})

    assert faults(response) == {"model": "rest_invalid_param"}


async def test_settings_that_do_not_go_together_are_refused(site: Site) -> None:
    bot_id = await bot(site, vector_store_provider="openai")

    response = await change(site, bot_id, {"enable_vector_store": "1"})

    assert faults(response) == {"vector_store_provider": "rest_invalid_param"}


@pytest.mark.parametrize("body", [{}, {"unknown": 1}])
async def test_a_body_that_changes_nothing_is_a_mistake(site: Site, body: dict[str, Any]) -> None:
    assert told(await change(site, await bot(site), body)) == (400, "rest_aipkit_invalid_param")


async def test_the_path_says_which_bot_it_is_whatever_the_body_says(site: Site) -> None:
    first, second = await bot(site), await bot(site)

    changed = (await change(site, first, {"bot_id": second, "greeting": "Changed"})).json()

    assert (changed["bot_id"], changed["greeting"]) == (first, "Changed")
    assert (await site.send("GET", f"{BASE}/chatbots/{second}")).json()["greeting"] != "Changed"


async def test_of_changes_at_the_same_time_none_is_lost(site: Site) -> None:
    bot_id = await bot(site)

    answers = await asyncio.gather(
        change(site, bot_id, {"greeting": "Changed"}), change(site, bot_id, {"max_messages": 7})
    )

    assert [answer.status_code for answer in answers] == [200, 200]
    bot_now = (await site.send("GET", f"{BASE}/chatbots/{bot_id}")).json()
    assert (bot_now["greeting"], bot_now["max_messages"]) == ("Changed", 7)


async def test_a_bot_of_another_account_does_not_exist(site: Site) -> None:
    other = await site.world.key(await site.world.account())

    response = await change(site, await bot(site), {"greeting": "Stolen"}, key=other)

    assert told(response) == (404, "rest_aipkit_bot_not_found")
