"""Texts, cleaned and filled in."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.services.aipuffer.moderation import has_word
from tollgate.services.aipuffer.texts import clean, filled_in, reduced


@given(st.text())
def test_a_clean_text_has_nothing_but_text_in_it_and_is_clean(text: str) -> None:
    cleaned = clean(text)

    assert clean(cleaned) == cleaned == cleaned.strip()
    assert not any(ord(letter) < 32 and letter not in "\t\n" for letter in cleaned)
    # Nothing that can be read is lost.
    kept = [letter for letter in text if unicodedata.category(letter) not in {"Cc", "Zs", "Zl", "Zp"}]
    assert [letter for letter in cleaned if unicodedata.category(letter) not in {"Cc", "Zs", "Zl", "Zp"}] == kept


@given(st.text())
def test_an_id_of_a_conversation_is_what_a_store_and_a_page_can_hold(text: str) -> None:
    assert len(reduced(text)) <= 36
    assert set(reduced(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert reduced(reduced(text)) == reduced(text)


@pytest.mark.parametrize(("day", "shown"), [(5, "January 5, 2026"), (15, "January 15, 2026")])
def test_a_day_is_written_as_wordpress_writes_it(day: int, shown: str) -> None:
    assert (
        filled_in("On [date], [username].", datetime(2026, 1, day, tzinfo=UTC), username="Ada") == f"On {shown}, Ada."
    )


@given(st.text(min_size=1), st.text())
def test_a_word_between_blanks_is_found_and_nothing_breaks_the_pattern(word: str, rest: str) -> None:
    assert has_word(f"{rest} {word} {rest}", [word])
