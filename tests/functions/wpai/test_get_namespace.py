"""GET /wp-ai/v1, and what `OPTIONS` says of each route."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.conftest import Site

BASE = "/wp-ai/v1"


async def test_the_index_names_seven_routes_without_a_key(site: Site) -> None:
    body = (await site.world.client.get(f"/wp-json{BASE}/")).json()

    assert body["namespace"] == "wp-ai/v1"
    assert list(body["routes"]) == [
        BASE,
        f"{BASE}/generate",
        f"{BASE}/is-supported",
        f"{BASE}/providers",
        f"{BASE}/providers/(?P<providerId>[^/]+)",
        f"{BASE}/providers/(?P<providerId>[^/]+)/models",
        f"{BASE}/providers/(?P<providerId>[^/]+)/models/(?P<modelId>[^/]+)",
    ]
    assert body["_links"] == {"up": [{"href": "http://gateway/wp-json/"}]}


async def test_the_index_says_what_a_route_takes_and_where_it_is(site: Site) -> None:
    routes = (await site.world.client.get(BASE)).json()["routes"]

    args = routes[f"{BASE}/generate"]["endpoints"][0]["args"]
    assert [name for name, field in args.items() if field["required"]] == ["messages"]
    assert len(args) == 7
    assert routes[f"{BASE}/providers"]["endpoints"] == [{"methods": ["GET"], "args": []}]
    assert routes[f"{BASE}/providers"]["_links"]["self"] == [{"href": f"http://gateway{BASE}/providers"}]
    assert "_links" not in routes[f"{BASE}/providers/(?P<providerId>[^/]+)"]


@pytest.mark.parametrize(
    ("path", "title", "allow"),
    [
        ("/generate", "ai_generation_result", "POST"),
        ("/is-supported", "ai_is_supported_response", "POST"),
        ("/providers", "ai_provider", "GET"),
        ("/providers/openai", "ai_provider", "GET"),
        ("/providers/openai/models/", "ai_model", "GET"),
        ("/providers/openai/models/org/deep", "ai_model", "GET"),
    ],
)
async def test_options_describe_a_route_in_wordpress_dialect(site: Site, path: str, title: str, allow: str) -> None:
    response = await site.world.client.options(BASE + path)

    schema = response.json()["schema"]
    assert (response.status_code, response.headers["allow"]) == (200, allow)
    assert (schema["title"], schema["$schema"]) == (title, "http://json-schema.org/draft-04/schema#")
    assert [name for name, value in _keywords(schema) if name == "required" and value is not True] == []
    assert [name for name, _ in _keywords(schema) if name in {"$ref", "$defs"}] == []


async def test_options_of_what_is_not_there_are_an_empty_list(site: Site) -> None:
    response = await site.world.client.options(f"{BASE}/nope")

    assert (response.status_code, response.json()) == (200, [])


def _keywords(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, list):
        for one in schema:
            yield from _keywords(one)
    elif isinstance(schema, dict):
        for name, value in schema.items():
            yield name, value
            yield from _keywords(list(value.values()) if name == "properties" else value)
