"""What keys are made and changed with."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tollgate.contracts.limits import Limits
from tollgate.contracts.router.keys import CreateKeyRequest, KeyListQuery, UpdateKeyRequest
from tollgate.contracts.shapes import Shape
from tollgate.edge.validation import validate
from tollgate.errors import BadRequest


def refusal(shape: type[Shape], **fields: Any) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        validate(shape, fields)
    return caught.value


@pytest.mark.parametrize("name", ["", "ab", "  ab  ", "a" * 101])
@pytest.mark.parametrize("shape", [CreateKeyRequest, UpdateKeyRequest])
def test_a_name_of_another_length_is_refused_in_the_words_of_the_contract(shape: type[Shape], name: str) -> None:
    error = refusal(shape, name=name)

    assert (error.param, error.message) == ("name", "'name' must have 3 to 100 characters.")


@pytest.mark.parametrize("name", ["abc", "a" * 100, " " * 50 + "a" * 100, "äöü"])
def test_a_name_is_counted_in_characters_and_without_the_blanks_around_it(name: str) -> None:
    assert validate(CreateKeyRequest, {"name": name}).name == name.strip()


def test_the_length_of_a_name_is_in_the_description_of_the_api() -> None:
    described = CreateKeyRequest.model_json_schema()["properties"]["name"]

    assert (described["type"], described["minLength"], described["maxLength"]) == ("string", 3, 100)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-31T00:00:00Z", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T01:30:00+02:00", datetime(2027, 1, 30, 23, 30, tzinfo=UTC)),
        ("2027-01-31T00:00:00.5Z", datetime(2027, 1, 31, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_key_expires_at_a_moment_in_utc(text: str, moment: datetime) -> None:
    assert validate(CreateKeyRequest, {"name": "abc", "expires_at": text}).expires_at == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "1893456000",
        "-1",
        "2027-01-31",
        "2027-01-31T00:00:00",
        "2027-02-30T00:00:00Z",
        "2027-01-31T25:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+12:00",
        1893456000,
        1893456000.5,
        True,
        ["2027-01-31T00:00:00Z"],
    ],
)
def test_what_is_no_moment_of_iso_8601_with_its_zone_is_refused(text: Any) -> None:
    assert refusal(CreateKeyRequest, name="abc", expires_at=text).param == "expires_at"


def test_a_key_is_made_with_little_more_than_its_name() -> None:
    request = validate(CreateKeyRequest, {"name": "abc"})

    assert (request.scopes, request.models, request.limit, request.limit_reset) == (["inference"], None, None, None)
    assert (request.expires_at, request.account_id, request.limits) == (None, None, Limits())


def test_a_key_can_be_made_with_everything() -> None:
    validate(
        CreateKeyRequest,
        {
            "name": "production",
            "models": ["openai/gpt-4o", "anthropic/*"],
            "scopes": ["inference", "keys:read"],
            "limit": 25,
            "limit_reset": "monthly",
            "limits": {"requests_per_minute": 60, "tokens_per_minute": None},
            "expires_at": "2027-01-31T00:00:00Z",
            "account_id": "acct_1",
        },
    )


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "name", "Missing"),
    ({"name": 5}, "name", "valid string"),
    ({"name": "abc", "models": "openai/*"}, "models", "an array"),
    ({"name": "abc", "models": [""]}, "models[0]", "at least 1"),
    ({"name": "abc", "models": ["m" * 257]}, "models[0]", "at most 256"),
    ({"name": "abc", "models": ["a/b"] * 101}, "models", "at most 100"),
    ({"name": "abc", "scopes": []}, "scopes", "at least 1"),
    ({"name": "abc", "scopes": ["inference"] * 31}, "scopes", "at most 30"),
    ({"name": "abc", "scopes": "inference"}, "scopes", "an array"),
    ({"name": "abc", "limit": -1}, "limit", "greater than or equal to 0"),
    ({"name": "abc", "limit": "25"}, "limit", "expected a number"),
    ({"name": "abc", "limit": True}, "limit", "expected a number"),
    ({"name": "abc", "limit": 0.0000000001}, "limit", "9 decimal places"),
    ({"name": "abc", "limit": 1e30}, "limit", "18 digits"),
    ({"name": "abc", "limit_reset": "yearly"}, "limit_reset", "'daily', 'weekly' or 'monthly'"),
    ({"name": "abc", "limits": {"requests_per_minute": 0}}, "limits.requests_per_minute", "equal to 1"),
    ({"name": "abc", "limits": {"requests_per_hour": 5}}, "limits.requests_per_hour", "Unknown parameter"),
    ({"name": "abc", "limits": 5}, "limits", "an object"),
    ({"name": "abc", "status": 0}, "status", "Unknown parameter"),
    ({"name": "abc", "account_id": 5}, "account_id", "valid string"),
]


@pytest.mark.parametrize(("fields", "param", "fragment"), BAD, ids=str)
def test_what_a_new_key_may_not_have_is_refused_by_name(fields: dict[str, Any], param: str, fragment: str) -> None:
    error = refusal(CreateKeyRequest, **fields)

    assert error.param == param
    assert fragment in error.message


@pytest.mark.parametrize(("limit", "amount"), [(0, "0"), (25, "25"), (0.1, "0.1"), (1e-9, "1E-9"), (2.5e3, "2500")])
def test_a_limit_is_the_number_that_was_written_and_not_its_binary_neighbour(limit: float, amount: str) -> None:
    assert validate(CreateKeyRequest, {"name": "abc", "limit": limit}).limit == Decimal(amount)


@pytest.mark.parametrize("field", ["name", "models", "status", "limit", "limit_reset", "limits", "expires_at"])
def test_null_in_a_change_clears_and_is_not_the_same_as_absent(field: str) -> None:
    request = validate(UpdateKeyRequest, {field: None})

    assert request.model_fields_set == {field}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"status": 2}, "status"),
        ({"status": -1}, "status"),
        ({"status": True}, "status"),
        ({"status": "1"}, "status"),
        ({"scopes": ["full"]}, "scopes"),
        ({"account_id": "acct_2"}, "account_id"),
        ({"key": "tg-1"}, "key"),
    ],
    ids=str,
)
def test_what_cannot_be_changed_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    assert refusal(UpdateKeyRequest, **fields).param == param


def test_a_page_of_keys_is_the_first_twenty_unless_told_otherwise() -> None:
    query = validate(KeyListQuery, {})

    assert (query.page, query.limit, query.status) == (1, 20, None)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"page": "0"}, "page"),
        ({"page": "one"}, "page"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"status": "2"}, "status"),
        ({"status": ""}, "status"),
    ],
    ids=str,
)
def test_a_page_that_cannot_be_is_refused(fields: dict[str, Any], param: str) -> None:
    assert refusal(KeyListQuery, **fields).param == param
