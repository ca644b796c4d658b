"""ANY /{proxy+}: paths that do not exist, methods that a path does not take, and preflights."""

import json

import pytest

from tests.functions.gateway.conftest import Ask, Invoke
from tollgate.edge.endpoint import Endpoint
from tollgate_cli.examples import read_event
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.template import Template


@pytest.fixture
async def app(template: Template) -> Endpoint:
    endpoint: Endpoint = load_handler(template.functions[template.unrouted], "app")
    return endpoint


async def test_a_path_that_does_not_exist_is_answered_404_in_a_body_for_clients_of_every_family(
    app: Endpoint, ask: Ask
) -> None:
    answer = await ask(app, "GET", "/v1/chat/completion")

    body = json.loads(answer.body)
    assert answer.status == 404
    assert (body["error"]["code"], body["error"]["type"], body["error"]["param"]) == (
        "route_not_found",
        "invalid_request_error",
        None,
    )
    assert body["error"]["metadata"]["request_id"] == body["error"]["request_id"] == answer.headers["x-request-id"]
    assert body["error"]["details"] == {}
    assert body["error"]["timestamp"].endswith("Z")
    assert (body["code"], body["message"], body["data"]) == (
        "route_not_found",
        "There is no route GET /v1/chat/completion. See /docs for those that there are.",
        {"status": 404},
    )


async def test_what_is_not_there_is_not_to_be_asked_for_again(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "GET", "/nowhere")

    assert answer.headers["x-should-retry"] == "false"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_long_path_is_cut_where_it_is_shown(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "GET", "/" + "x" * 5000)

    assert answer.status == 404
    assert len(answer.body) < 1500


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/chat/completions", "POST"),
        ("DELETE", "/keys", "GET, POST"),
        ("POST", "/keys/key_1", "DELETE, GET, PATCH"),
        ("PUT", "/v1/models/openai/gpt-4o", "GET"),
        ("HEAD", "/v1/models", "GET"),
    ],
)
async def test_a_method_that_the_path_does_not_take_is_answered_405_with_those_that_it_takes(
    app: Endpoint, ask: Ask, method: str, path: str, allowed: str
) -> None:
    answer = await ask(app, method, path)

    body = json.loads(answer.body)
    assert answer.status == 405
    assert answer.headers["allow"] == allowed
    assert body["code"] == body["error"]["code"] == "method_not_allowed"
    assert body["data"] == {"status": 405}


async def test_a_preflight_of_an_allowed_page_is_told_methods_and_headers(app: Endpoint, ask: Ask) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "authorization,x-stainless-lang"}

    answer = await ask(app, "OPTIONS", "/keys", headers=asked, cors_origins=("https://shop.example",))

    assert (answer.status, answer.body) == (204, b"")
    assert "content-type" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "authorization,x-stainless-lang"
    assert answer.headers["vary"] == "origin"


async def test_a_preflight_is_allowed_from_everywhere_where_every_origin_is(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "OPTIONS", "/v1/chat/completions", headers={"Origin": "https://anywhere.example"})

    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_preflight_of_another_page_is_not_allowed(app: Endpoint, ask: Ask) -> None:
    headers = {"Origin": "https://elsewhere.example"}

    answer = await ask(app, "OPTIONS", "/keys", headers=headers, cors_origins=("https://shop.example",))

    assert answer.status == 204
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.headers["vary"] == "origin"


async def test_a_preflight_for_a_path_that_does_not_exist_is_answered_404(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "OPTIONS", "/nowhere", headers={"Origin": "https://shop.example"})

    assert answer.status == 404


async def test_options_without_a_page_are_answered_with_the_methods_alone(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "OPTIONS", "/keys")

    assert (answer.status, answer.headers["allow"]) == (204, "GET, POST")
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("method", "target", "location"),
    [
        ("GET", "/v1/models/", "/live/v1/models"),
        ("POST", "/v1/chat/completions/", "/live/v1/chat/completions"),
        ("GET", "/keys/?page=2&limit=5", "/live/keys?page=2&limit=5"),
        ("GET", "/keys//", "/live/keys"),
        ("GET", "/v1/models/openai%2Fgpt-4o/", "/live/v1/models/openai%2Fgpt-4o"),
    ],
)
async def test_a_slash_at_the_end_is_answered_308_with_the_path_without_it(
    app: Endpoint, ask: Ask, method: str, target: str, location: str
) -> None:
    path, _, query = target.partition("?")

    answer = await ask(app, method, path, query=query)

    assert (answer.status, answer.body) == (308, b"")
    assert answer.headers["location"] == location


@pytest.mark.parametrize(("stage", "location"), [("", "/keys"), ("/ai", "/ai/keys"), ("//evil.example", None)])
async def test_the_redirect_stays_below_what_a_custom_domain_puts_in_front(
    app: Endpoint, ask: Ask, stage: str, location: str | None
) -> None:
    answer = await ask(app, "GET", "/keys/", stage=stage)

    assert answer.headers["location"] == (location or "/evil.example/keys")


async def test_a_page_may_follow_the_redirect(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "GET", "/keys/", headers={"Origin": "https://shop.example"})

    assert answer.status == 308
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_preflight_for_a_path_with_a_slash_is_answered_and_not_redirected(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "OPTIONS", "/keys/", headers={"Origin": "https://shop.example"})

    assert answer.status == 204


async def test_a_slash_at_the_end_does_not_make_a_method_right(app: Endpoint, ask: Ask) -> None:
    answer = await ask(app, "DELETE", "/keys/")

    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


def test_its_event_is_answered_through_lambda(invoke: Invoke) -> None:
    answer = invoke("AnswerUnroutedFunction", read_event("gateway/answer_unrouted"))

    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["code"] == "route_not_found"
