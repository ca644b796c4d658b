"""The worker that follows trainings: whatever dies on the way, each ends once, and is paid for once."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest

from tests.conftest import World
from tests.functions.wpllm.training import Trainer, a_trainer
from tollgate.services.jobs.follow_fine_tunes import LEASE_S, follow, follow_fine_tunes
from tollgate.services.jobs.sweep import sweep
from tollgate_cli.local.state import REGION


@pytest.fixture
async def trainer(world: World) -> Trainer:
    return await a_trainer(world)


async def test_a_training_holds_its_money_longer_than_a_call(trainer: Trainer) -> None:
    await trainer.a_job()
    await trainer.work()

    trainer.ahead_s = 6 * 86_400
    await sweep(trainer.resources)

    assert (await trainer.world.funds(trainer.account_id))[2] != "0.000000000000"


async def test_many_workers_at_once_end_a_job_once(trainer: Trainer) -> None:
    job_id = await trainer.a_job()
    await trainer.work()
    trainer.ahead_s += 60

    await asyncio.gather(*(follow(trainer.account_id, job_id, trainer.resources) for _ in range(5)))
    await trainer.work(ahead_s=LEASE_S + 1)

    assert (await trainer.job(job_id))["status"] == "succeeded"
    assert (len(await trainer.charges()), len(await trainer.tuned_models())) == (1, 1)


async def test_a_worker_that_dies_anywhere_is_followed_by_one_that_ends_the_job(trainer: Trainer) -> None:
    for dies_at in range(1, 32):
        job_id = await trainer.a_job()
        await trainer.work()
        trainer.ahead_s += 60

        with suppress(_Killed, BaseExceptionGroup):
            await _dying(trainer, dies_at)
        await trainer.work(ahead_s=LEASE_S + 1)
        await sweep(trainer.resources)

        job = await trainer.job(job_id)
        assert (job["status"], len(job["result_files"])) == ("succeeded", 1), dies_at
        charges = await trainer.charges()
        assert len(charges) == dies_at
        assert charges[0].usage == {"trained_tokens": job["trained_tokens"]}
        assert (await trainer.world.funds(trainer.account_id))[2] == "0.000000000000"
        assert len(await trainer.tuned_models()) == dies_at
        assert (await trainer.send("DELETE", f"/v1/files/{job['training_file']}")).status_code == 200
        assert await trainer.work() == {"followed": 0, "closed": 0, "failed": 0}


async def test_a_job_that_cannot_be_followed_keeps_no_other_from_ending(trainer: Trainer) -> None:
    await trainer.a_job(model="sandbox/error-503")
    good = await trainer.a_job()

    first = await trainer.work()
    second = await trainer.work(ahead_s=60)

    assert (first["failed"], second["failed"], second["closed"]) == (1, 1, 1)
    assert (await trainer.job(good))["status"] == "succeeded"


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("wp-llm-13b", ["model.training.started", "model.training.completed"]),
        ("sandbox/cut", ["model.training.started", "model.training.failed"]),
        ("sandbox/error-400", ["model.training.failed"]),
    ],
)
async def test_the_owner_is_told_of_the_beginning_and_the_end(trainer: Trainer, model: str, told: list[str]) -> None:
    job_id = await trainer.a_job(model=model)
    for ahead_s in (0, 60, 60):
        await trainer.work(ahead_s=ahead_s)

    events = _events(trainer)

    assert [event["type"] for event in events] == told
    assert job_id in events[-1]["body"]


class _Killed(BaseException):
    """What nobody catches, as nobody catches the end of a process."""


async def _dying(trainer: Trainer, dies_at: int) -> None:
    """One round of a worker of which only so many requests to AWS are answered."""
    left = dies_at

    def counted(send: Callable[..., Any]) -> Callable[..., Any]:
        async def request(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left <= 0:
                raise _Killed
            return await send(*arguments, **named)

        return request

    dying = trainer.resources
    for client in (dying._dynamodb, dying.sqs):
        object.__setattr__(client, "call", counted(client.call))
    object.__setattr__(dying.bucket, "_call", counted(dying.bucket._call))
    await follow_fine_tunes(dying)


def _events(trainer: Trainer) -> list[Any]:
    settings = trainer.world.resources.settings
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("sqs", endpoint_url=settings.endpoint_of("sqs"), region_name=REGION, **credentials)
    found = client.receive_message(QueueUrl=settings.events_queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"])["event"] for message in found.get("Messages", ())]
