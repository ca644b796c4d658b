"""Forms with parts: any order, any bytes, lists with brackets and without, and what is no form."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recordings import BOUNDARY, FORM, a_form
from tollgate.contracts.shapes import File, Form
from tollgate.contracts.upload import Upload
from tollgate.edge.forms import parse_form
from tollgate.edge.validation import validate
from tollgate.errors import BadRequest, InvalidMultipart, UnsupportedMediaType

TYPE = FORM["content-type"]


class AForm(Form):
    file: File | None = None
    name: str | None = None
    count: int | None = None
    is_on: bool | None = None
    words: list[str] | None = None
    rule: str | dict[str, str] | None = None


def read(*parts: tuple[str, Any]) -> dict[str, Any]:
    return parse_form(a_form(*parts), TYPE, AForm)


@given(st.binary(max_size=2_000), st.permutations(["file", "name", "words"]))
def test_a_file_is_what_was_sent_wherever_it_stands(content: bytes, order: list[str]) -> None:
    parts: dict[str, Any] = {"file": ("a.mp3", content), "name": "Grüße 👋", "words": "x"}

    fields = read(*((name, parts[name]) for name in order))

    assert fields == {
        "file": Upload("a.mp3", "application/octet-stream", content),
        "name": "Grüße 👋",
        "words": ["x"],
    }


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_a_form_or_are_refused(content: bytes) -> None:
    try:
        parse_form(content, TYPE, AForm)
    except InvalidMultipart:
        return


@given(st.integers(min_value=0))
def test_a_form_that_is_cut_anywhere_is_refused(cut: int) -> None:
    whole = a_form(("name", "x"), ("file", ("a.mp3", b"\r\n--a-boundar\r\n\x00")))
    # What follows the last boundary means nothing.
    end = whole.rindex(b"--")

    with pytest.raises(InvalidMultipart):
        parse_form(whole[: cut % end], TYPE, AForm)


@pytest.mark.parametrize("name", ["words", "words[]", "words[0]"])
def test_a_list_is_a_repeated_name_with_brackets_or_without(name: str) -> None:
    assert read((name, "a"), (name, "b")) == {"words": ["a", "b"]}


def test_an_object_has_its_names_in_brackets() -> None:
    assert read(("rule[type]", "auto"), ("rule[ms]", "5")) == {"rule": {"type": "auto", "ms": "5"}}


def test_of_two_values_of_one_name_the_last_wins() -> None:
    assert read(("name", "a"), ("name", "b")) == {"name": "b"}


def test_numbers_and_booleans_arrive_as_text() -> None:
    form = validate(AForm, read(("count", "3"), ("is_on", "true")))

    assert (form.count, form.is_on) == (3, True)


@pytest.mark.parametrize(
    ("field", "words"), [("count", "valid integer"), ("is_on", "valid boolean"), ("file", "a file")]
)
def test_a_value_of_another_kind_is_named(field: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words) as caught:
        validate(AForm, read((field, "x")))

    assert caught.value.param == field


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no form",
        a_form(("name", "x"))[:-6],
        b"--a-boundary\r\nContent-Type: text/plain\r\n\r\nx\r\n--a-boundary--\r\n",
        b'--a-boundary\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\r\n--a-boundary--\r\n',
        a_form(*[("name", "x")] * 201),
        b'--a-boundary\r\nContent-Disposition: form-data; name="' + b"x" * 5_000 + b'"\r\n\r\nx\r\n--a-boundary--\r\n',
    ],
    ids=["empty", "text", "cut", "nameless", "latin", "too many", "long header"],
)
def test_what_is_no_form_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidMultipart):
        parse_form(content, TYPE, AForm)


def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(InvalidMultipart, match="boundary"):
        parse_form(a_form(("name", "x")), "multipart/form-data", AForm)


@pytest.mark.parametrize(
    "content_type", ["application/json", "", "text/plain; boundary=x", f"multipart/mixed; boundary={BOUNDARY}"]
)
def test_another_content_type_is_told(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="multipart/form-data"):
        parse_form(b"{}", content_type, AForm)
