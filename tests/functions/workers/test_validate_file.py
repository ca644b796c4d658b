"""The worker that looks through files, one message at a time."""

import asyncio
import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.conftest import World
from tests.functions.wpllm.training import Trainer, a_trainer, some_examples
from tollgate.edge.worker import Queued
from tollgate.services.file_contents import LEASE_S, sweep_files, validate_file, validate_queued_file
from tollgate.stores.aws import AwsUnavailable


@pytest.fixture
async def trainer(world: World) -> Trainer:
    return await a_trainer(world)


def _event(*messages: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(messages)]}


async def _status(trainer: Trainer, file_id: str) -> str:
    status: str = (await trainer.send("GET", f"/v1/files/{file_id}")).json()["status"]
    return status


async def test_the_message_of_an_upload_has_its_file_looked_through(trainer: Trainer) -> None:
    file_id = await trainer.a_file()

    answer = await Queued(validate_queued_file).work(_event(*trainer.queued()), trainer.world.resources)

    assert answer == {"batchItemFailures": []}
    assert await _status(trainer, file_id) == "processed"


async def test_a_message_that_comes_again_or_is_about_nothing_changes_nothing(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    (message,) = trainer.queued()
    nothing = json.dumps({"account_id": trainer.account_id, "file_id": "file_nothing"})

    answer = await Queued(validate_queued_file).work(_event(message, message, nothing), trainer.world.resources)

    assert (answer, await _status(trainer, file_id)) == ({"batchItemFailures": []}, "processed")


async def test_a_failure_leaves_the_file_to_whoever_comes_next(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    (message,) = trainer.queued()
    broken = replace(trainer.world.resources)
    broken.__dict__["bucket"] = _NoBucket()

    failed = await Queued(validate_queued_file).work(_event(message), broken)
    done = await Queued(validate_queued_file).work(_event(message), trainer.world.resources)

    assert failed == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert done == {"batchItemFailures": []}
    assert await _status(trainer, file_id) == "processed"


async def test_of_many_workers_at_once_one_looks(trainer: Trainer) -> None:
    file_id = await trainer.a_file(some_examples(500))
    resources = trainer.world.resources

    done = await asyncio.gather(*(validate_file(trainer.account_id, file_id, resources) for _ in range(6)))

    assert sorted(done) == [False] * 5 + [True]


async def test_a_worker_that_died_is_followed_by_another_when_its_lease_is_over(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    now = int(trainer.resources.now().timestamp())
    await trainer.world.resources.files.lease(trainer.account_id, file_id, now=now, until=now + LEASE_S)

    early = await sweep_files(trainer.resources)
    trainer.ahead_s = LEASE_S + 1
    late = await sweep_files(trainer.resources)

    assert (early["validated"], late["validated"]) == (0, 1)
    assert await _status(trainer, file_id) == "processed"


async def test_who_gives_up_late_gives_up_nothing_of_whoever_came_after(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    files = trainer.world.resources.files
    first = await files.lease(trainer.account_id, file_id, now=100, until=200)
    second = await files.lease(trainer.account_id, file_id, now=201, until=300)
    assert first
    assert second

    await files.give_up_lease(first)

    assert await files.lease(trainer.account_id, file_id, now=202, until=300) is None
    await files.give_up_lease(second)
    assert await files.lease(trainer.account_id, file_id, now=203, until=300)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b'{"prompt":' * 50_000,
        b"\x00" * 3_000_000,
        b"\n" * 300_000,
        b'{"prompt":"' + b"a" * 3_000_000,
        b'{"prompt":' + b"9" * 900_000 + b"}",
        b"\xef\xbb\xbf\xff\xfe" * 1_000,
    ],
    ids=["nested", "nested objects", "zeros", "blank lines", "one long line", "a long number", "marks"],
)
async def test_no_content_hurts_the_worker(trainer: Trainer, content: bytes) -> None:
    file_id = await trainer.a_file(content)

    await trainer.work()

    assert await _status(trainer, file_id) == "error"


class _NoBucket:
    """A bucket that cannot be reached."""

    def pieces(self, key: str) -> Any:
        raise AwsUnavailable(f"s3: {key}")
