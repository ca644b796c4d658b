"""The gateway with OpenAI on loopback, an account with money and a key."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec import structs

from tests.aws_calls import watched, watched_app
from tests.builders import NOW, an_entry
from tests.conftest import World, WorldMaker
from tests.mail import Mail, Office
from tests.upstream import Upstream, a_completion, json_reply
from tollgate.resources import Resources
from tollgate.settings import Settings
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.template import Template


@dataclass(frozen=True)
class Site:
    """A gateway as one of its customers sees it."""

    world: World
    upstream: Upstream
    account_id: str
    key: str

    async def chat(self, key: str | None = None, **changes: Any) -> httpx2.Response:
        """A chat call; `changes` are those of its body."""
        body = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hello"}], **changes}
        body = {name: value for name, value in body.items() if value is not ...}
        return await self.send("POST", "/v1/chat/completions", key=key, json=body)

    async def send(self, method: str, path: str, *, key: str | None = None, **rest: Any) -> httpx2.Response:
        """Any call, with the site's own key unless another one is named."""
        headers = {"authorization": f"Bearer {key or self.key}", **rest.pop("headers", {})}
        return await self.world.client.request(method, path, headers=headers, **rest)

    async def ledger(self) -> list[Any]:
        """What was charged, newest first."""
        entries = await self.world.resources.accounts.entries(self.account_id, limit=50)
        return [entry for entry in entries if entry.type == "usage"]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """OpenAI, on loopback."""
    async with Upstream(json_reply(a_completion())) as server:
        yield server


@pytest.fixture
async def site(make_world: WorldMaker, upstream: Upstream, tmp_path: Path) -> Site:
    """A gateway with OpenAI configured and ten dollars to spend."""
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(
        json.dumps(
            {
                "models": [
                    an_entry(),
                    an_entry(id="openai/gpt-old", enabled=False),
                    an_entry(id="openai/gpt-unpriced", pricing=None),
                    an_entry(id="openai/gpt-free", pricing={"input": 0, "output": 0}),
                    an_entry(
                        id="openai/tts-test", type="speech", pricing={"unit": "character", "per": 1000, "input": 0.015}
                    ),
                    an_entry(id="openai/plain", supported_parameters=["temperature"], input_modalities=["text"]),
                ]
            }
        )
    )
    world: World = await make_world(
        OPENAI_BASE_URL=upstream.url + "/v1", OPENAI_API_KEY="sk-operator", TOLLGATE_CATALOGUE=str(catalogue)
    )
    account_id = await world.account()
    return Site(world, upstream, account_id, await world.key(account_id))


@pytest.fixture
async def office(template: Template, environment: dict[str, str]) -> AsyncIterator[Office]:
    """A gateway, an account, and its mail."""
    mail = Mail()
    async with httpx2.AsyncClient(transport=mail) as http:
        settings = Settings.from_environment(environment)
        made = watched(Resources(settings=settings, http=http, now=lambda: mail.at, allows_loopback=True))
        gateway = watched_app(LocalGateway(template, made))
        transport = httpx2.ASGITransport(app=gateway, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway", verify=False) as client:
            world = World(made, client)
            account_id = await world.account()
            yield Office(world, mail, account_id, await world.key(account_id))


class Clock:
    """The time of a gateway, as a test wants it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **parts: float) -> None:
        """Let so much time pass."""
        self.now += timedelta(**parts)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
async def still(site: Site, template: Template, clock: Clock) -> AsyncIterator[Site]:
    """The site at the clock's time, with an account that was opened then."""
    resources = structs.replace(site.world.resources, now=clock)
    transport = httpx2.ASGITransport(app=LocalGateway(template, resources), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        world = World(resources, client)
        account_id = await world.account()
        yield replace(site, world=world, account_id=account_id, key=await world.key(account_id))
