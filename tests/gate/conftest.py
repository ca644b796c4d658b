"""The gate over a DynamoDB server of its own, with an upstream that does what a test wants."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.builders import an_entry
from tests.conftest import World, WorldMaker
from tests.dynalite import Dynalite
from tests.upstream import Upstream, a_completion, json_reply
from tollgate_cli.local.state import create_state
from tollgate_cli.template import Template


@pytest.fixture(scope="session")
def dynalite(template: Template) -> Iterator[Dynalite]:
    """One server with the template's tables for all tests: each uses accounts of its own."""
    with Dynalite() as server:
        create_state(template, lambda service: server.url if service == "dynamodb" else None)
        yield server


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """OpenAI, on loopback."""
    async with Upstream(json_reply(a_completion())) as server:
        yield server


@pytest.fixture
async def atomic_world(make_world: WorldMaker, dynalite: Dynalite, upstream: Upstream, tmp_path: Path) -> World:
    """A gateway whose conditional writes are atomic for real."""
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(json.dumps({"models": [an_entry()]}))
    made: World = await make_world(
        AWS_ENDPOINT_URL_DYNAMODB=dynalite.url,
        OPENAI_BASE_URL=upstream.url,
        OPENAI_API_KEY="sk-operator",
        TOLLGATE_CATALOGUE=str(catalogue),
    )
    return made
