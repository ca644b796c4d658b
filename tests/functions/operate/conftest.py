"""The gateway with an operator."""

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.conftest import World


@dataclass(frozen=True)
class Office:
    """The gateway as its operator sees it."""

    world: World
    key: str

    async def send(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """A call with the operator's key."""
        content = {} if body is None else {"json": body}
        return await self.world.client.request(method, path, headers={"authorization": f"Bearer {self.key}"}, **content)


@pytest.fixture
async def office(world: World) -> Office:
    """An operator's key, of an account of the operator's own."""
    return Office(world, await world.key(await world.account(balance_usd=None), "operate"))
