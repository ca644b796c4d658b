"""GET /aipkit/v1, and what `OPTIONS` says of each route."""

import pytest

from tests.functions.aipuffer.conftest import BASE
from tests.functions.conftest import Site


@pytest.mark.parametrize("root", ["", "/wp-json"])
async def test_the_index_names_the_routes_without_a_key(site: Site, root: str) -> None:
    body = (await site.world.client.get(root + BASE)).json()

    assert body["namespace"] == "aipkit/v1"
    assert next(iter(body["routes"])) == BASE
    assert body["routes"][rf"{BASE}/chatbots/(?P<bot_id>[\d]+)"]["methods"] == ["GET", "PATCH", "DELETE"]
    assert body["routes"][f"{BASE}/chat/list"]["endpoints"][0]["args"].keys() == {"page", "per_page"}
    assert body["_links"] == {"up": [{"href": f"http://gateway{root}/"}]}


async def test_options_describe_a_route_to_whoever_asks(site: Site) -> None:
    response = await site.world.client.options(f"{BASE}/chatbots")

    described = response.json()
    assert (response.status_code, response.headers["allow"]) == (200, "POST, GET")
    assert described["namespace"] == "aipkit/v1"
    assert described["endpoints"][0]["args"]["name"]["required"] is True
    assert described["endpoints"][0]["args"]["temperature"]["type"] == "number"


async def test_the_number_in_a_path_is_one_of_its_arguments(site: Site) -> None:
    described = (await site.world.client.options(f"{BASE}/chatbots/7")).json()

    assert described["endpoints"][0]["args"] == {"bot_id": {"type": "integer", "required": False}}


async def test_the_index_takes_no_wrong_key_amiss(site: Site) -> None:
    assert (await site.send("GET", BASE, key="tg-wrong")).status_code == 200
