"""What an operator sends."""

from decimal import Decimal
from typing import Any

import pytest

from tollgate.contracts.limits import Limits
from tollgate.contracts.operate.accounts import (
    CreateAccountRequest,
    CreateCreditRequest,
    LedgerQuery,
    UpdateAccountRequest,
)
from tollgate.contracts.shapes import Shape
from tollgate.edge.validation import validate
from tollgate.errors import BadRequest


def refusal(shape: type[Shape], **fields: Any) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        validate(shape, fields)
    return caught.value


def test_an_account_needs_a_name_and_nothing_else() -> None:
    request = validate(CreateAccountRequest, {"name": "  Example  "})

    assert (request.name, request.limits) == ("Example", Limits())


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name": "a", "balance": 5}, "balance"),
        ({"name": "a", "limits": {"concurrent_requests": 0}}, "limits.concurrent_requests"),
        ({"name": "a", "limits": {"concurrent_requests": 1.5}}, "limits.concurrent_requests"),
        ({"name": "a", "limits": {"tokens_per_minute": 10**10}}, "limits.tokens_per_minute"),
    ],
    ids=str,
)
def test_an_account_that_cannot_be_is_refused_by_field(fields: dict[str, Any], param: str) -> None:
    assert refusal(CreateAccountRequest, **fields).param == param


@pytest.mark.parametrize("field", ["name", "limits"])
def test_null_in_a_change_is_not_the_same_as_absent(field: str) -> None:
    assert validate(UpdateAccountRequest, {field: None}).model_fields_set == {field}


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(10, "10"), (0.1, "0.1"), (-2.5, "-2.5"), (1e-12, "1E-12"), (123456789012, "123456789012"), (0, "0")],
)
def test_the_amount_of_a_credit_is_the_number_that_was_written(amount: float, expected: str) -> None:
    assert validate(CreateCreditRequest, {"amount": amount, "id": "invoice-1"}).amount == Decimal(expected)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"amount": None}, "amount"),
        ({"amount": "10"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 1e-13}, "amount"),
        ({"amount": 1e12}, "amount"),
        ({"amount": float("inf")}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"id": "a" * 129}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": "a\n"}, "id"),
        ({"id": "ä"}, "id"),
        ({"id": 5}, "id"),
        ({"type": "usage"}, "type"),
        ({"currency": "EUR"}, "currency"),
    ],
    ids=str,
)
def test_a_credit_that_cannot_be_is_refused_by_field(fields: dict[str, Any], param: str) -> None:
    assert refusal(CreateCreditRequest, **{"amount": 10, "id": "invoice-1", **fields}).param == param


@pytest.mark.parametrize("kind", ["topup", "credit", "subscription", "refund", "adjustment", "coupon"])
def test_a_credit_is_of_a_kind_that_is_no_charge(kind: str) -> None:
    assert validate(CreateCreditRequest, {"amount": 10, "id": "invoice-1", "type": kind}).type == kind


def test_a_page_of_the_ledger_begins_after_the_entry_that_was_seen_last() -> None:
    query = validate(LedgerQuery, {"limit": "100", "after": "led_" + "0" * 26})

    assert (query.limit, query.after) == (100, "led_" + "0" * 26)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"after": "credit#1"}, "after"),
        ({"after": "led_"}, "after"),
        ({"after": "led_" + "0" * 26 + "~"}, "after"),
    ],
    ids=str,
)
def test_a_page_of_the_ledger_that_cannot_be_is_refused(fields: dict[str, Any], param: str) -> None:
    assert refusal(LedgerQuery, **fields).param == param
