"""GET /v1/webhooks."""

from tests.functions.conftest import Site

_BODY = {"url": "https://ci.example.org/", "events": ["analysis.completed"], "description": "CI"}


async def test_webhooks_come_newest_first_without_secret_or_description(site: Site) -> None:
    made = [(await site.send("POST", "/v1/webhooks", json=_BODY)).json() for _ in range(3)]

    response = await site.send("GET", "/v1/webhooks")

    expected = [{name: value for name, value in one.items() if name != "secret"} for one in reversed(made)]
    assert response.json() == {"object": "list", "data": expected, "has_more": False}


async def test_a_page_follows_another(site: Site) -> None:
    for _ in range(3):
        await site.send("POST", "/v1/webhooks", json=_BODY)
    everything = (await site.send("GET", "/v1/webhooks")).json()["data"]

    first = (await site.send("GET", "/v1/webhooks?limit=2")).json()
    second = (await site.send("GET", f"/v1/webhooks?limit=2&after={first['data'][-1]['id']}")).json()

    assert first["data"] + second["data"] == everything
    assert (first["has_more"], second["has_more"]) == (True, False)


async def test_another_accounts_webhooks_are_not_listed(site: Site) -> None:
    other = await site.world.key(await site.world.account())
    await site.send("POST", "/v1/webhooks", json=_BODY, key=other)

    assert (await site.send("GET", "/v1/webhooks")).json() == {"object": "list", "data": [], "has_more": False}
