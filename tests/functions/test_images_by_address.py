"""Images that a client names by address, for a model whose provider cannot fetch them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import an_entry
from tests.conftest import World, WorldMaker
from tests.functions.conftest import Site
from tests.upstream import Upstream

DATA_URL = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
async def site(make_world: WorldMaker, upstream: Upstream, tmp_path: Path) -> Site:
    catalogue = tmp_path / "catalogue.json"
    modalities = ["text", "image"]
    entries = [
        an_entry(input_modalities=modalities),
        an_entry(id="openai/stays-at-home", input_modalities=modalities, image_fetch=False),
    ]
    catalogue.write_text(json.dumps({"models": entries}))
    world: World = await make_world(
        OPENAI_BASE_URL=upstream.url + "/v1", OPENAI_API_KEY="sk-operator", TOLLGATE_CATALOGUE=str(catalogue)
    )
    account_id = await world.account()
    return Site(world, upstream, account_id, await world.key(account_id))


def asking_about(url: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/cat.png", "https://169.254.169.254/latest", "https://[::1]/cat.png"]
)
async def test_an_address_that_is_not_public_is_refused_before_money_moves(site: Site, url: str) -> None:
    response = await site.chat(model="openai/stays-at-home", messages=asking_about(url))

    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, "messages[0].content[0].image_url.url")
    assert site.upstream.requests == []
    assert await site.ledger() == []


async def test_a_provider_that_fetches_images_itself_gets_the_address(site: Site) -> None:
    url = "https://example.com/cat.png"

    response = await site.chat(messages=asking_about(url))

    assert response.status_code == 200
    assert site.upstream.requests[0].json["messages"] == asking_about(url)


async def test_data_is_passed_on_as_it_is(site: Site) -> None:
    await site.chat(model="openai/stays-at-home", messages=asking_about(DATA_URL))

    assert site.upstream.requests[0].json["messages"] == asking_about(DATA_URL)


async def test_nothing_is_fetched_for_an_account_that_owns_nothing(site: Site) -> None:
    key = await site.world.key(await site.world.account(balance_usd=None))

    response = await site.chat(key, model="openai/stays-at-home", messages=asking_about("https://127.0.0.1/cat.png"))

    assert response.status_code == 402
