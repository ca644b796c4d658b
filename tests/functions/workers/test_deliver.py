"""Events on their way to webhooks: signed, tried again, and not lost whoever dies on the way."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import NOW
from tests.mail import Office, bodies
from tests.upstream import Received, Reply, Upstream, raw_reply, silence
from tollgate.edge.worker import Queued
from tollgate.services.events import publish
from tollgate.services.jobs.deliver import deliver

_OK = raw_reply("", status=200)
_DOWN = raw_reply("", status=503)
_CALLS = 12
"""Calls of AWS's in which a large event is brought to a receiver that takes it at the second attempt."""
_OFFSETS_S = [0, 30, 120, 600, 3_600, 21_600, 86_400]


def _plain(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _standard(request: Received, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


async def test_an_event_arrives_signed_in_both_ways_in_bytes_that_javascript_would_write(office: Office) -> None:
    async with Upstream(_OK) as receiver:
        webhook = await office.webhook(f"{receiver.url}/hooks?from=tollgate")
        await office.publish(score=9.0, text="Grüße/✓")
        await office.work_off()
        host = f"127.0.0.1:{receiver.port}"

    (request,) = receiver.requests
    event_id = request.json["id"]
    assert (request.method, request.path) == ("POST", "/hooks?from=tollgate")
    assert request.body.decode() == (
        f'{{"id":"{event_id}","object":"event","created":{int(NOW.timestamp())},"type":"analysis.completed",'
        '"data":{"score":9,"text":"Grüße/✓"}}'
    )
    assert request.headers == {
        "host": host,
        "content-type": "application/json",
        "content-length": str(len(request.body)),
        "connection": "close",
        "user-agent": "Tollgate-Webhooks/1",
        "x-wp-llm-signature": _plain(request.body, webhook["secret"]),
        "x-wp-llm-event": "analysis.completed",
        "x-wp-llm-delivery": event_id,
        "x-wp-llm-attempt": "1",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": _standard(request, webhook["secret"]),
    }


async def test_a_receiver_that_is_down_is_tried_seven_times_with_the_same_bytes(office: Office) -> None:
    times: list[float] = []

    def answer(_request: Received) -> Reply:
        times.append(office.mail.at.timestamp() - NOW.timestamp())
        return _DOWN

    async with Upstream(answer=answer) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish(score=9.5)
        await office.work_off()

    assert len(bodies(receiver.requests)) == 1
    assert [request.headers["x-wp-llm-attempt"] for request in receiver.requests] == list("1234567")
    assert all(abs(at - offset) <= offset / 10 + 1 for at, offset in zip(times, _OFFSETS_S, strict=True))
    assert any(at != offset for at, offset in zip(times, _OFFSETS_S, strict=True))
    (delivery,) = await office.deliveries(webhook)
    assert (delivery["status"], delivery["next_attempt_at"]) == ("failed", None)
    assert [one["status_code"] for one in delivery["attempts"]] == [503] * 7
    assert [one["at"] - NOW.timestamp() for one in delivery["attempts"]] == [int(at) for at in times]
    assert await office.status(webhook) == "active"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_status_of_success_is_one(office: Office, status: int) -> None:
    async with Upstream(raw_reply("", status=status)) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish()
        await office.work_off()

    assert len(receiver.requests) == 1
    assert (await office.deliveries(webhook))[0]["status"] == "delivered"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500])
async def test_anything_else_is_tried_again_and_a_redirect_is_not_followed(office: Office, status: int) -> None:
    async with Upstream(Reply(status, {"location": "/elsewhere"}), _OK) as receiver:
        webhook = await office.webhook(f"{receiver.url}/here")
        await office.publish()
        await office.work_off()

    assert [request.path for request in receiver.requests] == ["/here", "/here"]
    (delivery,) = await office.deliveries(webhook)
    assert [one["status_code"] for one in delivery["attempts"]] == [status, 200]


async def test_why_there_is_no_status_is_told(office: Office) -> None:
    async def hang_up() -> None:
        raise ConnectionResetError

    async with Upstream(Reply(before=hang_up), _OK) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish()
        await office.work_off()

    (delivery,) = await office.deliveries(webhook)
    assert [(one["status_code"], one["error"]) for one in delivery["attempts"]] == [
        (None, "'url' cannot be reached: its server does not answer."),
        (200, None),
    ]


async def test_a_receiver_that_nobody_is_behind_gets_the_event_when_somebody_is(office: Office) -> None:
    async with Upstream(_OK) as receiver:
        url = receiver.url
    webhook = await office.webhook(url)
    await office.publish()
    await office.work_off(until_s=1)

    (delivery,) = await office.deliveries(webhook)
    assert delivery["status"] == "pending"
    assert delivery["attempts"][0]["error"] == "'url' cannot be reached: its server cannot be reached."
    assert 27 <= delivery["next_attempt_at"] - NOW.timestamp() <= 33


class TestWhoGetsIt:
    async def test_only_active_webhooks_of_the_account_that_name_the_event(self, office: Office) -> None:
        other = await office.world.key(await office.world.account())
        async with Upstream(_OK) as receiver:
            await office.webhook(f"{receiver.url}/wanted", "analysis.failed", "analysis.completed")
            await office.webhook(f"{receiver.url}/other-event", "analysis.failed")
            off = await office.webhook(f"{receiver.url}/off")
            await office.send("PATCH", f"/v1/webhooks/{off['id']}", json={"status": "disabled"})
            body = {"url": f"{receiver.url}/other-account", "events": ["analysis.completed"]}
            assert (await office.send("POST", "/v1/webhooks", key=other, json=body)).status_code == 201
            await office.publish()
            await office.work_off()

        assert [request.path for request in receiver.requests] == ["/wanted"]

    async def test_each_webhook_has_an_attempt_of_its_own(self, office: Office) -> None:
        async with Upstream(answer=lambda request: _DOWN if request.path == "/down" else _OK) as receiver:
            for path in ("/down", "/up"):
                await office.webhook(receiver.url + path)
            await office.publish()
            await office.work_off()

        paths = [request.path for request in receiver.requests]
        assert (paths.count("/up"), paths.count("/down")) == (1, 7)
        assert len(bodies(receiver.requests)) == 1

    async def test_a_receiver_that_says_nothing_keeps_nobody_waiting(self, office: Office) -> None:
        arrived = asyncio.Event()

        def answer(request: Received) -> Reply:
            if request.path == "/dead":
                return Reply(before=silence)
            arrived.set()
            return _OK

        async with Upstream(answer=answer) as receiver:
            for path in ("/dead", "/alive"):
                await office.webhook(receiver.url + path)
            await office.publish()
            await office.mail.deliver_next(office.resources)
            records = [{"messageId": str(number), "body": body} for _, number, body in office.mail.waiting]
            assert len(records) == 2
            working = asyncio.create_task(Queued(deliver).work({"Records": records}, office.resources))
            await asyncio.wait_for(arrived.wait(), 5)

            assert not working.done()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


class TestWebhooksThatAreSwitchedOff:
    async def test_one_that_is_gone_is_switched_off_at_once(self, office: Office) -> None:
        async with Upstream(raw_reply("", status=410)) as receiver:
            webhook = await office.webhook(receiver.url)
            await office.publish()
            await office.publish()
            await office.work_off()

        assert len(receiver.requests) == 1
        assert await office.status(webhook) == "disabled"
        assert [one["status"] for one in await office.deliveries(webhook)] == ["dropped", "failed"]

    @pytest.mark.parametrize(("events", "status"), [(4, "active"), (5, "disabled")])
    async def test_five_events_in_a_row_that_nobody_took_switch_it_off(
        self, office: Office, events: int, status: str
    ) -> None:
        async with Upstream(_DOWN) as receiver:
            webhook = await office.webhook(receiver.url)
            for _ in range(events):
                await office.publish()
            await office.work_off()

        assert await office.status(webhook) == status

    async def test_an_event_that_is_taken_ends_the_row(self, office: Office) -> None:
        def answer(request: Received) -> Reply:
            return _OK if request.json["data"].get("taken") else _DOWN

        async with Upstream(answer=answer) as receiver:
            webhook = await office.webhook(receiver.url)
            for taken in [False] * 4 + [True] + [False] * 4:
                await office.publish(taken=taken)
                await office.work_off()

        assert await office.status(webhook) == "active"

    async def test_one_that_is_switched_on_again_has_its_five_events_again(self, office: Office) -> None:
        async with Upstream(_DOWN) as receiver:
            webhook = await office.webhook(receiver.url)
            for _ in range(5):
                await office.publish()
            await office.work_off()
            await office.send("PATCH", f"/v1/webhooks/{webhook['id']}", json={"status": "active"})
            for _ in range(4):
                await office.publish()
            await office.work_off()

        assert await office.status(webhook) == "active"

    @pytest.mark.parametrize("end", ["delete", "disable"])
    async def test_what_was_to_be_tried_again_is_dropped(self, office: Office, end: str) -> None:
        async with Upstream(_DOWN) as receiver:
            webhook = await office.webhook(receiver.url)
            await office.publish()
            await office.work_off(until_s=60)
            path = f"/v1/webhooks/{webhook['id']}"
            await (
                office.send("DELETE", path)
                if end == "delete"
                else office.send("PATCH", path, json={"status": "disabled"})
            )
            await office.work_off()

        assert len(receiver.requests) == 2
        assert office.mail.waiting == []


class TestSecrets:
    async def test_while_they_overlap_the_plain_signature_is_the_old_ones_and_the_standard_one_both(
        self, office: Office
    ) -> None:
        async with Upstream(_OK) as receiver:
            old = await office.webhook(receiver.url)
            path = f"/v1/webhooks/{old['id']}/secret"
            new = (await office.send("POST", path, json={"overlap_seconds": 100})).json()
            await office.publish()
            await office.work_off()
            office.wait(100)
            await office.publish()
            await office.work_off()

        during, after = receiver.requests
        assert during.headers["x-wp-llm-signature"] == _plain(during.body, old["secret"])
        assert during.headers["webhook-signature"].split(" ") == [
            _standard(during, new["secret"]),
            _standard(during, old["secret"]),
        ]
        assert after.headers["x-wp-llm-signature"] == _plain(after.body, new["secret"])
        assert after.headers["webhook-signature"] == _standard(after, new["secret"])

    async def test_without_an_overlap_the_old_one_is_over_at_once(self, office: Office) -> None:
        async with Upstream(_OK) as receiver:
            old = await office.webhook(receiver.url)
            new = (await office.send("POST", f"/v1/webhooks/{old['id']}/secret", json={"overlap_seconds": 0})).json()
            await office.publish()
            await office.work_off()

        (request,) = receiver.requests
        assert request.headers["x-wp-llm-signature"] == _plain(request.body, new["secret"])
        assert request.headers["webhook-signature"] == _standard(request, new["secret"])


async def test_what_is_sent_goes_to_no_address_of_this_machine_unless_it_may(office: Office) -> None:
    async with Upstream(_OK) as receiver:
        webhook = await office.webhook(receiver.url.replace("http://", "https://"))
        await office.publish()
        strict = replace(office.resources, allows_loopback=False)
        while office.mail.waiting and office.mail.waiting[0][0] <= NOW.timestamp():
            await office.mail.deliver_next(strict)

    (delivery,) = await office.deliveries(webhook)
    assert receiver.connections == 0
    assert [one["error"] for one in delivery["attempts"]] == [
        "'url' cannot be reached: its host has no public address."
    ]


async def test_a_large_event_has_the_same_bytes_at_every_attempt(office: Office) -> None:
    async with Upstream(_DOWN, _DOWN, _OK) as receiver:
        await office.webhook(receiver.url)
        await office.publish(text="ü" * 300_000)
        await office.work_off()

    assert len(receiver.requests) == 3
    (body,) = bodies(receiver.requests)
    assert len(body) > 600_000


class TestWhoDies:
    """The worker is killed at each call of AWS's, once before it and once after it."""

    @staticmethod
    async def _run(office: Office, kill: Callable[[str], bool] | None, *replies: Reply) -> list[Received]:
        async with Upstream(*replies) as receiver:
            webhook = await office.webhook(receiver.url)
            await office.publish(text="x" * 20_000)
            office.mail.calls.clear()
            office.mail.kill = kill
            await office.work_off()
            office.mail.kill = None
            (delivery,) = await office.deliveries(webhook)
            assert delivery["status"] == "delivered", delivery
        assert len(bodies(receiver.requests)) == 1
        return receiver.requests

    async def test_without_a_death_there_are_as_many_calls_as_the_next_test_counts(self, office: Office) -> None:
        steps: list[str] = []

        def count(name: str) -> bool:
            steps.append(name)
            return False

        requests = await self._run(office, count, _DOWN, _OK)

        assert (len(requests), len(steps)) == (2, 2 * _CALLS)

    @pytest.mark.parametrize("step", range(2 * _CALLS))
    async def test_an_event_arrives_wherever_its_worker_dies(self, office: Office, step: int) -> None:
        steps: list[str] = []

        def kill(name: str) -> bool:
            steps.append(name)
            return len(steps) == step + 1

        requests = await self._run(office, kill, _DOWN, _OK)

        assert len(steps) > step
        assert 2 <= len(requests) <= 3

    async def test_an_event_arrives_although_every_other_worker_dies(self, office: Office) -> None:
        steps: list[str] = []

        def kill(name: str) -> bool:
            steps.append(name)
            return len(steps) % 9 == 0

        assert await self._run(office, kill, _OK)

    async def test_the_fifth_failure_counts_although_its_worker_dies_when_it_was_written_down(
        self, office: Office
    ) -> None:
        async with Upstream(_DOWN) as receiver:
            webhook = await office.webhook(receiver.url)
            for _ in range(4):
                await office.publish()
            await office.work_off()
            await office.publish()
            while len(receiver.requests) < 34:
                await office.mail.deliver_next(office.resources)
            writes: list[str] = []

            def kill(name: str) -> bool:
                if name == "after UpdateItem":
                    writes.append(name)
                # The first one is the claim, and the second what became of the attempt.
                return len(receiver.requests) == 35 and len(writes) >= 2

            office.mail.kill = kill
            while len(receiver.requests) < 35:
                await office.mail.deliver_next(office.resources)
            office.mail.kill = None
            assert await office.status(webhook) == "active"
            await office.work_off()

        assert len(receiver.requests) == 35
        assert await office.status(webhook) == "disabled"


async def test_a_message_that_comes_twice_at_once_is_one_attempt(office: Office) -> None:
    async with Upstream(_OK) as receiver:
        await office.webhook(receiver.url)
        await office.publish()
        await office.mail.deliver_next(office.resources)
        ((_, _, body),) = office.mail.waiting
        records = [{"messageId": str(number), "body": body} for number in range(8)]
        done = await Queued(deliver).work({"Records": records}, office.resources)
        await office.work_off()

    assert done == {"batchItemFailures": []}
    assert len(receiver.requests) == 1


async def test_only_messages_that_failed_come_again(office: Office) -> None:
    async with Upstream(_OK) as receiver:
        await office.webhook(receiver.url)
        await office.publish()
        ((_, _, body),) = office.mail.waiting
        records = [
            {"messageId": name, "body": text}
            for name, text in (("no-json", "{"), ("good", body), ("of-another-kind", json.dumps({"x": 1})))
        ]
        done = await Queued(deliver).work({"Records": records}, office.resources)
        await office.work_off()

    assert done == {"batchItemFailures": [{"itemIdentifier": "no-json"}, {"itemIdentifier": "of-another-kind"}]}
    assert len(receiver.requests) == 1


async def test_an_event_for_nobody_leaves_nothing_behind(office: Office) -> None:
    await office.publish()
    await office.work_off()

    assert office.mail.waiting == []
    assert "after PutItem" not in office.mail.calls[-4:]


async def test_a_wait_is_cut_into_pieces_that_the_queue_takes(office: Office) -> None:
    delays: list[Any] = []
    async with Upstream(_DOWN) as receiver:
        await office.webhook(receiver.url)
        await publish(office.resources, office.account_id, "analysis.completed", {})
        while office.mail.waiting:
            delays.append(office.mail.waiting[0][0])
            await office.mail.deliver_next(office.resources)

    assert max(later - earlier for earlier, later in pairwise(delays)) <= 900
    assert delays[-1] - delays[0] >= 86_400 * 0.9
