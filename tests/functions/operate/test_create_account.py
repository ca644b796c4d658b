"""POST /accounts."""

from typing import Any

import pytest

from tests.functions.operate.conftest import Office


async def test_a_new_account_owns_nothing(office: Office) -> None:
    response = await office.send("POST", "/accounts", {"name": " Agency ", "limits": {"requests_per_minute": 600}})

    account = response.json()
    assert response.status_code == 201
    assert account["id"].startswith("acct_")
    assert {name: account[name] for name in ("object", "name", "balance", "available", "reserved")} == {
        "object": "account",
        "name": "Agency",
        "balance": 0.0,
        "available": 0.0,
        "reserved": 0.0,
    }
    assert account["limits"] == {"requests_per_minute": 600, "tokens_per_minute": None, "concurrent_requests": None}


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": "a", "plan": "pro"}, {"name": 5}])
async def test_a_bad_account_is_refused(office: Office, body: Any) -> None:
    assert (await office.send("POST", "/accounts", body)).status_code == 400
