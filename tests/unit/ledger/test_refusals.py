"""What follows from the money that an account has at one moment."""

from decimal import Decimal
from typing import Any

import pytest

from tollgate.contracts.accounts import Funds
from tollgate.errors import BalanceReserved, InsufficientBalance, KeyLimitReached, RequestExceedsBalance
from tollgate.ledger.refusals import gate_a, refusal


def funds(balance: str, available: str | None = None, **changes: Any) -> Funds:
    """Funds with some of the balance in flight, or none."""
    owned, free = Decimal(balance), Decimal(available if available is not None else balance)
    return Funds(balance=owned, available=free, reserved=owned - free, **changes)


@pytest.mark.parametrize("balance", ["0", "-0.000000001", "-5"])
def test_gate_a_refuses_an_account_that_owns_nothing(balance: str) -> None:
    with pytest.raises(InsufficientBalance) as caught:
        gate_a(funds(balance))

    assert caught.value.message == "Payment Required: account balance is 0 or below."
    assert caught.value.metadata == {
        "balance": float(balance),
        "available": float(balance),
        "reserved": 0.0,
        "limit_source": "account_balance",
    }


@pytest.mark.parametrize(("balance", "available"), [("0.000000000001", "0.000000000001"), ("5", "0")])
def test_gate_a_lets_pass_whoever_owns_anything_even_when_all_of_it_is_held(balance: str, available: str) -> None:
    gate_a(funds(balance, available))


def test_an_empty_balance_is_told_whatever_the_call_would_cost() -> None:
    error = refusal(funds("0", key_room=Decimal(0)), Decimal(0))

    assert isinstance(error, InsufficientBalance)
    assert (error.reason, error.retry_after_s, error.param) == ("insufficient_balance", None, None)


def test_a_worst_case_above_the_balance_names_the_affordable_tokens() -> None:
    error = refusal(funds("0.21"), Decimal("0.64"), 1280)

    assert isinstance(error, RequestExceedsBalance)
    assert error.message == (
        "This request could cost up to $0.640000 but the balance is $0.210000. "
        "At most 1280 output tokens are affordable."
    )
    assert (error.reason, error.param, error.retry_after_s) == (
        "request_exceeds_balance",
        "max_completion_tokens",
        None,
    )
    assert error.metadata == {
        "required": 0.64,
        "balance": 0.21,
        "available": 0.21,
        "reserved": 0.0,
        "affordable_output_tokens": 1280,
        "limit_source": "account_balance",
    }


def test_a_prompt_alone_above_the_balance_affords_no_token() -> None:
    error = refusal(funds("0.21"), Decimal("0.64"), -1)

    assert "At most 0 output tokens are affordable." in error.message
    assert error.metadata["affordable_output_tokens"] == 0


def test_a_call_without_an_output_cap_gets_no_advice_about_one() -> None:
    error = refusal(funds("0.21"), Decimal("0.64"))

    assert isinstance(error, RequestExceedsBalance)
    assert error.message == "This request could cost up to $0.640000 but the balance is $0.210000."
    assert error.param is None
    assert "affordable_output_tokens" not in error.metadata


def test_a_worst_case_that_only_calls_in_flight_are_in_the_way_of_is_worth_another_try() -> None:
    error = refusal(funds("0.06", "0.01", open_holds=5), Decimal("0.05"), 10)

    assert isinstance(error, BalanceReserved)
    assert error.message == "Other requests in progress hold the remaining balance. Retry after 3 seconds."
    assert (error.reason, error.param, error.retry_after_s) == ("balance_reserved", None, 3)
    assert error.metadata == {
        "required": 0.05,
        "balance": 0.06,
        "available": 0.01,
        "reserved": 0.05,
        "limit_source": "in_flight",
    }


@pytest.mark.parametrize(
    ("open_holds", "wait_s"), [(0, 1), (1, 1), (2, 1), (3, 2), (10, 5), (59, 30), (60, 30), (500, 30)]
)
def test_the_more_calls_are_in_flight_the_longer_the_wait_within_1_to_30_seconds(open_holds: int, wait_s: int) -> None:
    error = refusal(funds("0.06", "0.01", open_holds=open_holds), Decimal("0.05"))

    assert error.retry_after_s == wait_s
    assert f"Retry after {wait_s} second" in error.message


def test_a_worst_case_of_the_whole_balance_is_reserved_and_not_exceeded() -> None:
    assert isinstance(refusal(funds("0.06", "0.01"), Decimal("0.06")), BalanceReserved)


def test_a_key_without_room_is_told_of_its_own_limit() -> None:
    error = refusal(funds("5", key_room=Decimal("0.01")), Decimal("0.05"), 3)

    assert isinstance(error, KeyLimitReached)
    assert error.message.startswith("This request could cost up to $0.050000 but the key's own spend limit has ")
    assert (error.reason, error.retry_after_s) == ("key_limit_reached", None)
    assert error.metadata == {
        "required": 0.05,
        "balance": 5.0,
        "available": 5.0,
        "reserved": 0.0,
        "key_room": 0.01,
        "limit_source": "key_limit",
    }


def test_the_limit_of_a_key_is_told_before_the_balance_of_its_account() -> None:
    error = refusal(funds("0.02", key_room=Decimal("0.01")), Decimal("0.05"))

    assert isinstance(error, KeyLimitReached)


def test_a_key_with_room_enough_is_not_told_of_its_limit() -> None:
    error = refusal(funds("0.02", key_room=Decimal("0.05")), Decimal("0.05"))

    assert isinstance(error, RequestExceedsBalance)
