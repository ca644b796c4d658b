"""What keys are made and changed with."""

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
