"""Training by OpenAI, over a loopback server that speaks its API."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import NOW, a_model
from tests.conftest import World, WorldMaker
from tests.functions.wpllm.training import Trainer, a_trainer, some_examples
from tests.tuning_double import CSV, TUNED, TuningDouble
from tests.upstream import Upstream, json_reply
from tests.wire import read
from tollgate.contracts.tuning import TuningRequest
from tollgate.errors import ConnectFailed, NotFound, ProviderAuthFailed, ProviderRateLimited
from tollgate.providers.connection import Connection
from tollgate.providers.openai_tuning import OpenAITuning, csv_in, to_wire
from tollgate.providers.registry import PROVIDERS
from tollgate.resources import Resources

MODEL = "openai/gpt-4.1-mini"


async def _no_examples() -> AsyncIterator[bytes]:
    yield b'{"messages":[]}\n'


def _request(**changes: Any) -> TuningRequest:
    request = TuningRequest("ft_1", a_model(), _no_examples, None, 3, 1, 0.1, 100)
    return request._replace(**changes)


@dataclass(frozen=True)
class Training:
    """A trainer whose provider is the double."""

    trainer: Trainer
    openai: TuningDouble
    upstream: Upstream


@pytest.fixture
async def training(make_world: WorldMaker) -> AsyncIterator[Training]:
    double = TuningDouble()
    async with Upstream(answer=double) as upstream:
        world: World = await make_world(OPENAI_BASE_URL=upstream.url + "/v1", OPENAI_API_KEY="sk-operator")
        yield Training(await a_trainer(world), double, upstream)


def _adapter(upstream_url: str, resources: Resources, *keys: str) -> OpenAITuning:
    given = list(keys or ("sk-operator",))

    async def credential(fresh: bool) -> str:
        return given.pop(0) if len(given) > 1 else given[0]

    environment = {"OPENAI_BASE_URL": upstream_url + "/v1", "OPENAI_ORG_ID": "org-operator"}
    return OpenAITuning(
        Connection(PROVIDERS["openai"], http=resources.http, environment=environment, credential=credential)
    )


def test_what_is_sent_has_plain_numbers_and_our_own_id() -> None:
    body = to_wire(_request(n_epochs=2), "file-1", "file-2")

    assert body == {
        "model": "gpt-4o",
        "training_file": "file-1",
        "validation_file": "file-2",
        "method": {
            "type": "supervised",
            "supervised": {
                "hyperparameters": {"n_epochs": 2, "batch_size": 1, "learning_rate_multiplier": 0.1},
            },
        },
        "metadata": {"tollgate_job": "ft_1"},
    }


def test_a_model_is_trained_under_the_name_that_it_has_there() -> None:
    model = replace(a_model(), flags={"tuning_model": "gpt-4o-2024-08-06"})

    assert to_wire(_request(model=model), "file-1", None)["model"] == "gpt-4o-2024-08-06"


@pytest.mark.parametrize(
    ("content", "table"),
    [(b"c3RlcCx0cmFpbl9sb3NzCjEsMS45CjIsMC43Cg==", CSV), (CSV, CSV), (b"step\n1\n", b"step\n1\n")],
)
def test_results_are_read_in_base64_and_as_they_are(content: bytes, table: bytes) -> None:
    assert csv_in(content) == table


async def test_a_training_goes_its_whole_way(training: Training) -> None:
    trainer, openai = training.trainer, training.openai
    job_id = await trainer.a_job(model=MODEL, validation_file=await trainer.a_file(some_examples(10, words="films")))

    await trainer.work()
    openai.status = "running"
    await trainer.work()
    running = await trainer.job(job_id)
    openai.status, openai.trained_tokens = "succeeded", 777
    await trainer.work()

    done = await trainer.job(job_id)
    (first, second) = [[json.loads(line) for line in content.splitlines()] for _, content in openai.files]
    assert (len(first), len(second)) == (12, 10)
    assert first[0] == {
        "messages": [
            {"role": "user", "content": "Register a book post type 0"},
            {"role": "assistant", "content": "<?php // done"},
        ]
    }
    (sent,) = openai.jobs
    assert (sent["model"], sent["metadata"]) == ("gpt-4.1-mini-2025-04-14", {"tollgate_job": job_id})
    # Half of its steps are done.
    assert (running["status"], running["trained_tokens"]) == ("running", done_tokens(openai) // 2)
    assert (done["status"], done["trained_tokens"]) == ("succeeded", 777)
    assert (await trainer.send("GET", f"/v1/files/{done['result_files'][0]}/content")).content == CSV
    await trainer.chat(done["fine_tuned_model"])
    assert training.upstream.requests[-1].json["model"] == TUNED
    assert {charge.amount_usd for charge in await trainer.charges()} >= {-777 * Decimal("0.000005")}


def done_tokens(openai: TuningDouble) -> int:
    """What three passes over the training file have, as we count them."""
    lines = [json.loads(line)["messages"] for line in openai.files[0][1].splitlines()]
    return 3 * sum(-(-len(message["content"].encode()) // 4) for line in lines for message in line)


async def test_events_of_the_provider_are_listed_with_ours(training: Training) -> None:
    job_id = await training.trainer.a_job(model=MODEL)
    await training.trainer.work()
    training.openai.status = "running"
    for _ in range(2):
        await training.trainer.work()

    events = (await training.trainer.send("GET", f"/v1/fine-tune/{job_id}/events")).json()["data"]

    steps = [event for event in events if event["type"] == "metrics"]
    assert [event["data"]["step"] for event in steps] == [18]
    assert sum(event["message"] == "Fine-tuning job started" for event in events) == 1


async def test_a_failure_there_is_told_in_its_words_and_charged_as_far_as_it_came(training: Training) -> None:
    job_id = await training.trainer.a_job(model=MODEL)
    await training.trainer.work()
    training.openai.status = "failed"
    training.openai.error = {"code": "exceeded_quota", "message": "Out of steps.", "param": None}
    await training.trainer.work()

    job = await training.trainer.job(job_id)
    assert (job["status"], job["error"]["code"]) == ("failed", "exceeded_quota")
    assert job["error"]["message"] == "Out of steps."
    assert job["trained_tokens"] == done_tokens(training.openai) // 2
    assert len(await training.trainer.charges()) == 1


async def test_a_cancelled_job_is_cancelled_there_and_charged_as_far_as_it_came(training: Training) -> None:
    job_id = await training.trainer.a_job(model=MODEL)
    await training.trainer.work()
    training.openai.status = "running"

    await training.trainer.send("POST", f"/v1/fine-tune/{job_id}/cancel")
    await training.trainer.work()

    assert training.openai.status == "cancelled"
    (charge,) = await training.trainer.charges()
    assert charge.usage == {"trained_tokens": done_tokens(training.openai) // 2}


async def test_a_job_that_succeeded_there_after_it_was_cancelled_here_stays_cancelled(training: Training) -> None:
    job_id = await training.trainer.a_job(model=MODEL)
    await training.trainer.work()
    await training.trainer.send("POST", f"/v1/fine-tune/{job_id}/cancel")
    training.openai.status, training.openai.trained_tokens = "succeeded", 500

    await training.trainer.work()

    job = await training.trainer.job(job_id)
    assert (job["status"], job["trained_tokens"], job["fine_tuned_model"]) == ("cancelled", 500, None)
    assert await training.trainer.tuned_models() == []
    (charge,) = await training.trainer.charges()
    assert charge.usage == {"trained_tokens": 500}


async def test_a_job_that_was_begun_and_not_noted_is_found_again(training: Training) -> None:
    trainer = training.trainer
    job_id = await trainer.a_job(model=MODEL)
    job = await trainer.world.resources.fine_tunes.get(trainer.account_id, job_id)
    assert job is not None
    await trainer.world.resources.fine_tunes.change(job, {"was_begun": True})
    training.openai.jobs.append({"metadata": {"tollgate_job": job_id}})

    await trainer.work()

    assert (await trainer.job(job_id))["status"] == "queued"
    assert (len(training.openai.jobs), training.openai.files) == (1, [])


async def test_what_openai_does_not_train_fails_the_job(training: Training) -> None:
    training.openai.cannot = {"/fine_tuning/jobs": json_reply(read("openai", "fine_tuning", "not_trained.json"), 400)}
    job_id = await training.trainer.a_job(model=MODEL)

    await training.trainer.work()

    job = await training.trainer.job(job_id)
    assert (job["status"], await training.trainer.charges()) == ("failed", [])


async def test_a_job_that_openai_does_not_know_any_more_has_failed(training: Training) -> None:
    job_id = await training.trainer.a_job(model=MODEL)
    await training.trainer.work()
    unknown = json_reply(read("openai", "fine_tuning", "unknown.json"), 404)
    training.openai.cannot = {"ftjob-ar5tR0bmDc7rJ3pk": unknown, "/cancel": unknown}

    await training.trainer.work()

    job = await training.trainer.job(job_id)
    assert (job["status"], job["error"]["code"]) == ("failed", "job_lost")


async def test_a_job_that_takes_more_than_a_week_is_ended_there_and_here(training: Training) -> None:
    job_id = await training.trainer.a_job(model=MODEL)
    await training.trainer.work()
    training.openai.status = "running"

    await training.trainer.work(ahead_s=7 * 86_400 + 60)

    job = await training.trainer.job(job_id)
    assert (job["status"], job["error"]["code"]) == ("failed", "timed_out")
    assert training.openai.status == "cancelled"


async def test_a_fresh_key_is_used_when_the_old_one_is_refused(training: Training) -> None:
    adapter = _adapter(training.upstream.url, training.trainer.world.resources, "sk-old", "sk-new")
    refused = json_reply({"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}, 401)
    training.openai.failures = [refused]

    tuning = await adapter.follow("ftjob-1", now=NOW)

    assert tuning.status == "queued"
    assert training.openai.keys[:2] == ["sk-old", "sk-new"]


@pytest.mark.parametrize(("status", "error"), [(401, ProviderAuthFailed), (404, NotFound), (429, ProviderRateLimited)])
async def test_a_refusal_is_one_of_ours(training: Training, status: int, error: type[Exception]) -> None:
    adapter = _adapter(training.upstream.url, training.trainer.world.resources)
    refused = json_reply({"error": {"message": "no", "code": None}}, status, retry_after_ms="1")
    training.openai.failures = [refused] * 5

    with pytest.raises(error):
        await adapter.follow("ftjob-1", now=NOW)


async def test_a_server_that_is_not_there_is_told_so(training: Training) -> None:
    adapter = _adapter("http://127.0.0.1:9", training.trainer.world.resources)

    with pytest.raises(ConnectFailed):
        await adapter.find("ft_1")
