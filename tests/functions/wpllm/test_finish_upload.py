"""POST /v1/files/{file_id}/complete."""

import httpx2

from tests.functions.wpllm.training import Trainer, a_trainer, some_examples


async def _start(trainer: Trainer, size: int) -> dict[str, str]:
    body = {"filename": "large.jsonl", "purpose": "fine-tune", "bytes": size}
    started: dict[str, str] = (await trainer.send("POST", "/v1/files/uploads", json=body)).json()
    return started


async def _put(url: str, content: bytes) -> None:
    async with httpx2.AsyncClient(trust_env=False) as anybody:
        (await anybody.put(url, content=content)).raise_for_status()


async def test_what_was_sent_is_a_file_like_any_other(trainer: Trainer) -> None:
    content = some_examples(5_000)
    file_id = await trainer.a_large_file(content)

    await trainer.work()

    file = (await trainer.send("GET", f"/v1/files/{file_id}")).json()
    assert (file["bytes"], file["status"], file["filename"]) == (len(content), "processed", "large.jsonl")
    assert file["dataset"]["examples"] == 5_000
    assert (await trainer.finish(await trainer.a_job(file_id=file_id)))["status"] == "succeeded"


async def test_finishing_twice_answers_the_same_file(trainer: Trainer) -> None:
    file_id = await trainer.a_large_file(b"{}")

    again = await trainer.send("POST", f"/v1/files/{file_id}/complete")

    assert (again.status_code, again.json()["id"]) == (200, file_id)
    assert len((await trainer.send("GET", "/v1/files")).json()["data"]) == 1


async def test_nothing_can_be_finished_before_all_of_it_arrived(trainer: Trainer) -> None:
    started = await _start(trainer, 10)

    before = await trainer.send("POST", f"/v1/files/{started['id']}/complete")
    await _put(started["url"], b"short")
    short = await trainer.send("POST", f"/v1/files/{started['id']}/complete")
    await _put(started["url"], b"0123456789")
    whole = await trainer.send("POST", f"/v1/files/{started['id']}/complete")

    assert [before.status_code, short.status_code, whole.status_code] == [409, 409, 200]
    assert short.json()["error"]["details"] == {"status": "uploading", "bytes": 10, "received_bytes": 5}


async def test_who_still_has_the_address_cannot_change_the_file(trainer: Trainer) -> None:
    started = await _start(trainer, 3)
    await _put(started["url"], b"one")
    await trainer.send("POST", f"/v1/files/{started['id']}/complete")

    await _put(started["url"], b"two")

    assert (await trainer.send("GET", f"/v1/files/{started['id']}/content")).content == b"one"


async def test_an_upload_of_another_account_and_one_that_never_began_are_404(trainer: Trainer) -> None:
    stranger = await a_trainer(trainer.world)
    started = await _start(stranger, 2)
    await _put(started["url"], b"{}")

    for file_id in (started["id"], "file_nothing"):
        response = await trainer.send("POST", f"/v1/files/{file_id}/complete")
        assert (response.status_code, response.json()["error"]["code"]) == (404, "file_not_found")
