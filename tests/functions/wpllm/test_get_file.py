"""GET /v1/files/{file_id}."""

import json

import pytest

from tests.functions.wpllm.training import Trainer, a_trainer, some_examples


async def test_a_good_file_tells_what_training_with_it_would_cost(trainer: Trainer) -> None:
    file_id = await trainer.a_file(some_examples(12))
    await trainer.work()

    file = (await trainer.send("GET", f"/v1/files/{file_id}")).json()

    report = file["dataset"]
    assert (report["format"], report["examples"], report["problem_count"]) == ("prompt_completion", 12, 0)
    estimates = {one["model"]: one for one in report["estimates"]}
    tokens = report["tokens"] * 3
    assert estimates["wp-llm-13b"] == {
        "model": "wp-llm-13b",
        "n_epochs": 3,
        "tokens": tokens,
        "cost": pytest.approx(tokens * 0.000002),
    }
    assert "openai/gpt-4.1-mini" in estimates


async def test_an_estimate_is_given_for_models_that_the_key_may_use(trainer: Trainer) -> None:
    file_id = await trainer.a_file()
    await trainer.work()
    key = await trainer.world.key(trainer.account_id, models=["wp-llm-7b"])

    file = (await trainer.send("GET", f"/v1/files/{file_id}", key=key)).json()

    assert [one["model"] for one in file["dataset"]["estimates"]] == ["wp-llm-7b"]


async def test_each_bad_line_is_told_up_to_twenty(trainer: Trainer) -> None:
    lines = [json.dumps({"prompt": f"p{number}"}) for number in range(30)]
    file_id = await trainer.a_file("\n".join(lines).encode())
    await trainer.work()

    file = (await trainer.send("GET", f"/v1/files/{file_id}")).json()

    assert file["status"] == "error"
    assert file["status_details"].startswith("Line 1 has no 'completion'")
    assert file["status_details"].endswith("29 more lines are no example.")
    assert [problem["line"] for problem in file["dataset"]["problems"]] == list(range(1, 21))
    assert (file["dataset"]["problem_count"], file["dataset"]["estimates"]) == (30, [])


async def test_a_file_that_is_not_there_or_anothers_is_404(trainer: Trainer) -> None:
    theirs = await (await a_trainer(trainer.world)).a_file()

    for file_id in (theirs, "file_nothing", "ft_01M7ZNGKJ68GT8JXKBSG8X66JF", "upload#file_x"):
        response = await trainer.send("GET", f"/v1/files/{file_id.replace('#', '%23')}")
        error = response.json()["error"]
        assert (response.status_code, error["type"], error["code"]) == (404, "resource_error", "file_not_found")
        assert error["details"]["id"] == file_id
