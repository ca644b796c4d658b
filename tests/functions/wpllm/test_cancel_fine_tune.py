"""POST /v1/fine-tune/{job_id}/cancel."""

import asyncio

import pytest

from tests.functions.wpllm.training import Trainer, a_trainer
from tollgate.services.jobs.follow_fine_tunes import follow_fine_tunes


async def _cancel(trainer: Trainer, job_id: str) -> int:
    return (await trainer.send("POST", f"/v1/fine-tune/{job_id}/cancel")).status_code


@pytest.mark.parametrize(("rounds", "status"), [((), "validating_files"), ((0,), "queued"), ((0, 2), "running")])
async def test_a_job_is_cancelled_in_any_state_before_its_end(
    trainer: Trainer, rounds: tuple[int, ...], status: str
) -> None:
    job_id = await trainer.a_job()
    for ahead_s in rounds:
        await trainer.work(ahead_s=ahead_s)
    assert (await trainer.job(job_id))["status"] == status

    response = await trainer.send("POST", f"/v1/fine-tune/{job_id}/cancel")

    job = response.json()
    assert (response.status_code, job["status"], job["fine_tuned_model"]) == (200, "cancelled", None)
    assert job["finished_at"] >= job["created_at"]
    assert (await trainer.send("DELETE", f"/v1/files/{job['training_file']}")).status_code == 200
    await trainer.work(ahead_s=3_600)
    assert (await trainer.job(job_id))["status"] == "cancelled"
    assert (await trainer.world.funds(trainer.account_id))[2] == "0.000000000000"


async def test_what_was_trained_by_then_is_kept_and_charged(trainer: Trainer) -> None:
    job_id = await trainer.a_job()
    for ahead_s in (0, 2):
        await trainer.work(ahead_s=ahead_s)

    await _cancel(trainer, job_id)
    await trainer.work()

    job = await trainer.job(job_id)
    (charge,) = await trainer.charges()
    assert (job["status"], job["result_files"]) == ("cancelled", [])
    assert job["trained_tokens"] > 0
    assert (charge.usage, charge.outcome) == ({"trained_tokens": job["trained_tokens"]}, "cancelled")


async def test_a_job_that_was_cancelled_before_it_began_costs_nothing(trainer: Trainer) -> None:
    job_id = await trainer.a_job()

    await _cancel(trainer, job_id)
    await trainer.work()

    assert await trainer.charges() == []
    assert (await trainer.job(job_id))["trained_tokens"] in {None, 0}


async def test_cancelling_twice_answers_the_same_job(trainer: Trainer) -> None:
    job_id = await trainer.a_job()

    answers = [await trainer.send("POST", f"/v1/fine-tune/{job_id}/cancel") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(("model", "status"), [("wp-llm-13b", "succeeded"), ("sandbox/cut", "failed")])
async def test_a_job_that_has_ended_is_not_cancelled(trainer: Trainer, model: str, status: str) -> None:
    before = await trainer.finish(await trainer.a_job(model=model))

    response = await trainer.send("POST", f"/v1/fine-tune/{before['id']}/cancel")

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (409, "resource_error", "invalid_state")
    assert error["details"] == {"status": status}
    assert await trainer.job(before["id"]) == before


async def test_of_a_cancellation_and_a_success_at_once_one_happens(trainer: Trainer) -> None:
    for _ in range(5):
        job_id = await trainer.a_job()
        await trainer.work()
        trainer.ahead_s += 60

        status, _ = await asyncio.gather(_cancel(trainer, job_id), follow_fine_tunes(trainer.resources))
        await trainer.work()

        job = await trainer.job(job_id)
        assert (status, job["status"], bool(job["fine_tuned_model"]), len(job["result_files"])) in {
            (200, "cancelled", False, 0),
            (409, "succeeded", True, 1),
        }
    results = (await trainer.send("GET", "/v1/files?purpose=fine-tune-results")).json()["data"]
    jobs = (await trainer.send("GET", "/v1/fine-tune")).json()["data"]
    listed = await trainer.tuned_models()
    assert len(results) == len(listed) == sum(job["status"] == "succeeded" for job in jobs)
    assert (await trainer.world.funds(trainer.account_id))[2] == "0.000000000000"


async def test_a_job_that_is_cancelled_when_it_is_about_to_have_succeeded_leaves_nothing(trainer: Trainer) -> None:
    job_id = await trainer.a_job()
    await trainer.work()
    trainer.before("UpdateItem", b'"succeeded"', lambda: _cancel(trainer, job_id))

    job = await trainer.finish(job_id)

    assert (job["status"], job["fine_tuned_model"], job["result_files"]) == ("cancelled", None, [])
    assert await trainer.tuned_models() == []
    assert (await trainer.send("GET", "/v1/files?purpose=fine-tune-results")).json()["data"] == []


async def test_a_job_of_another_account_goes_on(trainer: Trainer) -> None:
    owner = await a_trainer(trainer.world)
    job_id = await owner.a_job()

    assert await _cancel(trainer, job_id) == 404
    assert (await owner.job(job_id))["status"] == "validating_files"
