"""GET /v1/models."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import an_entry
from tests.conftest import ProviderSecret, WorldMaker
from tests.functions.conftest import Site


async def test_one_body_serves_openais_clients_and_puq_ais(site: Site) -> None:
    body = (await site.send("GET", "/v1/models")).json()

    (openais,) = [model for model in body["data"] if model["id"] == "openai/gpt-4o"]
    (puqs,) = [model for model in body["models"] if model["code"] == "openai/gpt-4o"]
    assert body["object"] == "list"
    assert openais["object"] == "model"
    assert openais["pricing"] == {
        "unit": "token",
        "per": 1_000_000,
        "currency": "USD",
        "input": 2.5,
        "output": 10.0,
        "cached_input": 1.25,
    }
    assert (openais["permission"], openais["root"], openais["parent"]) == ([], "openai/gpt-4o", None)
    assert (puqs["status"], puqs["input_price"], puqs["output_price"]) == (1, 2.5, 10.0)
    assert (puqs["provider"]["code"], isinstance(puqs["id"], int)) == ("openai", True)


async def test_data_has_enabled_models_only_and_models_has_all_unless_asked_not_to(site: Site) -> None:
    everything = (await site.send("GET", "/v1/models")).json()
    enabled = (await site.send("GET", "/v1/models?enabled=1")).json()

    assert "openai/gpt-old" not in {model["id"] for model in everything["data"]}
    assert {model["code"]: model["status"] for model in everything["models"]}["openai/gpt-old"] == 0
    assert "openai/gpt-old" not in {model["code"] for model in enabled["models"]}


async def test_models_come_sorted_by_id(site: Site) -> None:
    ids = [model["id"] for model in (await site.send("GET", "/v1/models")).json()["data"]]

    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("provider=openai", lambda model: model["owned_by"] == "openai"),
        ("type=speech", lambda model: model["type"] == "speech"),
    ],
)
async def test_a_filter_keeps_what_fits(site: Site, query: str, kept: object) -> None:
    data = (await site.send("GET", f"/v1/models?{query}")).json()["data"]

    assert data
    assert all(kept(model) for model in data)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (["openai/gpt-4o"], {"openai/gpt-4o"}),
        (["openai/plain", "sandbox/*"], {"openai/plain", "sandbox"}),
        ([], set()),
    ],
)
async def test_a_key_sees_its_scope_and_nothing_else(site: Site, scope: list[str], seen: set[str]) -> None:
    key = await site.world.key(site.account_id, models=scope)

    data = (await site.send("GET", "/v1/models", key=key)).json()["data"]

    assert {model["id"] if model["owned_by"] != "sandbox" else "sandbox" for model in data} == seen


async def test_a_client_that_has_the_list_already_is_told_so(site: Site) -> None:
    first = await site.send("GET", "/v1/models")

    again = await site.send("GET", "/v1/models", headers={"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"] == "private, max-age=60"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/router/models", "/v1/models/"])
async def test_every_path_that_clients_use_is_served(site: Site, path: str) -> None:
    assert (await site.send("GET", path)).json()["object"] == "list"


async def test_listing_needs_a_balance_unless_the_deployment_says_otherwise(make_world: WorldMaker) -> None:
    gated, free = await make_world(), await make_world(GATE_MODEL_LISTING="off")
    statuses = []
    for world in (gated, free):
        key = await world.key(await world.account(balance_usd=None))
        statuses.append((await world.client.get("/v1/models", headers={"x-api-key": key})).status_code)

    assert statuses == [402, 200]


async def test_who_operates_the_gateway_sees_what_it_offers_before_there_is_any_money(site: Site) -> None:
    operator = await site.world.key(await site.world.account(balance_usd=None), "operate")

    assert (await site.send("GET", "/v1/models", key=operator)).json()["data"]


def _availability(body: dict[str, Any]) -> dict[str, Any]:
    return {model["provider"]: model["available"] for model in body["data"]}


async def test_a_model_says_whether_its_provider_is_configured(site: Site, make_world: WorldMaker) -> None:
    bare = await make_world()
    key = await bare.key(await bare.account())

    configured = (await site.send("GET", "/v1/models")).json()
    missing = (await bare.client.get("/v1/models", headers={"x-api-key": key})).json()

    assert (_availability(configured)["openai"], _availability(configured)["sandbox"]) == (True, True)
    assert (_availability(missing)["openai"], _availability(missing)["sandbox"]) == (False, True)
    assert {model["provider"]["code"]: model["provider"]["status"] for model in missing["models"]}["openai"] == 0


async def test_a_key_in_the_secret_configures_its_provider_for_the_next_listing(
    make_world: WorldMaker, provider_secret: ProviderSecret
) -> None:
    world = await make_world()
    headers = {"x-api-key": await world.key(await world.account())}

    provider_secret.write({"OPENAI_API_KEY": "sk-from-the-secret"})
    answer = await world.client.get("/v1/models/openai/gpt-4o", headers=headers)

    assert answer.json()["available"] is True


async def test_models_are_listed_though_the_secret_cannot_be_read(make_world: WorldMaker) -> None:
    world = await make_world(PROVIDER_SECRET="no-such-secret")
    headers = {"x-api-key": await world.key(await world.account())}

    body = (await world.client.get("/v1/models", headers=headers)).json()

    assert set(_availability(body).values()) == {None}
    assert {model["provider"]["status"] for model in body["models"]} == {1}


async def test_an_unknown_filter_value_is_refused(site: Site) -> None:
    response = await site.send("GET", "/v1/models?enabled=maybe")

    assert (response.status_code, response.json()["error"]["param"]) == (400, "enabled")


async def test_the_sandbox_is_offered_only_where_it_is_switched_on(make_world: WorldMaker) -> None:
    world = await make_world(SANDBOX="off")
    key = await world.key(await world.account())
    headers = {"x-api-key": key}

    listed = (await world.client.get("/v1/models", headers=headers)).json()["data"]
    body = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "x"}]}
    called = await world.client.post("/v1/chat/completions", json=body, headers=headers)

    assert not [model for model in listed if model["id"].startswith("sandbox/")]
    assert (called.status_code, called.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_provider_of_the_operators_own_is_called_as_its_file_says(
    make_world: WorldMaker, tmp_path: Path
) -> None:
    providers, catalogue = tmp_path / "providers.json", tmp_path / "catalogue.json"
    row = {"id": "lab", "name": "The lab", "base_url": "http://lab.internal/v1"}
    providers.write_text(json.dumps({"providers": [row]}))
    catalogue.write_text(json.dumps({"models": [an_entry(id="lab/our-model")]}))
    world = await make_world(TOLLGATE_PROVIDERS=str(providers), TOLLGATE_CATALOGUE=str(catalogue))
    key = await world.key(await world.account())

    body = (await world.client.get("/v1/models?provider=lab", headers={"x-api-key": key})).json()

    (found,) = body["models"]
    assert (found["code"], found["provider"]["name"]) == ("lab/our-model", "The lab")
    assert [model["owned_by"] for model in body["data"]] == ["lab"]
