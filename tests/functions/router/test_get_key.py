"""GET /keys/{id}."""

from tests.functions.conftest import Site


async def test_a_key_is_shown_without_its_text(site: Site) -> None:
    (listed,) = (await site.send("GET", "/keys")).json()["items"]

    shown = (await site.send("GET", f"/v1/keys/{listed['id']}")).json()

    assert shown == listed
    assert site.key not in str(shown)


async def test_an_unknown_key_is_not_found(site: Site) -> None:
    response = await site.send("GET", "/keys/key_nobody")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "key_not_found")
