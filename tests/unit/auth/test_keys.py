"""The keys themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import A_KEY
from tollgate.auth.keys import hash_key, hash_user, hint, looks_like_key, new_key, same_hash


def test_a_new_key_has_the_form_of_a_key() -> None:
    assert looks_like_key(new_key())


def test_every_new_key_is_another_one() -> None:
    assert len({new_key() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tg-",
        A_KEY[:-1],
        A_KEY + "a",
        A_KEY + "\n",
        " " + A_KEY,
        A_KEY.upper(),
        "sk-" + A_KEY[3:],
        A_KEY[:-1] + "_",
        A_KEY[:-1] + "é",
        A_KEY[:-1] + "٣",
    ],
)
def test_a_text_of_another_form_does_not_look_like_a_key(text: str) -> None:
    assert not looks_like_key(text)


def test_the_hash_of_a_key_depends_on_the_pepper() -> None:
    assert hash_key(A_KEY, b"one") != hash_key(A_KEY, b"another")


def test_the_hash_of_a_key_is_known_beforehand() -> None:
    # Stored hashes have to be found again by every later release.
    assert hash_key(A_KEY, b"pepper") == "56c6dffff35ac433ddffc20e1f9ad02f9e718eb845631a55e313bf1312a909bc"


@given(st.text())
def test_a_hash_says_nothing_of_the_key(key: str) -> None:
    hashed = hash_key(key, b"pepper")

    assert len(hashed) == 64
    assert len(key) < 8 or key not in hashed


def test_equal_hashes_are_the_same_and_others_are_not() -> None:
    assert same_hash("a1", "a1")
    assert not same_hash("a1", "a2")


def test_hashes_of_other_alphabets_can_be_compared_too() -> None:
    assert not same_hash("a1", "é")


def test_a_hint_shows_the_two_ends_of_a_key() -> None:
    assert hint("tg-AbCd" + "x" * 35 + "wXyZ") == "tg-AbCd…wXyZ"


@given(st.text(min_size=1), st.text())
def test_a_user_has_the_same_hash_every_time(account_id: str, user: str) -> None:
    assert hash_user(account_id, user) == hash_user(account_id, user)


def test_a_user_has_another_hash_in_another_account() -> None:
    assert hash_user("acct_1", "ada") != hash_user("acct_2", "ada")


def test_two_users_of_an_account_have_different_hashes() -> None:
    assert hash_user("acct_1", "ada") != hash_user("acct_1", "bob")


def test_the_hash_of_a_user_fits_the_field_with_the_smallest_limit() -> None:
    assert len(hash_user("acct_1", "a" * 10_000)) <= 64
