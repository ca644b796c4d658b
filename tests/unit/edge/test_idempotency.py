"""What an idempotency key belongs to, and what makes two requests the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.edge.idempotency import check_key, hash_body, route_of
from tollgate.errors import BadRequest

_JSON = "application/json"
_VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255)


@given(_VISIBLE)
def test_every_text_of_visible_characters_is_a_key(text: str) -> None:
    check_key(text)


@given(_VISIBLE.filter(lambda text: len(text) < 255), st.characters(blacklist_categories=[]), st.integers(0, 255))
def test_no_text_with_any_other_character_is(text: str, stranger: str, place: int) -> None:
    if "!" <= stranger <= "~":
        stranger = "\n"

    with pytest.raises(BadRequest):
        check_key(text[:place] + stranger + text[place:])


@given(st.binary(), st.binary(), st.binary(), st.binary())
def test_two_requests_are_the_same_when_body_and_query_are(one: bytes, query: bytes, two: bytes, other: bytes) -> None:
    assert (hash_body(one, query, _JSON) == hash_body(two, other, _JSON)) == ((one, query) == (two, other))


@given(st.binary(max_size=200), st.from_regex(r"[0-9a-f]{32}", fullmatch=True), st.sampled_from(['"', ""]))
def test_a_form_that_is_sent_again_with_another_boundary_is_the_same(part: bytes, boundary: str, quote: str) -> None:
    def form(mark: str) -> str:
        body = f"--{mark}\r\n\r\n".encode() + part + f"\r\n--{mark}--\r\n".encode()
        return hash_body(body, b"", f"multipart/form-data; boundary={quote}{mark}{quote}; charset=utf-8")

    assert form(boundary) == form("another" + boundary)


def test_another_part_makes_another_form() -> None:
    forms = {
        hash_body(b"--x\r\n\r\n" + part + b"\r\n--x--", b"", "multipart/form-data; boundary=x") for part in (b"1", b"2")
    }

    assert len(forms) == 2


def test_a_boundary_means_nothing_in_a_body_that_is_no_form() -> None:
    assert hash_body(b"one", b"", f"{_JSON}; boundary=o") != hash_body(b"ne", b"", f"{_JSON}; boundary=o")


@given(
    st.dictionaries(st.sampled_from(["account_id", "key_id", "model_id"]), st.text(st.characters(min_codepoint=33))),
    st.dictionaries(st.sampled_from(["account_id", "key_id", "model_id"]), st.text(st.characters(min_codepoint=33))),
)
def test_a_key_belongs_to_what_the_path_names(one: dict[str, str], other: dict[str, str]) -> None:
    assert (route_of("router", "do", one) == route_of("router", "do", other)) == (one == other)
