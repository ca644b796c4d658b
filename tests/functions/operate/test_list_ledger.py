"""GET /accounts/{id}/ledger."""

from typing import Any

import pytest

from tests.functions.operate.conftest import Office


async def test_entries_come_newest_first_a_page_at_a_time(office: Office) -> None:
    account_id = await office.world.account(balance_usd=None)
    for number in range(5):
        await office.world.credit(account_id, number + 1, f"credit-{number}")

    seen: list[float] = []
    query, pages = "limit=2", 0
    while True:
        page = (await office.send("GET", f"/accounts/{account_id}/ledger?{query}")).json()
        seen += [entry["amount"] for entry in page["data"]]
        pages += 1
        if not page["has_more"]:
            break
        query = f"limit=2&after={page['data'][-1]['id']}"

    assert (seen, pages) == ([5, 4, 3, 2, 1], 3)


async def test_an_entry_says_what_changed_and_from_what_to_what(office: Office) -> None:
    account_id = await office.world.account(balance_usd=None)
    await office.world.credit(account_id, 0.000000000001, "tiny")

    (entry,) = (await office.send("GET", f"/accounts/{account_id}/ledger")).json()["data"]

    assert {name: entry[name] for name in ("object", "type", "amount", "amount_exact", "credit_id")} == {
        "object": "ledger_entry",
        "type": "topup",
        "amount": 0.0,
        "amount_exact": "0.000000000001",
        "credit_id": "tiny",
    }
    assert (entry["balance_before_exact"], entry["balance_after_exact"]) == ("0.000000000000", "0.000000000001")


async def test_a_charge_names_its_call(office: Office) -> None:
    account_id = await office.world.account()
    key = await office.world.key(account_id)
    body = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hi"}]}
    called = await office.world.client.post("/v1/chat/completions", json=body, headers={"x-api-key": key})

    entry = (await office.send("GET", f"/accounts/{account_id}/ledger?limit=1")).json()["data"][0]

    assert entry["amount"] == -called.json()["usage"]["cost"] < 0
    assert entry["request_id"] == called.headers["x-request-id"]
    assert (entry["type"], entry["model"], entry["outcome"]) == ("usage", "sandbox/chat", "completed")
    assert entry["usage"]["total_tokens"] == called.json()["usage"]["total_tokens"]
    assert entry["hold_id"].startswith("hold_")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "after=nonsense"])
async def test_a_bad_query_is_refused(office: Office, query: str) -> None:
    account_id = await office.world.account()
    response: Any = await office.send("GET", f"/accounts/{account_id}/ledger?{query}")

    assert (response.status_code, response.json()["error"]["param"]) == (400, query.partition("=")[0])


async def test_an_unknown_account_is_not_found(office: Office) -> None:
    assert (await office.send("GET", "/accounts/acct_nobody/ledger")).status_code == 404
