"""POST /accounts/{id}/credits."""

from typing import Any

import pytest

from tests.functions.operate.conftest import Office


async def test_a_credit_is_added_once_for_its_id(office: Office) -> None:
    account_id = await office.world.account(balance_usd=None)
    path = f"/accounts/{account_id}/credits"

    first = (await office.send("POST", path, {"amount": 0.1, "id": "inv-1", "type": "topup"})).json()
    again = (await office.send("POST", path, {"amount": 99, "id": "inv-1", "type": "topup"})).json()
    other = (await office.send("POST", path, {"amount": 0.2, "id": "inv-2"})).json()

    assert first == {
        "id": "inv-1",
        "object": "credit",
        "type": "topup",
        "amount": 0.1,
        "balance": 0.1,
        "balance_exact": "0.100000000000",
    }
    assert again == first
    assert (other["balance"], other["balance_exact"]) == (0.3, "0.300000000000")


@pytest.mark.parametrize("kind", ["adjustment", "subscription"])
async def test_an_adjustment_may_take_the_balance_below_zero(office: Office, kind: str) -> None:
    account_id = await office.world.account(balance_usd=1)
    body = {"amount": -3, "id": "x", "type": kind}

    assert (await office.send("POST", f"/accounts/{account_id}/credits", body)).json()["balance"] == -2


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"amount": -1, "id": "x", "type": "topup"}, "amount"),
        ({"amount": -1, "id": "x", "type": "refund"}, "amount"),
        ({"amount": 0, "id": "x"}, "amount"),
        ({"amount": "1", "id": "x"}, "amount"),
        ({"amount": True, "id": "x"}, "amount"),
        ({"amount": 1}, "id"),
        ({"amount": 1, "id": ""}, "id"),
        ({"amount": 1, "id": "two words"}, "id"),
        ({"amount": 1, "id": "x", "type": "gift"}, "type"),
        ({"amount": 1e-13, "id": "x"}, "amount"),
    ],
)
async def test_a_bad_credit_is_refused_by_field(office: Office, body: Any, param: str) -> None:
    account_id = await office.world.account()

    response = await office.send("POST", f"/accounts/{account_id}/credits", body)

    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert (await office.world.funds(account_id))[0] == "10"


async def test_an_unknown_account_is_not_found(office: Office) -> None:
    response = await office.send("POST", "/accounts/acct_nobody/credits", {"amount": 1, "id": "x"})

    assert (response.status_code, response.json()["error"]["code"]) == (404, "account_not_found")
