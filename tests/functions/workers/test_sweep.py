"""The sweeper; what it does to holds is shown in tests/gate."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import NOW, a_hold, an_account
from tollgate.contracts.accounts import Entry, Hold, SpendWindow
from tollgate.contracts.caller import SpendLimit
from tollgate.resources import Resources
from tollgate.services.gate import spend_window
from tollgate.services.jobs.sweep import sweep
from tollgate.stores.aws import AwsError


async def _with_a_dollar(resources: Resources) -> None:
    await resources.accounts.create(an_account())
    credit = Entry(
        id="led_0", account_id="acct_1", type="topup", amount_usd=a_hold().amount_usd, created_at="", credit_id="first"
    )
    await resources.accounts.credit(credit)


async def test_holds_that_are_not_over_yet_stay(frozen: Resources) -> None:
    await _with_a_dollar(frozen)
    hold = a_hold(expires_at=NOW + timedelta(seconds=1))
    await frozen.accounts.reserve(hold, SpendWindow(hold.window))

    done = await sweep(frozen)

    assert done == {"settled": 0, "released": 0, "written": 0, "forgotten": 0}


async def test_what_keys_spent_in_windows_that_are_over_is_forgotten_and_the_rest_kept(frozen: Resources) -> None:
    await _with_a_dollar(frozen)
    for reset in ("daily", "weekly", "monthly", None):
        for days in (0, 40):
            window = spend_window("key_1", SpendLimit(None, reset), NOW - timedelta(days=days))
            hold = replace(a_hold(id=f"hold_{reset}_{days}", window=window.name), amount_usd=a_hold().amount_usd / 10)
            await frozen.accounts.reserve(hold, window)

    done = await sweep(replace(frozen, now=lambda: NOW - timedelta(days=1)))

    account = await frozen.accounts.get("acct_1")
    assert account is not None
    assert done["forgotten"] == 3
    assert sorted(name.rpartition("|")[2] for name in account.spent) == ["2026-11", "2026-11-21", "2026-W47", "ever"]


async def test_an_account_that_cannot_be_finished_keeps_no_other_from_it(frozen: Resources) -> None:
    for number in (1, 2, 3):
        await frozen.accounts.create(an_account(id=f"acct_{number}"))
        credit = Entry(
            id=f"led_{number}",
            account_id=f"acct_{number}",
            type="topup",
            amount_usd=a_hold().amount_usd,
            created_at="",
            credit_id="first",
        )
        await frozen.accounts.credit(credit)
        hold = a_hold(id=f"hold_{number}", account_id=f"acct_{number}", expires_at=NOW)
        await frozen.accounts.reserve(hold, SpendWindow(hold.window))
    release = frozen.accounts.release

    async def failing(hold: Hold, **rest: Any) -> bool:
        if hold.account_id == "acct_2":
            raise AwsError("ValidationException", "An item that nobody expected", {})
        return await release(hold, **rest)

    object.__setattr__(frozen.accounts, "release", failing)

    with pytest.raises(ExceptionGroup) as raised:
        await sweep(frozen)

    assert len(raised.value.exceptions) == 1
    left = [await frozen.accounts.held(f"acct_{number}", f"hold_{number}") for number in (1, 2, 3)]
    assert [one is None for one in left] == [True, False, True]
