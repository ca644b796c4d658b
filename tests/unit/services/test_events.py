"""An event is queued once and for all, or logged without what it was about."""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import boto3
import httpx2
import pytest

from tests.builders import NOW, a_call
from tollgate.contracts.events import EVENT_TYPES
from tollgate.errors import BadRequest, GateBusy, NotFound, TooLarge
from tollgate.resources import Resources
from tollgate.services.events import announced, publish
from tollgate.settings import Settings
from tollgate_cli.local.state import CREDENTIALS, REGION, MotoServer

_SECRET = "what nobody else may read"


@pytest.fixture
async def resources(environment: dict[str, str]) -> AsyncIterator[Resources]:
    """Resources over moto."""
    made = Resources.from_environment(environment)
    yield made
    await made.close()


@pytest.fixture
def queue(moto: MotoServer, environment: dict[str, str]) -> Iterator[Any]:
    """The queue, as whoever reads it finds it."""
    names = {name.lower(): value for name, value in CREDENTIALS.items()}
    client = boto3.client("sqs", endpoint_url=moto.url, region_name=REGION, **names)

    def messages() -> list[Any]:
        answer = client.receive_message(QueueUrl=environment["EVENTS_QUEUE"], MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", ())]

    yield messages
    client.close()


async def test_an_event_is_queued_with_the_bytes_that_it_will_always_have(frozen: Resources, queue: Any) -> None:
    await publish(frozen, "acct_1", "analysis.completed", {"score": 9.0, "text": "Grüße\ufffe"})

    event_id = f"evt_{1:026d}"
    created = int(NOW.timestamp())
    body = (
        f'{{"id":"{event_id}","object":"event","created":{created},"type":"analysis.completed",'
        '"data":{"score":9,"text":"Grüße\ufffe"}}'
    )
    assert queue() == [{"event": {"account_id": "acct_1", "id": event_id, "type": "analysis.completed", "body": body}}]


@pytest.mark.parametrize("text", ["x" * 70_000, "\u2028" * 20_000])
async def test_a_large_event_goes_through_the_bucket(frozen: Resources, queue: Any, text: str) -> None:
    await publish(frozen, "acct_1", "generation.completed", {"completion": text})

    (message,) = queue()
    key = f"events/acct_1/evt_{1:026d}.json"
    assert message["event"]["body_key"] == key
    assert "body" not in message["event"]
    kept = await frozen.bucket.get(key)
    assert kept is not None
    assert json.loads(kept)["data"] == {"completion": text}


async def test_an_event_that_there_is_not_is_refused(frozen: Resources) -> None:
    with pytest.raises(ValueError, match=r"no event 'analysis\.begun'"):
        await publish(frozen, "acct_1", "analysis.begun", {})


async def test_there_are_fourteen_events() -> None:
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES)) == 14


class _Failing:
    """A queue that fails so often before it answers."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.sent: list[Any] = []

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(json.loads(request.content))
        if len(self.sent) <= self.failures:
            return httpx2.Response(500, json={"__type": "InternalError"})
        return httpx2.Response(200, json={"MessageId": "1"})


def _over(queue: _Failing, http: httpx2.AsyncClient) -> Resources:
    environment = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
    return Resources(settings=Settings(events_queue="https://queue/events", environment=environment), http=http)


@pytest.mark.parametrize("failures", [1, 4])
async def test_a_queue_that_fails_is_asked_again(failures: int) -> None:
    queue = _Failing(failures)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(queue.answer)) as http:
        await publish(_over(queue, http), "acct_1", "analysis.completed", {})

    assert len(queue.sent) == failures + 1
    assert len({sent["MessageBody"] for sent in queue.sent}) == 1


async def test_an_event_that_cannot_be_queued_is_logged_without_its_data(caplog: pytest.LogCaptureFixture) -> None:
    queue = _Failing(100)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(queue.answer)) as http:
        with caplog.at_level(logging.ERROR):
            await publish(_over(queue, http), "acct_1", "analysis.completed", {"code": _SECRET})

    (record,) = caplog.records
    assert (record.message, record.__dict__["account_id"]) == ("event_not_published", "acct_1")
    assert _SECRET not in caplog.text


async def test_what_succeeds_is_told_of_after_the_answer(frozen: Resources, queue: Any) -> None:
    call = a_call()
    async with announced("analysis", {"id": "a_1", "object": "code_analysis"}, call, frozen) as content:
        content["score"] = 10.0

    assert queue() == []
    for work in call.later:
        await work()
    (message,) = queue()
    assert message["event"]["type"] == "analysis.completed"
    assert json.loads(message["event"]["body"])["data"] == {"id": "a_1", "object": "code_analysis", "score": 10}


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (GateBusy("Try again."), {"code": GateBusy.code, "message": "Try again."}),
        (RuntimeError(_SECRET), {"code": "internal_error", "message": "An internal error occurred."}),
    ],
)
async def test_what_fails_is_told_of_without_what_only_we_may_know(
    frozen: Resources, queue: Any, failure: Exception, told: dict[str, str]
) -> None:
    call = a_call()
    with pytest.raises(type(failure)):
        async with announced("analysis", {"id": "a_1", "object": "code_analysis"}, call, frozen):
            raise failure

    for work in call.later:
        await work()
    (message,) = queue()
    assert message["event"]["type"] == "analysis.failed"
    assert json.loads(message["event"]["body"])["data"] == {"id": "a_1", "object": "code_analysis", "error": told}


@pytest.mark.parametrize("refusal", [BadRequest("no"), NotFound("no"), TooLarge("no")])
async def test_a_request_that_is_refused_is_no_event(frozen: Resources, refusal: Exception) -> None:
    call = a_call()
    with pytest.raises(type(refusal)):
        async with announced("analysis", {"id": "a_1", "object": "code_analysis"}, call, frozen):
            raise refusal

    assert call.later == []
