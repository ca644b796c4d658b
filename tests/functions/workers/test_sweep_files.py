"""The worker that finishes with files what others left."""

import pytest

from tests.conftest import World
from tests.functions.wpllm.training import Trainer, a_trainer
from tollgate.services.file_contents import sweep_files


@pytest.fixture
async def trainer(world: World) -> Trainer:
    return await a_trainer(world)


async def test_files_that_nobody_looked_through_are_looked_through_once(trainer: Trainer) -> None:
    for content in (None, b"{"):
        await trainer.a_file(content)

    first, second = await sweep_files(trainer.resources), await sweep_files(trainer.resources)

    assert (first, second) == (
        {"validated": 2, "deleted": 0, "failed": 0},
        {"validated": 0, "deleted": 0, "failed": 0},
    )
    statuses = [file["status"] for file in (await trainer.send("GET", "/v1/files")).json()["data"]]
    assert statuses == ["error", "processed"]


async def test_one_file_that_cannot_be_read_keeps_no_other_from_being_looked_through(trainer: Trainer) -> None:
    lost, good = await trainer.a_file(), await trainer.a_file()
    stored = await trainer.world.resources.files.get(trainer.account_id, lost)
    assert stored is not None
    await trainer.world.resources.bucket.delete(stored.key)

    done = await sweep_files(trainer.resources)

    assert done == {"validated": 1, "deleted": 0, "failed": 1}
    assert (await trainer.send("GET", f"/v1/files/{good}")).json()["status"] == "processed"
