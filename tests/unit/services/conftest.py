"""Services over a world that is played."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.unit.services.cloud import Cloud, resources_over
from tollgate.resources import Resources


@pytest.fixture
def cloud() -> Cloud:
    """What is outside."""
    return Cloud()


@pytest.fixture
async def resources(cloud: Cloud, tmp_path: Path) -> AsyncIterator[Resources]:
    """Resources over it."""
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(cloud.answer)) as http:
        yield resources_over(cloud, http, tmp_path)
