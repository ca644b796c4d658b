"""DELETE /v1/files/{file_id}."""

import asyncio

import pytest

from tests.functions.wpllm.training import Trainer, a_trainer


async def test_a_deleted_file_is_gone_with_its_content(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    file = await trainer.world.resources.files.get(trainer.account_id, file_id)
    assert file is not None

    response = await trainer.send("DELETE", f"/v1/files/{file_id}")

    assert response.json() == {"id": file_id, "object": "file", "deleted": True}
    assert await trainer.world.resources.bucket.get(file.key) is None
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        assert (await trainer.send(method, f"/v1/files/{file_id}{path}")).status_code == 404


async def test_a_file_of_another_account_stays(trainer: Trainer) -> None:
    owner = await a_trainer(trainer.world)
    file_id = await owner.a_file()

    response = await trainer.send("DELETE", f"/v1/files/{file_id}")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "file_not_found")
    assert (await owner.send("GET", f"/v1/files/{file_id}")).status_code == 200


@pytest.mark.parametrize("field", ["training_file", "validation_file"])
async def test_a_file_stays_while_a_job_uses_it_and_goes_afterwards(trainer: Trainer, field: str) -> None:
    job = (await trainer.train(validation_file=await trainer.a_file())).json()

    refused = await trainer.send("DELETE", f"/v1/files/{job[field]}")
    await trainer.finish(job["id"])
    gone = await trainer.send("DELETE", f"/v1/files/{job[field]}")

    error = refused.json()["error"]
    assert (refused.status_code, error["type"], error["code"]) == (409, "resource_error", "invalid_state")
    assert error["details"]["used_by"] == [job["id"]]
    assert gone.status_code == 200


async def test_a_file_of_two_jobs_goes_after_both(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    one, other = await trainer.a_job(file_id=file_id), await trainer.a_job(file_id=file_id)

    await trainer.send("POST", f"/v1/fine-tune/{one}/cancel")
    refused = await trainer.send("DELETE", f"/v1/files/{file_id}")
    await trainer.send("POST", f"/v1/fine-tune/{other}/cancel")
    gone = await trainer.send("DELETE", f"/v1/files/{file_id}")

    assert refused.json()["error"]["details"]["used_by"] == [other]
    assert gone.status_code == 200


async def test_a_deletion_and_a_training_at_once_never_both_succeed(trainer: Trainer) -> None:
    for _ in range(8):
        file_id = await trainer.a_file()

        deleted, begun = await asyncio.gather(trainer.send("DELETE", f"/v1/files/{file_id}"), trainer.train(file_id))

        assert (deleted.status_code, begun.status_code) in {(200, 404), (409, 202)}


async def test_what_was_not_deleted_in_the_bucket_is_deleted_by_the_sweeper(trainer: Trainer) -> None:
    files, bucket = trainer.world.resources.files, trainer.world.resources.bucket
    file = await files.mark_deleted(trainer.account_id, await trainer.a_file())
    assert file is not None
    assert await bucket.get(file.key)

    await trainer.work()

    assert await bucket.get(file.key) is None
    assert await files.get_deleted(trainer.account_id, file.id) is None
