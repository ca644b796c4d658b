"""A gateway that its operator has closed for a while."""

from typing import Any

import pytest

from tests.conftest import World, WorldMaker
from tests.functions.test_authorization import NEEDS, ROUTES
from tollgate_cli.template import Route

_UNTIL = "2090-01-31T22:00:00Z"
_CHAT = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
async def closed(make_world: WorldMaker) -> World:
    """One that says until when."""
    made: World = await make_world(MAINTENANCE=_UNTIL)
    return made


async def _call(world: World, method: str, path: str, key: str | None, body: Any = None) -> Any:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return await world.client.request(method, path, headers=headers, json=body)


async def test_no_route_is_open_but_those_that_anybody_may_read(closed: World) -> None:
    key = await closed.key(await closed.account())
    is_open: dict[Route, bool] = {}
    for route in ROUTES:
        path = route.path.replace("+}", "}").replace("{bot_id}", "1").replace("{", "").replace("}", "")
        response = await _call(
            closed, route.method, path, key, {} if route.method in {"POST", "PATCH", "PUT"} else None
        )
        # What only operators may call says so before anything else.
        is_open[route] = response.status_code != 503 and NEEDS[route.function] != "operate"

    assert {route for route, open_ in is_open.items() if open_} == {
        route for route in ROUTES if NEEDS[route.function] is None and route.method == "GET"
    }
    assert sum(is_open.values()) > 5


async def test_clients_are_told_when_it_is_back_and_nothing_is_charged(closed: World) -> None:
    account_id = await closed.account()

    response = await _call(closed, "POST", "/v1/chat/completions", await closed.key(account_id), _CHAT)

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (503, "service_unavailable", "maintenance")
    assert error["message"] == f"The gateway is closed for maintenance until about {_UNTIL}."
    assert error["metadata"]["estimated_recovery"] == _UNTIL
    assert response.headers["retry-after"] == "120"
    assert await closed.funds(account_id) == ("10", "10", "0")


async def test_each_family_says_so_in_its_own_words(closed: World) -> None:
    key = await closed.key(await closed.account())

    wpllm = (await _call(closed, "POST", "/v1/generate", key, {"model": "wp-llm-7b", "prompt": "Hi"})).json()["error"]
    wpai = await _call(closed, "POST", "/wp-json/wp-ai/v1/generate", key, {})
    puffer = await _call(closed, "POST", "/aipkit/v1/generate", key, {})

    assert (wpllm["type"], wpllm["code"]) == ("server_error", "service_unavailable")
    assert wpllm["details"] == {"estimated_recovery": _UNTIL, "maintenance_mode": True}
    assert (wpai.status_code, wpai.json()["code"]) == (503, "prompt_prevented")
    assert (puffer.status_code, puffer.json()["code"]) == (503, "rest_aipkit_maintenance")


async def test_its_status_is_maintenance(closed: World) -> None:
    assert (await _call(closed, "GET", "/v1/status", None)).json()["status"] == "maintenance"


async def test_a_key_that_may_operate_may_try_everything(closed: World) -> None:
    key = await closed.key(await closed.account(), "operate", "inference")

    assert (await _call(closed, "POST", "/v1/chat/completions", key, _CHAT)).status_code == 200
    assert (await _call(closed, "POST", "/accounts", key, {"name": "new"})).status_code == 201


@pytest.mark.parametrize("told", ["on", "2026-01-31T22:00:00Z", "2090-01-31T22:00:00", "2090-01-31", "soon"])
async def test_where_nobody_knows_or_it_takes_longer_clients_come_back_in_a_minute(
    make_world: WorldMaker, told: str
) -> None:
    world = await make_world(MAINTENANCE=told)

    response = await _call(world, "POST", "/v1/chat/completions", await world.key(await world.account()), _CHAT)

    assert (response.status_code, response.headers["retry-after"]) == (503, "60")
