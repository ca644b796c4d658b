"""PATCH /accounts/{id}."""

from typing import Any

import pytest

from tests.functions.operate.conftest import Office


async def test_only_what_is_named_changes(office: Office) -> None:
    account_id = await office.world.account(limits={"tokens_per_minute": 5})

    renamed = (await office.send("PATCH", f"/accounts/{account_id}", {"name": "new name"})).json()
    limited = (await office.send("PATCH", f"/accounts/{account_id}", {"limits": {"concurrent_requests": 3}})).json()

    assert (renamed["name"], renamed["limits"]["tokens_per_minute"], renamed["balance"]) == ("new name", 5, 10)
    assert (limited["name"], limited["limits"]["concurrent_requests"]) == ("new name", 3)
    assert limited["limits"]["tokens_per_minute"] is None


@pytest.mark.parametrize("body", [{}, {"name": None}, {"balance": 5}])
async def test_a_bad_change_is_refused(office: Office, body: Any) -> None:
    account_id = await office.world.account()

    assert (await office.send("PATCH", f"/accounts/{account_id}", body)).status_code == 400


async def test_an_unknown_account_is_not_found(office: Office) -> None:
    assert (await office.send("PATCH", "/accounts/acct_nobody", {"name": "x"})).status_code == 404
