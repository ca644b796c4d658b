"""The balance gate."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import a_call, a_caller, a_hold
from tests.unit.services.cloud import Cloud
from tollgate.contracts.accounts import Funds
from tollgate.contracts.caller import SpendLimit
from tollgate.contracts.catalogue import Price, Rates
from tollgate.errors import BalanceReserved, GateBusy, InsufficientBalance, KeyLimitReached, RequestExceedsBalance
from tollgate.ledger.worst_case import WorstCase, candidate_of
from tollgate.resources import Resources
from tollgate.services.gate import Bill, reserve, settle

A_BILL = Bill(
    cost_usd=Decimal("0.25"), usage={}, outcome="completed", model="openai/gpt-4o", is_estimated=False, details={}
)


def a_worst_case(*, is_capped_by_client: bool = False, max_output_tokens: int = 1_000) -> WorstCase:
    """A dollar for the prompt, and a tenth of a cent for each token of the answer."""
    price = Price(per=1_000, rates=Rates(input=Decimal(1), output=Decimal(1)))
    candidate = candidate_of(price, prompt_tokens=1_000, max_output_tokens=max_output_tokens)
    return WorstCase((candidate,), is_capped_by_client)


def funds(balance: str, available: str | None = None, **changes: Any) -> Funds:
    owned, free = Decimal(balance), Decimal(available or balance)
    return Funds(owned, free, owned - free, **changes)


async def held(worst: WorstCase, resources: Resources, **caller: Any) -> tuple[Decimal, int]:
    call = a_call(caller=a_caller(**caller))
    hold, tokens = await reserve(worst, model="openai/gpt-4o", call=call, resources=resources)
    return hold.amount_usd, tokens


async def test_an_account_that_covers_the_longest_answer_takes_one_write(cloud: Cloud, resources: Resources) -> None:
    amount_usd, tokens = await held(a_worst_case(), resources)

    assert (amount_usd, tokens) == (Decimal(2), 1_000)
    assert cloud.held_usd == [Decimal(2)]


async def test_an_account_that_covers_less_gets_the_longest_answer_that_it_affords(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.refusals = [funds("1.5")]

    amount_usd, tokens = await held(a_worst_case(), resources)

    assert (amount_usd, tokens) == (Decimal("1.5"), 500)


async def test_what_is_held_by_calls_in_flight_is_not_spent_twice(cloud: Cloud, resources: Resources) -> None:
    cloud.refusals = [funds("5", "1.1")]

    assert (await held(a_worst_case(), resources))[1] == 100


async def test_an_account_that_changes_in_between_is_tried_with_what_it_has_by_then(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.refusals = [funds("1.5"), funds("1.2"), funds("9")]

    assert (await held(a_worst_case(), resources))[1] == 1_000


async def test_an_account_that_keeps_changing_is_too_busy(cloud: Cloud, resources: Resources) -> None:
    cloud.refusals = [funds("9")] * 100

    with pytest.raises(GateBusy):
        await held(a_worst_case(), resources)


async def test_a_cap_of_the_clients_is_never_lowered(cloud: Cloud, resources: Resources) -> None:
    cloud.refusals = [funds("1.5")]

    with pytest.raises(RequestExceedsBalance) as caught:
        await held(a_worst_case(is_capped_by_client=True), resources)

    assert caught.value.metadata["required"] == 2
    assert caught.value.metadata["affordable_output_tokens"] == 500


@pytest.mark.parametrize("balance", ["1.015999999999", "1", "0.5"])
async def test_an_answer_of_less_than_16_tokens_is_not_worth_asking_for(
    cloud: Cloud, resources: Resources, balance: str
) -> None:
    cloud.refusals = [funds(balance)]

    with pytest.raises(RequestExceedsBalance) as caught:
        await held(a_worst_case(), resources)

    assert caught.value.metadata["required"] == 1.016


async def test_a_balance_for_just_16_tokens_is_enough(cloud: Cloud, resources: Resources) -> None:
    cloud.refusals = [funds("1.016")]

    assert (await held(a_worst_case(), resources))[1] == 16


async def test_a_model_that_never_writes_16_tokens_needs_no_more_than_it_writes(
    cloud: Cloud, resources: Resources
) -> None:
    cloud.refusals = [funds("1.01"), funds("1.005")]

    with pytest.raises(RequestExceedsBalance):
        await held(a_worst_case(max_output_tokens=10), resources)


@pytest.mark.parametrize("refusal", [funds("0"), funds("-1"), None], ids=("empty", "in debt", "gone"))
async def test_an_account_that_owns_nothing_is_refused_as_such(
    cloud: Cloud, resources: Resources, refusal: Funds | None
) -> None:
    cloud.refusals = [refusal]

    with pytest.raises(InsufficientBalance):
        await held(a_worst_case(), resources)


async def test_an_account_whose_money_is_in_flight_is_worth_another_try(cloud: Cloud, resources: Resources) -> None:
    cloud.refusals = [funds("5", "0.5", open_holds=4)]

    with pytest.raises(BalanceReserved) as caught:
        await held(a_worst_case(), resources)

    assert caught.value.retry_after_s == 2


async def test_a_key_gets_the_longest_answer_that_its_own_limit_affords(cloud: Cloud, resources: Resources) -> None:
    cloud.refusals = [funds("9")]

    _, tokens = await held(a_worst_case(), resources, spend_limit=SpendLimit(Decimal("1.3")))

    assert tokens == 300


async def test_a_key_whose_own_limit_is_too_low_is_told_of_it(cloud: Cloud, resources: Resources) -> None:
    cloud.refusals = [funds("9")]

    with pytest.raises(KeyLimitReached):
        await held(a_worst_case(), resources, spend_limit=SpendLimit(Decimal("0.5")))


@pytest.mark.parametrize(("cost_usd", "charge_usd"), [("0.25", "0.25"), ("0", "0"), ("-1", "0"), ("5", "1")])
async def test_a_charge_is_between_nothing_and_the_hold(
    cloud: Cloud, resources: Resources, cost_usd: str, charge_usd: str
) -> None:
    await settle(a_hold(), replace(A_BILL, cost_usd=Decimal(cost_usd)), resources)

    assert cloud.charged_usd == [Decimal(charge_usd)]


async def test_a_bill_above_the_hold_is_written_down_for_the_operator(
    resources: Resources, caplog: pytest.LogCaptureFixture
) -> None:
    await settle(a_hold(), replace(A_BILL, cost_usd=Decimal("1.5")), resources)

    (record,) = [record for record in caplog.records if record.message == "settle_overrun"]
    assert record.__dict__["overrun_usd"] == "0.5"


@pytest.mark.parametrize(
    "unstorable",
    [{"usage": {"prompt_tokens": 10**40}}, {"details": {"metadata": {"": "note"}}}, {"details": {"upstream_id": 1.5}}],
    ids=str,
)
async def test_a_call_is_charged_even_when_what_is_known_of_it_cannot_be_stored(
    cloud: Cloud, resources: Resources, unstorable: dict[str, Any]
) -> None:
    await settle(a_hold(), replace(A_BILL, **unstorable), resources)

    assert cloud.charged_usd == [Decimal("0.25")]
    assert (cloud.entries[0]["usage"], cloud.entries[0]["details"]) == ({}, {})
