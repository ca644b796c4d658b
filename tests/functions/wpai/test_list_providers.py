"""GET /wp-ai/v1/providers, and the conventions of WordPress's REST API that every route has."""

from typing import Any

import pytest

from tests.conftest import WorldMaker
from tests.functions.conftest import Site
from tests.functions.wpai.conftest import told

PATH = "/wp-ai/v1/providers"
PAGE = "https://example.com"


async def test_all_are_listed_with_all_their_fields_configured_or_not(site: Site) -> None:
    providers = {one["id"]: one for one in (await site.send("GET", PATH)).json()}

    assert {"openai", "anthropic", "sandbox"} <= providers.keys()
    assert next(iter(providers)) == "openai"
    assert providers["openai"] == {
        "id": "openai",
        "name": "OpenAI",
        "description": None,
        "type": "cloud",
        "credentialsUrl": "https://platform.openai.com/api-keys",
        "authenticationMethod": "api_key",
        "logoPath": None,
    }
    assert (providers["ollama"]["type"], providers["ollama"]["authenticationMethod"]) == ("server", None)


async def test_a_gateway_without_the_sandbox_does_not_tell_of_it(make_world: WorldMaker) -> None:
    world = await make_world(SANDBOX="off")
    key = await world.key(await world.account())

    listed = await world.client.get(PATH, headers={"authorization": f"Bearer {key}"})

    assert "sandbox" not in {one["id"] for one in listed.json()}


@pytest.mark.parametrize("path", [PATH, f"/wp-json{PATH}", f"{PATH}/", f"{PATH}?_locale=user&context=edit"])
async def test_roots_slashes_and_what_the_client_adds_make_no_difference(site: Site, path: str) -> None:
    response = await site.send("GET", path)

    assert response.status_code == 200
    assert len(response.json()) > 10


async def test_only_the_fields_that_are_named_come(site: Site) -> None:
    first, *_ = (await site.send("GET", f"{PATH}?_fields=id,name.x,nothing")).json()

    assert first == {"id": "openai", "name": "OpenAI"}


async def test_errors_keep_their_fields_in_an_envelope_too(site: Site) -> None:
    plain = await site.send("GET", f"{PATH}/nobody?_fields=id")
    enveloped = await site.send("GET", f"{PATH}/nobody?_envelope=1")

    assert told(plain) == (404, "rest_not_found")
    assert enveloped.status_code == 200
    assert (enveloped.json()["status"], enveloped.json()["body"]["code"]) == (404, "rest_not_found")


async def test_pretty_is_the_same_with_more_room(site: Site) -> None:
    plain, pretty = await site.send("GET", PATH), await site.send("GET", f"{PATH}?_pretty")

    assert pretty.json() == plain.json()
    assert "\n    " in pretty.text


async def test_head_is_get_without_a_body(site: Site) -> None:
    response = await site.send("HEAD", PATH)

    assert (response.status_code, response.content, response.headers["allow"]) == (200, b"", "GET")


@pytest.mark.parametrize(
    "how", [{"headers": {"X-HTTP-Method-Override": "get"}}, {"params": {"_method": "GET"}}], ids=["header", "query"]
)
async def test_a_post_can_stand_for_a_get(site: Site, how: dict[str, Any]) -> None:
    assert (await site.send("POST", PATH, **how)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", PATH),
        ("PUT", PATH),
        ("DELETE", f"{PATH}/openai"),
        ("GET", "/wp-ai/v1/generate"),
        ("GET", "/wp-ai/v1/nope"),
        ("GET", "/wp-json/wp-ai/v1/nope"),
        ("POST", f"{PATH}?_method=DELETE"),
    ],
)
async def test_what_is_not_there_or_takes_another_method_has_no_route(site: Site, method: str, path: str) -> None:
    assert told(await site.send(method, path)) == (404, "rest_no_route")


async def test_jsonp_is_refused(site: Site) -> None:
    assert told(await site.send("GET", f"{PATH}?_jsonp=alert")) == (400, "rest_callback_disabled")


async def test_the_headers_are_wordpress_own(site: Site) -> None:
    headers = (await site.send("GET", PATH, headers={"origin": PAGE})).headers

    assert headers["content-type"] == "application/json; charset=UTF-8"
    assert (headers["allow"], headers["x-content-type-options"], headers["x-robots-tag"]) == (
        "GET",
        "nosniff",
        "noindex",
    )
    assert headers["link"] == '<http://gateway/>; rel="https://api.w.org/"'
    assert headers["cache-control"] == "no-cache, must-revalidate, max-age=0"
    assert (headers["access-control-allow-origin"], headers["vary"]) == (PAGE, "Origin")
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["access-control-expose-headers"].startswith("X-WP-Total, X-WP-TotalPages, Link")


async def test_a_page_that_is_not_allowed_is_not_named(make_world: WorldMaker) -> None:
    world = await make_world(CORS_ORIGINS=PAGE)
    key = await world.key(await world.account())

    headers = {"authorization": f"Bearer {key}", "origin": "https://other.example"}
    response = await world.client.get(PATH, headers=headers)

    assert "access-control-allow-origin" not in response.headers
    assert "access-control-allow-credentials" not in response.headers


async def test_a_preflight_is_answered_with_the_route_and_leave_to_ask(site: Site) -> None:
    asking = {"origin": PAGE, "access-control-request-headers": "content-type,x-wp-nonce,idempotency-key"}

    response = await site.world.client.options("/wp-ai/v1/generate", headers=asking)

    taken = response.headers["access-control-allow-headers"].lower().split(", ")
    assert response.status_code == 200
    assert {"content-type", "x-wp-nonce", "authorization", "idempotency-key"} <= set(taken)
    assert response.headers["access-control-allow-origin"] == PAGE
    assert "POST" in response.headers["access-control-allow-methods"]


async def test_the_capability_to_list_models_is_not_enough(site: Site) -> None:
    response = await site.send("GET", PATH, key=await site.world.key(site.account_id, "list_ai_models"))

    assert told(response) == (403, "rest_forbidden")
    assert response.json()["message"] == "Sorry, you are not allowed to list AI providers."
