"""GET /openapi.json: the OpenAPI 3.1 document of this gateway."""

import json

import pytest

from tests.conftest import World
from tests.functions.gateway.conftest import Ask, Invoke
from tollgate import VERSION
from tollgate.edge.endpoint import Endpoint
from tollgate_cli.examples import read_event
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.template import Template


@pytest.fixture
async def app(template: Template) -> Endpoint:
    endpoint: Endpoint = load_handler(template.functions["GetOpenapiFunction"], "app")
    return endpoint


async def test_the_document_is_openapi_of_this_release(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "GET", "/openapi.json")

    document = json.loads(answer.body)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"] == VERSION


async def test_it_may_be_kept_and_asked_for_again_by_its_tag(app: Endpoint, ask: Ask) -> None:
    first = await ask(app, "GET", "/openapi.json")

    second = await ask(app, "GET", "/openapi.json", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"].startswith("public")
    assert (second.status, second.body) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]


async def test_another_tag_brings_the_document(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "GET", "/openapi.json", headers={"If-None-Match": '"another"'})

    assert answer.status == 200


async def test_nobody_needs_a_key_for_it(world: World) -> None:
    response = await world.client.get("/openapi.json", headers={"authorization": "Bearer wrong"})

    assert response.status_code == 200


def test_its_event_is_answered_through_lambda(invoke: Invoke) -> None:
    answer = invoke("GetOpenapiFunction", read_event("gateway/get_openapi"))

    assert answer["statusCode"] == 200
    assert "/v1/chat/completions" in json.loads(answer["body"])["paths"]
