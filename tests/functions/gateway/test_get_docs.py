"""GET /docs: the reference page."""

import pytest

from tests.conftest import World
from tests.functions.gateway.conftest import Ask, Invoke
from tollgate.edge.endpoint import Endpoint
from tollgate_cli.examples import read_event
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.template import Template


@pytest.fixture
async def app(template: Template) -> Endpoint:
    endpoint: Endpoint = load_handler(template.functions["GetDocsFunction"], "app")
    return endpoint


async def test_the_page_is_html_that_may_load_nothing(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "GET", "/docs")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert answer.body.startswith(b"<!doctype html>")


async def test_it_may_be_kept_and_asked_for_again_by_its_tag(app: Endpoint, ask: Ask) -> None:
    first = await ask(app, "GET", "/docs")

    second = await ask(app, "GET", "/docs", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"].startswith("public")
    assert (second.status, second.body) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]


async def test_nobody_needs_a_key_for_it(world: World) -> None:
    response = await world.client.get("/docs")

    assert response.status_code == 200


def test_its_event_is_answered_through_lambda(invoke: Invoke) -> None:
    answer = invoke("GetDocsFunction", read_event("gateway/get_docs"))

    assert answer["statusCode"] == 200
    assert "<h1>" in answer["body"]
