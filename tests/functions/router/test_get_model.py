"""GET /v1/models/{id}."""

import pytest

from tests.functions.conftest import Site


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/openai%2Fgpt-4o",
        "/v1/models/openai/gpt-4o",
        "/models/openai%2Fgpt-4o",
        "/models/openai/gpt-4o/",
        "/v1/models/puqai/openai/gpt-4o",
    ],
)
async def test_every_form_in_which_sdks_ask_for_a_model_finds_it(site: Site, path: str) -> None:
    body = (await site.send("GET", path)).json()

    assert (body["id"], body["object"], body["owned_by"]) == ("openai/gpt-4o", "model", "openai")


@pytest.mark.parametrize("path", ["openai/gpt-9", "openai/gpt-old", "openai%252Fgpt-4o", "gpt-4o", "openai//gpt-4o"])
async def test_what_is_unknown_disabled_or_encoded_twice_is_not_found(site: Site, path: str) -> None:
    response = await site.send("GET", f"/v1/models/{path}")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_model_outside_the_keys_scope_looks_like_one_that_does_not_exist(site: Site) -> None:
    key = await site.world.key(site.account_id, models=["sandbox/*"])

    outside = await site.send("GET", "/v1/models/openai/gpt-4o", key=key)
    unknown = await site.send("GET", "/v1/models/openai/gpt-9", key=key)

    assert outside.status_code == unknown.status_code == 404
    assert outside.json()["error"]["message"].replace("gpt-4o", "gpt-9") == unknown.json()["error"]["message"]


async def test_wp_llms_models_have_their_specifications_here_and_not_in_the_list(site: Site) -> None:
    body = (await site.send("GET", "/v1/models/wp-llm-13b")).json()
    listed = (await site.send("GET", "/v1/models")).json()["data"]

    assert body["specifications"] == {
        "parameters": "13 billion",
        "context_window": "8192 tokens",
        "training_data": "WordPress ecosystem",
        "specialization": "WordPress development",
    }
    (permission,) = body["permission"]
    assert permission["id"].startswith("perm_")
    assert (permission["object"], permission["created"]) == ("model_permission", body["created"])
    assert (permission["organization"], permission["allow_fine_tuning"]) == ("*", False)
    del body["specifications"]
    assert body == next(model for model in listed if model["id"] == "wp-llm-13b")


async def test_the_models_of_others_have_neither(site: Site) -> None:
    body = (await site.send("GET", "/v1/models/openai/gpt-4o")).json()

    assert body["permission"] == []
    assert "specifications" not in body
