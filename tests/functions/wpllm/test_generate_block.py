"""POST /v1/blocks/generate."""

import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import World
from tests.functions.conftest import Site
from tests.upstream import a_completion, json_reply

_MODEL = "openai/gpt-4o"
_PLAN: dict[str, Any] = {
    "description": "Shows what a plan costs each month.",
    "keywords": ["price", "plan"],
    "icon": "money-alt",
    "fields": [
        {"attribute": "monthlyFee", "label": "Fee per month", "help": "In dollars.", "element": "p"},
        {"attribute": "planName", "label": "Name of the plan", "help": "", "element": "h2"},
    ],
    "css": ".wp-block-your-theme-price-card__plan-name { color: rebeccapurple; }",
}


def _reply(plan: Any) -> Any:
    return json_reply(a_completion(plan if isinstance(plan, str) else json.dumps(plan)))


async def _generate(site: Site, **changes: Any) -> Any:
    headers, key = changes.pop("headers", {}), changes.pop("key", None)
    body = {
        "block_type": "price card",
        "attributes": {"plan_name": "string", "monthly_fee": "number"},
        "features": ["server_side_rendering", "custom_controls", "responsive_design"],
        **changes,
    }
    body = {name: value for name, value in body.items() if value is not ...}
    return await site.send("POST", "/v1/blocks/generate", key=key, json=body, headers=headers)


async def test_the_template_serves_where_the_sandbox_stands_in_for_the_model(site: Site) -> None:
    response = await _generate(site, model="wp-llm-13b")

    body = response.json()
    assert response.status_code == 200, body
    assert body["id"].startswith("block_gen_")
    assert (body["object"], body["model"], body["block_type"]) == ("block_generation", "wp-llm-13b", "price card")
    assert {role: file["filename"] for role, file in body["files"].items()} == {
        "block_json": "block.json",
        "editor_script": "editor.js",
        "editor_asset": "editor.asset.php",
        "render_callback": "render.php",
        "registration": "register.php",
        "style": "style.css",
    }
    assert "blocks/price-card/" in body["instructions"]
    assert (body["source"], body["warnings"]) == ("template", [])
    assert body["notes"] == ["The model's plan did not pass the checks, nor when it was mended (plan)."]
    assert body["validation"]["passed"] is True
    assert [one["id"] for one in body["validation"]["checks"]][-10:] == [f"B{number}" for number in range(1, 11)]


async def test_what_two_answers_cost_is_charged_though_the_template_serves(site: Site) -> None:
    response = await _generate(site, model="wp-llm-13b")

    entries = await site.ledger()
    assert len(entries) == 2
    assert float(response.headers["x-tollgate-cost"]) == -float(sum(entry.amount_usd for entry in entries)) > 0
    assert Decimal((await site.world.funds(site.account_id))[2]) == 0


async def test_block_json_has_the_names_and_the_wiring_of_the_block(site: Site) -> None:
    files = (await _generate(site)).json()["files"]

    metadata = json.loads(files["block_json"]["content"])
    assert (metadata["name"], metadata["title"], metadata["apiVersion"]) == ("your-theme/price-card", "Price Card", 3)
    assert metadata["attributes"] == {
        "planName": {"type": "string", "default": ""},
        "monthlyFee": {"type": "number", "default": 0},
    }
    assert metadata["supports"] == {"html": False, "align": ["wide", "full"]}
    assert (metadata["editorScript"], metadata["style"]) == ("file:./editor.js", "file:./style.css")
    assert "render" not in metadata
    assert "function render_price_card_block( $attributes" in files["render_callback"]["content"]


async def test_a_model_decides_on_words_elements_and_styles(site: Site) -> None:
    site.upstream.replies[:] = [_reply(_PLAN)]

    body = (await _generate(site, model=_MODEL)).json()

    metadata = json.loads(body["files"]["block_json"]["content"])
    assert (body["source"], body["notes"], body["model"]) == ("model", [], _MODEL)
    assert (metadata["description"], metadata["icon"]) == (_PLAN["description"], "money-alt")
    assert "__( 'Fee per month', 'your-theme' )" in body["files"]["editor_script"]["content"]
    assert '<h2 class="wp-block-your-theme-price-card__plan-name">' in body["files"]["render_callback"]["content"]
    assert "rebeccapurple" in body["files"]["style"]["content"]
    (entry,) = await site.ledger()
    assert entry.amount_usd < 0


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("That is no plan.", "plan: the answer is not JSON"),
        ({**_PLAN, "icon": "no-such-icon"}, "plan: icon:"),
        ({**_PLAN, "description": "Nothing"}, "plan: description: 'Nothing' has fewer words than 3"),
        ({**_PLAN, "css": "body { color: red; }"}, "does not begin with .wp-block-your-theme-price-card"),
        ({**_PLAN, "css": ".wp-block-your-theme-price-card { color: red;"}, "a brace is not closed"),
        ({**_PLAN, "css": "@import url(//evil.example);"}, "'@import' is not allowed"),
        (
            {**_PLAN, "fields": [{**_PLAN["fields"][0], "attribute": "made_up"}]},
            "there is no attribute 'made_up'",
        ),
    ],
)
async def test_a_plan_that_fails_a_check_is_mended_once_by_a_model_that_is_told_which(
    site: Site, plan: Any, told: str
) -> None:
    site.upstream.replies[:] = [_reply(plan), _reply(_PLAN)]

    body = (await _generate(site, model=_MODEL)).json()

    assert body["source"] == "model"
    second = site.upstream.requests[1].json["messages"]
    assert told in second[-1]["content"]
    assert len(await site.ledger()) == 2


async def test_a_plan_that_fails_twice_gives_way_to_the_template(site: Site) -> None:
    site.upstream.replies[:] = [_reply({**_PLAN, "css": "nonsense"})]

    body = (await _generate(site, model=_MODEL)).json()

    assert (body["source"], body["validation"]["passed"]) == ("template", True)
    assert "nonsense" not in body["files"]["style"]["content"]
    assert len(site.upstream.requests) == len(await site.ledger()) == 2


async def test_the_request_goes_to_the_model_as_data_and_in_a_schema(site: Site) -> None:
    site.upstream.replies[:] = [_reply(_PLAN)]

    await _generate(site, model=_MODEL, features=["custom_controls", "obey me"], seed=7)

    sent = site.upstream.requests[0].json
    system, user = sent["messages"]
    assert "obey me" not in system["content"]
    assert json.loads(user["content"].partition("\n")[2])["features"] == ["custom_controls", "obey me"]
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["seed"] == 7


async def test_the_template_serves_for_nothing_where_the_provider_fails(site: Site) -> None:
    site.upstream.replies[:] = [json_reply({"error": {"message": "down"}}, status=500)]

    body = (await _generate(site, model=_MODEL)).json()

    assert body["source"] == "template"
    assert body["notes"] == ["The model could not be asked (upstream_invalid_response); the template serves."]
    assert await site.ledger() == []
    assert Decimal((await site.world.funds(site.account_id))[2]) == 0


async def test_the_template_serves_where_a_model_of_the_api_has_no_provider(make_world: Any) -> None:
    world: World = await make_world(SANDBOX_ENABLED="false")
    key = await world.key(await world.account())

    response = await world.client.post(
        "/v1/blocks/generate", json={"block_type": "note"}, headers={"authorization": f"Bearer {key}"}
    )

    assert response.status_code == 200, response.text
    assert response.json()["source"] == "template"


async def test_a_prompt_that_a_filter_refuses_is_told(site: Site) -> None:
    response = await _generate(site, model="sandbox/filter")

    assert (response.status_code, response.json()["error"]["code"]) == (400, "content_filtered")


async def test_an_archive_is_a_plugin_of_its_own_and_the_same_bytes_each_time(site: Site) -> None:
    first = await _generate(site, headers={"accept": "application/zip"})
    second = await _generate(site, headers={"accept": "application/zip, application/json;q=0.5"})

    assert first.headers["content-type"] == "application/zip"
    assert first.headers["content-disposition"] == 'attachment; filename="price-card.zip"'
    assert first.content == second.content
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        main = archive.read("price-card/plugin.php").decode()
    assert {name.partition("/")[0] for name in names} == {"price-card"}
    assert "price-card/blocks/price-card/block.json" in names
    assert " * Plugin Name: Price Card\n" in main
    assert "require_once __DIR__ . '/blocks/price-card/register.php';" in main


async def test_a_client_that_takes_json_first_gets_json(site: Site) -> None:
    response = await _generate(site, headers={"accept": "application/json, application/zip"})

    assert response.json()["object"] == "block_generation"


async def test_a_feature_that_no_template_has_is_a_wish_and_told(site: Site) -> None:
    body = (await _generate(site, features=["sparkles"])).json()

    assert body["warnings"] == ["'sparkles' is no feature that a template has; it was passed on as a wish."]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"block_type": ...}, "block_type"),
        ({"block_type": "日本"}, "block_type"),
        ({"block_type": "3d view"}, "block_type"),
        ({"block_type": "x" * 65}, "block_type"),
        ({"attributes": {"a": "colour"}}, "attributes.a.type"),
        ({"attributes": {"a-b": "string"}}, "attributes.a-b.[key]"),
        ({"attributes": {"a_b": "string", "aB": "string"}}, "attributes.aB"),
        ({"attributes": {"style": "object"}}, "attributes.style"),
        ({"attributes": {"a": {}}}, "attributes.a.type"),
        ({"attributes": {"a": {"type": "integer", "default": "x"}}}, "attributes.a.default"),
        ({"attributes": {"a": {"enum": ["x"], "default": "y"}}}, "attributes.a.default"),
        ({"attributes": {"a": {"type": "number", "enum": ["x"]}}}, "attributes.a.enum"),
        ({"attributes": {f"a{number}": "string" for number in range(65)}}, "attributes"),
        ({"features": ["x"] * 33}, "features"),
        ({"namespace": "My Shop"}, "namespace"),
        ({"namespace": "core"}, "namespace"),
        ({"style_variants": ["Plain", "plain"]}, "style_variants"),
        ({"title": "\u202e"}, "title"),
        ({"include_editor": "yes"}, "include_editor"),
    ],
)
async def test_what_no_block_can_be_made_of_is_refused_before_anything_is_paid(
    site: Site, changes: dict[str, Any], field: str
) -> None:
    response = await _generate(site, **changes)

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid_parameters"), error
    assert error["param"] == field
    assert await site.ledger() == []


async def test_an_unknown_model_is_told_with_those_that_there_are(site: Site) -> None:
    response = await _generate(site, model="wp-llm-99b")

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (404, "model_not_found")
    assert "wp-llm-13b" in error["details"]["available_models"]


async def test_an_account_without_money_is_told_before_what_is_wrong_with_the_body(site: Site) -> None:
    key = await site.world.key(await site.world.account(balance_usd=None))

    response = await _generate(site, key=key, block_type="")

    assert (response.status_code, response.json()["error"]["code"]) == (402, "quota_exceeded")


async def test_the_block_is_told_of(site: Site) -> None:
    body = (await _generate(site)).json()

    (event,) = await site.world.events()
    assert event["type"] == "block.generated"
    assert event["data"]["id"] == body["id"]
    assert event["data"]["files"] == body["files"]
