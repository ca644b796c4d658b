"""GET /keys."""

from typing import Any

import pytest

from tests.functions.conftest import Site


async def test_keys_come_in_pages_oldest_first(site: Site) -> None:
    for number in range(4):
        await site.send("POST", "/keys", json={"name": f"key {number}"})

    pages = [(await site.send("GET", f"/keys?page={page}&limit=2")).json() for page in (1, 2, 3, 4)]

    assert [[item["name"] for item in page["items"]] for page in pages] == [
        ["test", "key 0"],
        ["key 1", "key 2"],
        ["key 3"],
        [],
    ]
    assert {(page["total"], page["limit"]) for page in pages} == {(5, 2)}


async def test_a_status_keeps_active_or_disabled_keys(site: Site) -> None:
    made = (await site.send("POST", "/keys", json={"name": "spare"})).json()
    await site.send("PATCH", f"/keys/{made['id']}", json={"status": 0})

    names = {
        status: [item["name"] for item in (await site.send("GET", f"/keys?status={status}")).json()["items"]]
        for status in (0, 1)
    }

    assert names == {0: ["spare"], 1: ["test"]}


async def test_what_a_key_spent_and_when_it_was_used_is_shown(site: Site) -> None:
    await site.chat()

    (item,) = (await site.send("GET", "/keys")).json()["items"]

    assert item["usage"] == 0.0001475
    assert item["last_used_at"].endswith("Z")


@pytest.mark.parametrize("query", ["page=0", "limit=0", "limit=101", "status=2", "page=x"])
async def test_a_bad_query_is_refused(site: Site, query: str) -> None:
    response: Any = await site.send("GET", f"/keys?{query}")

    assert (response.status_code, response.json()["error"]["param"]) == (400, query.partition("=")[0])
