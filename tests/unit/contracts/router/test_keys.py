"""What keys are made and changed with."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tollgate.contracts.router.keys import CreateKeyRequest, UpdateKeyRequest
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
