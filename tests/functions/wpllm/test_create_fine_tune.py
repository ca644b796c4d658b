"""POST /v1/fine-tune."""

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.functions.wpllm.training import Trainer, a_trainer, some_examples


async def test_a_job_is_accepted_and_its_files_are_looked_at_first(trainer: Trainer) -> None:
    file_id = await trainer.a_file()

    response = await trainer.train(file_id, hyperparameters={"n_epochs": 2})

    job = response.json()
    assert response.status_code == 202
    assert re.fullmatch(r"ft_[A-Za-z0-9]{26}", job["id"])
    assert job == {
        "id": job["id"],
        "object": "fine_tuning.job",
        "created_at": job["created_at"],
        "finished_at": None,
        "model": "wp-llm-13b",
        "fine_tuned_model": None,
        "organization_id": trainer.account_id.replace("acct_", "org_"),
        "status": "validating_files",
        "validation_file": None,
        "training_file": file_id,
        "hyperparameters": {"n_epochs": 2, "batch_size": 1, "learning_rate_multiplier": 0.1},
        "result_files": [],
        "trained_tokens": None,
        "error": None,
    }


@pytest.mark.parametrize(
    ("sent", "used"),
    [
        ({}, (3, 1, 0.1)),
        ({"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}, (3, 1, 0.1)),
        ({"n_epochs": 50, "batch_size": 256, "learning_rate_multiplier": 0.003}, (50, 256, 0.003)),
    ],
)
async def test_the_reply_has_numbers_for_every_hyperparameter(trainer: Trainer, sent: Any, used: Any) -> None:
    job = (await trainer.train(hyperparameters=sent)).json()

    assert tuple(job["hyperparameters"].values()) == used


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": 1}, "model"),
        ({"training_file": 5}, "training_file"),
        ({"hyperparameters": {"n_epochs": 0}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": "3"}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": True}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"batch_size": 257}}, "hyperparameters.batch_size"),
        ({"hyperparameters": {"learning_rate_multiplier": 0}}, "hyperparameters.learning_rate_multiplier"),
        ({"hyperparameters": [1]}, "hyperparameters"),
    ],
)
async def test_a_bad_field_is_named(trainer: Trainer, changes: Any, field: str) -> None:
    response = await trainer.train("file_x", **changes)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["details"]["field"]) == (400, "invalid_parameters", field)


@pytest.mark.parametrize("field", ["training_file", "validation_file"])
async def test_a_file_that_is_not_there_or_anothers_is_named(trainer: Trainer, field: str) -> None:
    theirs = await (await a_trainer(trainer.world)).a_file()

    response = await trainer.train(**({"file_id": theirs} if field == "training_file" else {field: theirs}))

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (404, "resource_error", "file_not_found")
    assert (error["details"]["field"], error["details"]["id"]) == (field, theirs)


async def test_nobody_trains_with_results_nor_measures_with_what_was_trained_with(trainer: Trainer) -> None:
    job = await trainer.finish(await trainer.a_job())

    results = await trainer.train(job["result_files"][0])
    same = await trainer.train(job["training_file"], validation_file=job["training_file"])

    assert (results.status_code, results.json()["error"]["param"]) == (400, "training_file")
    assert (same.status_code, same.json()["error"]["param"]) == (400, "validation_file")


@pytest.mark.parametrize("model", ["wp-llm-99b", "gpt-4o", "openai/gpt-9", "wp-llm-13b:ft-org-nobody", "a/b/../c"])
async def test_an_unknown_model_is_404_and_the_known_ones_are_told(trainer: Trainer, model: str) -> None:
    response = await trainer.train(model=model)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert error["details"]["model_id"] == model
    assert {"wp-llm-7b", "wp-llm-13b"} <= set(error["details"]["available_models"])


@pytest.mark.parametrize("model", ["anthropic/claude-haiku-4-5", "sandbox/embedding", "sandbox/image"])
async def test_a_model_that_nobody_trains_is_refused(trainer: Trainer, model: str) -> None:
    response = await trainer.train(model=model)

    assert (response.status_code, response.json()["error"]["param"]) == (400, "model")


async def test_a_key_trains_only_models_of_its_scope(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    key = await trainer.world.key(trainer.account_id, models=["wp-llm-7b"])
    body = {"training_file": file_id, "model": "wp-llm-13b"}

    refused = await trainer.send("POST", "/v1/fine-tune", key=key, json=body)
    begun = await trainer.send("POST", "/v1/fine-tune", key=key, json={**body, "model": "wp-llm-7b"})

    assert (refused.status_code, begun.status_code) == (403, 202)


async def test_what_it_costs_at_most_is_held_until_it_has_ended(trainer: Trainer) -> None:
    file_id = await trainer.a_file(some_examples(1_000))
    await trainer.work()
    report = (await trainer.send("GET", f"/v1/files/{file_id}")).json()["dataset"]

    await trainer.a_job(file_id=file_id, hyperparameters={"n_epochs": 4})

    held = report["tokens"] * 4 * Decimal("0.000002")
    _, available, reserved = await trainer.world.funds(trainer.account_id)
    assert (Decimal(reserved), Decimal(available)) == (held, 10 - held)


async def test_before_a_file_was_looked_at_every_byte_of_it_is_held_for(trainer: Trainer) -> None:
    content = some_examples(100)

    await trainer.a_job(file_id=await trainer.a_file(content), hyperparameters={"n_epochs": 1})

    _, _, reserved = await trainer.world.funds(trainer.account_id)
    assert Decimal(reserved) == len(content) * Decimal("0.000002")


async def test_what_the_balance_does_not_cover_is_not_begun_and_leaves_no_trace(trainer: Trainer) -> None:
    poor = await a_trainer(trainer.world, balance_usd=0.0001)
    file_id = await poor.a_file(some_examples(200))

    response = await poor.train(file_id)

    assert (response.status_code, response.json()["error"]["type"]) == (402, "quota_error")
    assert (await poor.send("GET", "/v1/fine-tune")).json()["data"] == []
    assert await poor.world.funds(poor.account_id) == ("0.0001", "0.0001", "0")
    assert (await poor.send("DELETE", f"/v1/files/{file_id}")).status_code == 200


async def test_an_empty_balance_is_told_before_a_bad_body(trainer: Trainer) -> None:
    empty = await a_trainer(trainer.world, balance_usd=0)

    assert (await empty.train("file_x", model="nope")).status_code == 402


async def test_a_job_that_is_repeated_under_one_key_is_one_job(trainer: Trainer) -> None:
    body = {"training_file": await trainer.a_file(), "model": "wp-llm-13b"}
    headers = {"idempotency-key": "once"}

    answers = [await trainer.send("POST", "/v1/fine-tune", headers=headers, json=body) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len((await trainer.send("GET", "/v1/fine-tune")).json()["data"]) == 1


async def test_a_model_of_ones_own_can_be_trained_on(trainer: Trainer) -> None:
    first = await trainer.finish(await trainer.a_job())

    second = await trainer.finish(await trainer.a_job(model=first["fine_tuned_model"]))

    assert (second["status"], second["model"]) == ("succeeded", first["fine_tuned_model"])
    assert second["fine_tuned_model"] == f"{first['fine_tuned_model']}-2"
    shown = (await trainer.send("GET", f"/v1/models/{second['fine_tuned_model']}")).json()
    assert (shown["root"], shown["parent"]) == ("wp-llm-13b", first["fine_tuned_model"])


async def test_a_file_that_is_deleted_while_its_training_begins_leaves_no_training(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    files = trainer.world.resources.files
    trainer.before("PutItem", b'"ft_', lambda: files.mark_deleted(trainer.account_id, file_id))

    response = await trainer.train(file_id)

    assert response.status_code == 404
    assert (await trainer.send("GET", "/v1/fine-tune")).json()["data"] == []
    assert [Decimal(one) for one in await trainer.world.funds(trainer.account_id)] == [10, 10, 0]
