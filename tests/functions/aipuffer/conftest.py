"""What the tests of AI Puffer's endpoints share."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.builders import an_entry
from tests.conftest import World, WorldMaker
from tests.functions.conftest import Site
from tests.upstream import Upstream

BASE = "/aipkit/v1"


@pytest.fixture
async def site(make_world: WorldMaker, upstream: Upstream, tmp_path: Path) -> Site:
    """A gateway with OpenAI on loopback and the sandbox, and ten dollars to spend."""
    return await make_site(make_world, upstream, tmp_path)


async def make_site(make_world: WorldMaker, upstream: Upstream, tmp_path: Path, **variables: str) -> Site:
    """The same with other variables."""
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(json.dumps({"models": [an_entry(id="openai/gpt-4o-mini")]}))
    world: World = await make_world(
        OPENAI_BASE_URL=upstream.url + "/v1",
        OPENAI_API_KEY="sk-operator",
        TOLLGATE_CATALOGUE=str(catalogue),
        **variables,
    )
    account_id = await world.account()
    return Site(world, upstream, account_id, await world.key(account_id))


async def bot(site: Site, **changes: Any) -> int:
    """The id of a new bot of the sandbox's model; `changes` are those of its settings."""
    body = {"name": "Support Bot", "provider": "sandbox", "model": "chat", **changes}
    response = await site.send("POST", f"{BASE}/chatbots", json=body)
    assert response.status_code == 201, response.text
    bot_id: int = response.json()["bot_id"]
    return bot_id


def told(response: httpx2.Response) -> tuple[int, str]:
    """Status and code of an error."""
    assert response.json()["data"]["status"] == response.status_code
    return response.status_code, response.json()["code"]


def faults(response: httpx2.Response) -> dict[str, str]:
    """What is wrong with each parameter."""
    assert told(response) == (400, "rest_invalid_param")
    return {name: detail["code"] for name, detail in response.json()["data"]["details"].items()}
