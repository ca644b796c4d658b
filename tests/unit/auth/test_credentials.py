"""Where a key can stand in a request."""

import base64
from collections.abc import Mapping

import pytest

from tests.builders import A_KEY
from tollgate.auth.credentials import find_key
from tollgate.errors import AmbiguousCredentials, MissingKey, Unauthenticated

ANOTHER_KEY = "tg-" + "z" * 43


def find(
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    *,
    basic: bool = False,
    in_query: str | None = None,
) -> str:
    return find_key(headers or {}, query or {}, basic=basic, in_query=in_query)


def basic_of(user_and_password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(user_and_password.encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {A_KEY}"},
        {"authorization": f"Token {A_KEY}"},
        {"authorization": f"bearer {A_KEY}"},
        {"authorization": f"TOKEN {A_KEY}"},
        {"authorization": f"BeArEr {A_KEY}"},
        {"authorization": f"Bearer    {A_KEY}"},
        {"authorization": f"  Bearer {A_KEY}  "},
        {"token": A_KEY},
        {"token": f" {A_KEY} "},
        {"x-api-key": A_KEY},
        {"x-api-key": f" {A_KEY}\t"},
    ],
    ids=str,
)
def test_every_documented_form_yields_the_key_without_its_blanks(headers: dict[str, str]) -> None:
    assert find(headers) == A_KEY


def test_the_text_of_a_key_is_not_looked_into() -> None:
    assert find({"authorization": "Bearer not a key at all"}) == "not a key at all"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {A_KEY}", "x-api-key": A_KEY},
        {"authorization": f"Token {A_KEY}", "token": A_KEY},
        {"authorization": f"Bearer {A_KEY}", "token": A_KEY, "x-api-key": f" {A_KEY} "},
    ],
    ids=str,
)
def test_the_same_key_in_several_places_is_one_key(headers: dict[str, str]) -> None:
    assert find(headers) == A_KEY


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {A_KEY}", "x-api-key": ANOTHER_KEY},
        {"authorization": f"Token {A_KEY}", "token": ANOTHER_KEY},
        {"token": A_KEY, "x-api-key": ANOTHER_KEY},
        {"token": A_KEY, "x-api-key": A_KEY.lower()},
    ],
    ids=str,
)
def test_two_different_keys_are_ambiguous(headers: dict[str, str]) -> None:
    with pytest.raises(AmbiguousCredentials):
        find(headers)


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": ""}, {"authorization": "   "}, {"token": ""}, {"x-api-key": " "}, {"cookie": A_KEY}],
    ids=str,
)
def test_a_request_without_a_credential_misses_its_key(headers: dict[str, str]) -> None:
    with pytest.raises(MissingKey):
        find(headers)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Token", "Bearer   ", A_KEY, f"Digest {A_KEY}", f"Bearer{A_KEY}", f"Bearer\t{A_KEY}", f"Basic {A_KEY}"],
)
def test_an_authorization_of_another_form_is_refused_as_a_bad_key(authorization: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        find({"authorization": authorization})

    assert caught.value.reason == "invalid_api_key"


def test_a_good_key_beside_an_unknown_scheme_does_not_help() -> None:
    with pytest.raises(Unauthenticated):
        find({"authorization": f"Digest {A_KEY}", "x-api-key": A_KEY})


def test_a_key_in_the_query_counts_only_where_the_family_has_it() -> None:
    query = {"aipkit_api_key": A_KEY}

    assert find(query=query, in_query="aipkit_api_key") == A_KEY
    with pytest.raises(MissingKey):
        find(query=query)


def test_a_key_under_another_name_in_the_query_is_not_looked_at() -> None:
    with pytest.raises(MissingKey):
        find(query={"api_key": A_KEY}, in_query="aipkit_api_key")


def test_different_keys_in_header_and_query_are_ambiguous() -> None:
    with pytest.raises(AmbiguousCredentials):
        find({"token": A_KEY}, {"aipkit_api_key": ANOTHER_KEY}, in_query="aipkit_api_key")


def test_the_password_of_basic_is_the_key_where_the_family_has_it() -> None:
    assert find(basic_of(f"admin:{A_KEY}"), basic=True) == A_KEY


def test_the_user_name_of_basic_does_not_matter() -> None:
    assert find(basic_of(f":{A_KEY}"), basic=True) == A_KEY


def test_a_password_in_the_groups_that_wordpress_shows_loses_its_blanks() -> None:
    grouped = " ".join(A_KEY[start : start + 4] for start in range(0, len(A_KEY), 4))

    assert find(basic_of(f"admin:{grouped}"), basic=True) == A_KEY


def test_a_colon_in_the_password_of_basic_belongs_to_it() -> None:
    assert find(basic_of("admin:a:b"), basic=True) == "a:b"


def test_basic_is_refused_where_the_family_has_none() -> None:
    with pytest.raises(Unauthenticated) as caught:
        find(basic_of(f"admin:{A_KEY}"))

    assert caught.value.reason == "invalid_api_key"


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic YWRtaW4",
        "Basic Größe",
        "Basic " + base64.b64encode(b"\xff\xfe:key").decode(),
        "Basic " + base64.b64encode(b"no separator").decode(),
        "Basic " + base64.b64encode(b"admin:").decode(),
        "Basic " + base64.b64encode(b"admin:   ").decode(),
    ],
)
def test_a_basic_header_that_holds_no_password_is_refused_as_a_bad_key(authorization: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        find({"authorization": authorization}, basic=True)

    assert caught.value.reason == "invalid_api_key"


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(Unauthenticated) as caught:
        find({"authorization": f"Digest {A_KEY}"})

    assert A_KEY not in caught.value.message
