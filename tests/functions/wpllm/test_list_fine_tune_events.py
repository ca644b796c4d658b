"""GET /v1/fine-tune/{job_id}/events."""

from tests.functions.wpllm.training import Trainer, a_trainer


async def test_what_happened_is_told_newest_first_and_once(trainer: Trainer) -> None:
    job_id = await trainer.a_job()
    for ahead_s in (0, 2, 1, 60, 60):
        await trainer.work(ahead_s=ahead_s)

    events = (await trainer.send("GET", f"/v1/fine-tune/{job_id}/events")).json()["data"]

    steps = [event["data"]["step"] for event in events if event["type"] == "metrics"]
    words = [event["message"] for event in events if event["type"] == "message"]
    assert steps == list(range(12, 0, -1))
    assert words[0] == "The job has succeeded."
    assert set(words) == {
        "The job has succeeded.",
        "The training has begun.",
        "The files are in order, and the job is queued.",
        "The job was created.",
    }
    assert len(words) == 4
    assert [event["created_at"] for event in events] == sorted((event["created_at"] for event in events), reverse=True)
    first = next(event for event in events if event["type"] == "metrics")
    assert (first["object"], first["level"]) == ("fine_tuning.job.event", "info")
    assert first["data"] == {"step": 12, "total_steps": 12, "train_loss": 0.1538}


async def test_pages_meet(trainer: Trainer) -> None:
    job_id = await trainer.a_job()
    for ahead_s in (0, 60):
        await trainer.work(ahead_s=ahead_s)
    path = f"/v1/fine-tune/{job_id}/events"
    whole = (await trainer.send("GET", path)).json()

    found: list[str] = []
    page = {"data": [], "has_more": True}
    while page["has_more"]:
        after = f"&after={found[-1]}" if found else ""
        page = (await trainer.send("GET", f"{path}?limit=4{after}")).json()
        found += [event["id"] for event in page["data"]]

    assert found == [event["id"] for event in whole["data"]]


async def test_why_a_job_failed_is_an_event_too(trainer: Trainer) -> None:
    job_id = await trainer.a_job(model="sandbox/cut")
    for ahead_s in (0, 60):
        await trainer.work(ahead_s=ahead_s)

    (last, *_) = (await trainer.send("GET", f"/v1/fine-tune/{job_id}/events")).json()["data"]

    assert (last["level"], last["message"]) == ("error", "The job has failed. The loss grew beyond all bounds.")


async def test_events_of_anothers_job_are_404(trainer: Trainer) -> None:
    theirs = await (await a_trainer(trainer.world)).a_job()

    response = await trainer.send("GET", f"/v1/fine-tune/{theirs}/events")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "fine_tune_not_found")
