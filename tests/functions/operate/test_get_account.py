"""GET /accounts/{id}."""

from tests.functions.operate.conftest import Office


async def test_an_account_is_shown_with_its_money(office: Office) -> None:
    account_id = await office.world.account(balance_usd=2.5)

    account = (await office.send("GET", f"/accounts/{account_id}")).json()

    assert (account["id"], account["balance"], account["balance_exact"]) == (account_id, 2.5, "2.500000000000")


async def test_an_unknown_account_is_not_found(office: Office) -> None:
    response = await office.send("GET", "/accounts/acct_nobody")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "account_not_found")
