"""GET /v1/files."""

from tests.functions.wpllm.training import Trainer, a_trainer


async def test_the_newest_comes_first_and_pages_meet(trainer: Trainer) -> None:
    made = [await trainer.a_file(b"{}") for _ in range(5)]

    first = (await trainer.send("GET", "/v1/files?limit=2")).json()
    second = (await trainer.send("GET", f"/v1/files?limit=2&after={first['data'][-1]['id']}")).json()
    last = (await trainer.send("GET", f"/v1/files?limit=2&after={second['data'][-1]['id']}")).json()

    found = [[file["id"] for file in page["data"]] for page in (first, second, last)]
    assert found == [[made[4], made[3]], [made[2], made[1]], [made[0]]]
    assert [page["has_more"] for page in (first, second, last)] == [True, True, False]
    assert first["object"] == "list"


async def test_a_purpose_is_looked_for_beyond_files_of_another(trainer: Trainer) -> None:
    job_id = await trainer.a_job()
    job = await trainer.finish(job_id)

    results = (await trainer.send("GET", "/v1/files?purpose=fine-tune-results&limit=1")).json()
    own = (await trainer.send("GET", "/v1/files?purpose=fine-tune")).json()

    assert [file["id"] for file in results["data"]] == job["result_files"]
    assert (results["has_more"], [file["id"] for file in own["data"]]) == (False, [job["training_file"]])


async def test_files_of_another_account_are_nobodys_business(trainer: Trainer) -> None:
    await trainer.a_file()
    stranger = await a_trainer(trainer.world)

    assert (await stranger.send("GET", "/v1/files")).json() == {"object": "list", "data": [], "has_more": False}


async def test_uploads_that_are_not_finished_and_deleted_files_are_not_listed(trainer: Trainer) -> None:
    body = {"filename": "a.jsonl", "purpose": "fine-tune", "bytes": 5}
    await trainer.send("POST", "/v1/files/uploads", json=body)
    await trainer.send("DELETE", f"/v1/files/{await trainer.a_file()}")

    assert (await trainer.send("GET", "/v1/files")).json()["data"] == []


async def test_a_page_has_from_one_to_a_hundred(trainer: Trainer) -> None:
    statuses = [(await trainer.send("GET", f"/v1/files?limit={limit}")).status_code for limit in (0, 1, 100, 101)]

    assert statuses == [400, 200, 200, 400]
