"""Which pages entries stand for. The cases of the endpoint are in tests/functions/aipuffer/test_get_embed_config.py."""

from hypothesis import given
from hypothesis import strategies as st

from tollgate.auth.origins import is_allowed

_NAMES = st.text("abc-", min_size=1, max_size=5)


def test_without_entries_every_origin_is_allowed_and_an_empty_entry_allows_none() -> None:
    assert is_allowed("https://a.example", [])
    assert not is_allowed("https://a.example", [""])


def test_people_may_write_entries_in_capitals() -> None:
    assert is_allowed("https://shop.example", ["Shop.Example"])
    assert is_allowed("https://shop.example", ["HTTPS://Shop.Example/"])


def test_only_pages_of_the_web_have_a_host() -> None:
    assert not is_allowed("chrome-extension://shop.example", ["shop.example"])
    assert not is_allowed("shop.example", ["shop.example"])


@given(_NAMES, _NAMES)
def test_a_star_stands_for_whole_labels(name: str, host: str) -> None:
    entries = [f"*.{host}.example"]

    assert is_allowed(f"https://{name}.{host}.example", entries)
    assert not is_allowed(f"https://{name}{host}.example", entries)
