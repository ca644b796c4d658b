"""Tokens of pages: what they open, for how long, and that nobody else makes one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.auth.widget_tokens import LIFETIME, Page, is_session, make_token, session_of

_NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
_PAGE = Page(7, "https://shop.example")
_SESSION = "sess_01M7YN3C8D5F7H9J1K3M5N7P9Q"
_TOKEN = make_token(_PAGE, _SESSION, secret=b"secret", now=_NOW)


def test_a_token_opens_its_page_and_tells_the_session() -> None:
    assert session_of(_TOKEN, _PAGE, secret=b"secret", now=_NOW + LIFETIME - timedelta(seconds=1)) == _SESSION


@pytest.mark.parametrize(
    ("page", "secret", "after"),
    [
        (Page(8, "https://shop.example"), b"secret", timedelta()),
        (Page(7, "https://shop.example:444"), b"secret", timedelta()),
        (Page(7, ""), b"secret", timedelta()),
        (_PAGE, b"another", timedelta()),
        (_PAGE, b"secret", LIFETIME),
    ],
)
def test_it_opens_no_other_page_under_no_other_secret_and_not_for_ever(
    page: Page, secret: bytes, after: timedelta
) -> None:
    assert session_of(_TOKEN, page, secret=secret, now=_NOW + after) is None


@given(st.integers(0, len(_TOKEN) - 1), st.characters())
def test_a_token_with_another_character_anywhere_opens_nothing(place: int, character: str) -> None:
    forged = _TOKEN[:place] + character + _TOKEN[place + 1 :]

    found = session_of(forged, _PAGE, secret=b"secret", now=_NOW)

    assert (found is None) == (forged != _TOKEN)


@given(st.text())
def test_a_text_that_is_no_token_opens_nothing(text: str) -> None:
    assert session_of(text, _PAGE, secret=b"secret", now=_NOW) is None


def test_neither_the_bot_nor_the_page_stand_in_it() -> None:
    assert "shop.example" not in _TOKEN
    assert _TOKEN.count(".") == 2


@pytest.mark.parametrize(
    ("text", "is_one"),
    [(_SESSION, True), (None, False), ("", False), (_SESSION.lower(), False), (f"{_SESSION}\n", False)],
)
def test_a_session_is_known_by_its_form(text: str | None, *, is_one: bool) -> None:
    assert is_session(text) == is_one
