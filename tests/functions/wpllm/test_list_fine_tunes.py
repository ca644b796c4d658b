"""GET /v1/fine-tune."""

from tests.functions.wpllm.training import Trainer, a_trainer


async def test_the_newest_comes_first_and_pages_meet(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    made = [await trainer.a_job(file_id=file_id) for _ in range(3)]
    await trainer.finish(made[0])

    first = (await trainer.send("GET", "/v1/fine-tune?limit=2")).json()
    second = (await trainer.send("GET", f"/v1/fine-tune?limit=2&after={first['data'][-1]['id']}")).json()

    found = [[job["id"] for job in page["data"]] for page in (first, second)]
    assert found == [[made[2], made[1]], [made[0]]]
    assert (first["object"], first["has_more"], second["has_more"]) == ("list", True, False)


async def test_jobs_of_another_account_are_nobodys_business(trainer: Trainer) -> None:
    await trainer.a_job()
    stranger = await a_trainer(trainer.world)

    assert (await stranger.send("GET", "/v1/fine-tune")).json() == {"object": "list", "data": [], "has_more": False}
