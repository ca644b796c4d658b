"""A clock that a test holds, for whatever has days, periods and windows."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx2
import pytest

from tests.builders import NOW
from tests.conftest import World
from tests.functions.conftest import Site
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.template import Template


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
    resources = replace(site.world.resources, now=clock)
    transport = httpx2.ASGITransport(app=LocalGateway(template, resources), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        world = World(resources, client)
        account_id = await world.account()
        yield replace(site, world=world, account_id=account_id, key=await world.key(account_id))
