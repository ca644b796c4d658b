"""GET /v1/health."""

import pytest

from tests.conftest import World, WorldMaker


async def test_a_gateway_that_can_work_is_healthy(world: World) -> None:
    response = await world.client.get("/v1/health")

    body = response.json()
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert body.keys() == {"status", "timestamp", "version", "services"}
    assert body["services"] == {"generation": "healthy", "analysis": "healthy", "models": "healthy"}
    assert body["status"] == "healthy"


@pytest.mark.parametrize("lost", ["ACCOUNTS_TABLE"])
async def test_a_gateway_without_its_accounts_is_unhealthy_in_the_same_body(make_world: WorldMaker, lost: str) -> None:
    world = await make_world(**{lost: "no-such-table"})

    response = await world.client.get("/v1/health")

    assert response.status_code == 503
    assert response.json()["status"] == response.json()["services"]["generation"] == "unhealthy"
