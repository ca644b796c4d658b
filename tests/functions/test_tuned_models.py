"""Models that an account has trained: in every call that names a model, for that account and nobody else."""

from typing import Any

import pytest

from tests.conftest import World
from tests.functions.wpllm.training import Trainer, a_trainer


@pytest.fixture
async def trainer(world: World) -> Trainer:
    return await a_trainer(world)


async def _tuned(trainer: Trainer, **changes: Any) -> str:
    job = await trainer.finish(await trainer.a_job(**changes))
    name: str = job["fine_tuned_model"]
    return name


async def test_it_is_listed_after_the_others_with_what_it_was_trained_from(trainer: Trainer) -> None:
    name = await _tuned(trainer)

    listed = (await trainer.send("GET", "/v1/models")).json()["data"]

    model = listed[-1]
    organization = trainer.account_id.replace("acct_", "org_")
    assert (model["id"], model["root"], model["parent"]) == (name, "wp-llm-13b", "wp-llm-13b")
    assert (model["owned_by"], model["permission"][0]["organization"]) == (organization, organization)
    base = next(one for one in listed if one["id"] == "wp-llm-13b")
    assert model["pricing"]["input"] == 2 * base["pricing"]["input"]
    assert (await trainer.send("GET", "/v1/models")).json()["data"][-1] == model


@pytest.mark.parametrize("form", [lambda name: name, lambda name: name.replace(":", "%3A")])
async def test_it_is_shown_by_its_id_however_the_colon_is_sent(trainer: Trainer, form: Any) -> None:
    name = await _tuned(trainer)

    response = await trainer.send("GET", f"/v1/models/{form(name)}")

    assert (response.status_code, response.json()["id"]) == (200, name)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}], "stream": True}),
        ("/v1/generate", {"prompt": "Hi"}),
        ("/v1/generate/stream", {"prompt": "Hi"}),
        ("/v1/analyze", {"code": "<?php echo 1;", "analysis_type": "security"}),
        ("/v1/analyze/batch", {"files": [{"name": "a.php", "content": "<?php"}], "analysis_type": "quality"}),
        ("/v1/blocks/analyze", {"block_code": "export {};", "analysis_type": "quality"}),
        ("/v1/blocks/generate", {"block_type": "price card"}),
        ("/v1/plugins/generate", {"plugin_name": "Book Shelf"}),
        ("/v1/themes/generate", {"theme_name": "Quiet Gallery"}),
        ("/v1/themes/analyze", {"theme_files": [{"name": "a.php", "content": "<?php"}], "analysis_type": "quality"}),
    ],
)
async def test_it_answers_every_kind_of_call(trainer: Trainer, path: str, body: Any) -> None:
    name = await _tuned(trainer)

    response = await trainer.send("POST", path, json={**body, "model": name})

    assert response.status_code == 200, response.text
    charge = (await trainer.charges())[0]
    assert charge.model == name


async def test_a_prompt_of_wordpress_can_name_it(trainer: Trainer) -> None:
    name = await _tuned(trainer, model="sandbox/chat")
    prompt = [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]
    body = {"messages": prompt, "providerId": "sandbox", "modelId": name}

    response = await trainer.send("POST", "/wp-ai/v1/generate", json=body)

    assert response.status_code == 200, response.text
    assert (await trainer.charges())[0].model == name


async def test_it_may_be_one_of_several_models_to_ask(trainer: Trainer) -> None:
    name = await _tuned(trainer)
    body = {"model": "sandbox/error-503", "models": [name], "messages": [{"role": "user", "content": "Hi"}]}

    response = await trainer.send("POST", "/v1/chat/completions", json=body)

    assert (response.status_code, response.json()["model"]) == (200, name)


async def test_to_everybody_else_there_is_no_such_model(trainer: Trainer) -> None:
    name = await _tuned(trainer)
    stranger = await a_trainer(trainer.world)

    for response in (
        await stranger.chat(name),
        await stranger.send("GET", f"/v1/models/{name}"),
        await stranger.send("POST", "/v1/generate", json={"model": name, "prompt": "Hi"}),
        await stranger.train(model=name),
    ):
        assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
    assert await stranger.tuned_models() == []


async def test_before_its_job_has_succeeded_it_is_no_model(trainer: Trainer) -> None:
    job_id = await trainer.a_job()
    await trainer.work()
    name = f"wp-llm-13b:ft-org-{trainer.account_id.removeprefix('acct_')}"

    response = await trainer.chat(name)
    await trainer.finish(job_id)

    assert response.status_code == 404
    assert (await trainer.chat(name)).status_code == 200


async def test_who_may_use_the_one_may_use_what_was_trained_from_it(trainer: Trainer) -> None:
    name = await _tuned(trainer)
    same = await trainer.world.key(trainer.account_id, "inference", models=["wp-llm-13b"])
    other = await trainer.world.key(trainer.account_id, "inference", models=["wp-llm-7b"])

    assert (await trainer.chat(name, key=same)).status_code == 200
    assert [model["id"] for model in await trainer.tuned_models(key=same)] == [name]
    assert (await trainer.chat(name, key=other)).json()["error"]["code"] == "model_not_allowed"
    assert await trainer.tuned_models(key=other) == []
