"""DELETE /keys/{id}."""

import asyncio
from dataclasses import replace

from tests.functions.conftest import Site
from tests.upstream import a_completion, json_reply


async def test_a_key_cannot_delete_itself(site: Site) -> None:
    (own,) = (await site.send("GET", "/keys")).json()["items"]

    response = await site.send("DELETE", f"/keys/{own['id']}")

    assert (response.status_code, response.json()["error"]["code"]) == (422, "invalid_request")
    assert (await site.chat()).status_code == 200


async def test_calls_of_a_deleted_key_that_are_running_finish_and_are_charged(site: Site) -> None:
    made = (await site.send("POST", "/keys", json={"name": "spare"})).json()
    called, deleted = asyncio.Event(), asyncio.Event()

    async def wait_for_deletion() -> None:
        called.set()
        await deleted.wait()

    site.upstream.replies = [replace(json_reply(a_completion()), before=wait_for_deletion)]
    running = asyncio.create_task(site.chat(made["key"]))
    await called.wait()
    await site.send("DELETE", f"/keys/{made['id']}")
    deleted.set()

    assert (await running).status_code == 200
    assert (await site.chat(made["key"])).status_code == 401
    assert len(await site.ledger()) == 1
