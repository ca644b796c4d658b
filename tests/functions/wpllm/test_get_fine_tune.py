"""GET /v1/fine-tune/{job_id}: a training from its files to its model."""

from decimal import Decimal

import pytest

from tests.functions.wpllm.training import Trainer, a_trainer, some_examples


async def test_a_training_goes_from_its_files_to_a_model_that_answers_at_once(trainer: Trainer) -> None:
    job_id = await trainer.a_job(validation_file=await trainer.a_file(some_examples(10, words="films")))
    seen = [await trainer.job(job_id)]
    for ahead_s in (0, 2, 1, 60):
        await trainer.work(ahead_s=ahead_s)
        seen.append(await trainer.job(job_id))

    assert [job["status"] for job in seen] == ["validating_files", "queued", "running", "running", "succeeded"]
    done = seen[-1]
    organization = trainer.account_id.removeprefix("acct_")
    assert done["fine_tuned_model"] == f"wp-llm-13b:ft-org-{organization}"
    assert done["created_at"] <= done["finished_at"]
    assert 0 < seen[2]["trained_tokens"] < seen[3]["trained_tokens"] < done["trained_tokens"]
    for job in seen[:-1]:
        assert (job["finished_at"], job["fine_tuned_model"], job["result_files"]) == (None, None, [])
    (result,) = done["result_files"]
    file = (await trainer.send("GET", f"/v1/files/{result}")).json()
    assert (file["purpose"], file["status"]) == ("fine-tune-results", "processed")
    assert (await trainer.send("GET", f"/v1/files/{result}/content")).text.startswith("step,train_loss\n1,")
    answer = await trainer.chat(done["fine_tuned_model"])
    assert (answer.status_code, answer.json()["model"]) == (200, done["fine_tuned_model"])


async def test_what_was_trained_is_charged_once_and_the_rest_of_the_hold_comes_back(trainer: Trainer) -> None:
    job = await trainer.finish(await trainer.a_job())
    await trainer.work(ahead_s=60)

    (charge,) = await trainer.charges()
    tokens = job["trained_tokens"]
    assert charge.amount_usd == -tokens * Decimal("0.000002")
    assert (charge.model, charge.outcome, charge.usage) == ("wp-llm-13b", "completed", {"trained_tokens": tokens})
    balance = f"{10 + charge.amount_usd:.12f}"
    assert await trainer.world.funds(trainer.account_id) == (balance, balance, "0.000000000000")


async def test_trained_tokens_are_those_of_the_file_in_every_epoch(trainer: Trainer) -> None:
    job = await trainer.finish(await trainer.a_job(hyperparameters={"n_epochs": 5}))

    report = (await trainer.send("GET", f"/v1/files/{job['training_file']}")).json()["dataset"]
    assert job["trained_tokens"] == report["tokens"] * 5


async def test_two_trainings_of_an_account_have_two_names(trainer: Trainer) -> None:
    jobs = [await trainer.a_job() for _ in range(3)]
    other = await trainer.a_job(model="wp-llm-7b")

    await trainer.work()
    await trainer.work(ahead_s=60)

    names = sorted([(await trainer.job(job))["fine_tuned_model"] for job in jobs])
    first = f"wp-llm-13b:ft-org-{trainer.account_id.removeprefix('acct_')}"
    assert names == [first, f"{first}-2", f"{first}-3"]
    assert (await trainer.job(other))["fine_tuned_model"] == first.replace("13b", "7b")


@pytest.mark.parametrize(
    ("field", "code"),
    [("training_file", "invalid_training_file"), ("validation_file", "invalid_validation_file")],
)
async def test_a_file_that_cannot_be_used_fails_the_job_and_costs_nothing(
    trainer: Trainer, field: str, code: str
) -> None:
    good, bad = await trainer.a_file(), await trainer.a_file(some_examples(3))
    files = {"file_id": good, "validation_file": bad} if field == "validation_file" else {"file_id": bad}
    job_id = await trainer.a_job(**files)

    await trainer.work()

    job = await trainer.job(job_id)
    assert (job["status"], job["trained_tokens"], job["fine_tuned_model"]) == ("failed", None, None)
    assert (job["error"]["code"], job["error"]["param"]) == (code, field)
    assert "too few examples" in job["error"]["message"]
    assert job["finished_at"] is not None
    assert await trainer.charges() == []
    assert (await trainer.world.funds(trainer.account_id))[2] == "0.000000000000"


async def test_a_training_that_fails_is_charged_for_what_was_trained(trainer: Trainer) -> None:
    job = await trainer.finish(await trainer.a_job(model="sandbox/cut"))

    (charge,) = await trainer.charges()
    assert (job["status"], job["error"]["code"], job["result_files"]) == ("failed", "training_diverged", [])
    assert job["trained_tokens"] > 0
    assert (charge.usage, charge.outcome) == ({"trained_tokens": job["trained_tokens"]}, "upstream_error")


async def test_what_the_provider_refuses_fails_the_job(trainer: Trainer) -> None:
    job_id = await trainer.a_job(model="sandbox/error-400")

    await trainer.work()

    job = await trainer.job(job_id)
    assert (job["status"], await trainer.charges()) == ("failed", [])
    assert job["error"]["message"]


async def test_a_provider_that_is_busy_is_asked_again_for_a_day(trainer: Trainer) -> None:
    job_id = await trainer.a_job(model="sandbox/error-503")

    await trainer.work()
    await trainer.work(ahead_s=3_600)
    waiting = await trainer.job(job_id)
    await trainer.work(ahead_s=24 * 3_600)

    assert waiting["status"] == "validating_files"
    assert (await trainer.job(job_id))["status"] == "failed"
    assert (await trainer.world.funds(trainer.account_id))[2] == "0.000000000000"


async def test_a_job_that_is_not_there_or_anothers_is_404(trainer: Trainer) -> None:
    theirs = await (await a_trainer(trainer.world)).a_job()

    for job_id in (theirs, "ft_nothing", "file_01M7ZNGKJ68GT8JXKBSG8X66JF", "model%23x"):
        response = await trainer.send("GET", f"/v1/fine-tune/{job_id}")
        error = response.json()["error"]
        assert (response.status_code, error["type"], error["code"]) == (404, "resource_error", "fine_tune_not_found")
