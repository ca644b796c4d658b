"""An account that trains models."""

import pytest

from tests.conftest import World
from tests.functions.wpllm.training import Trainer, a_trainer


@pytest.fixture
async def trainer(world: World) -> Trainer:
    """An account with ten dollars, and the workers behind its trainings."""
    return await a_trainer(world)
