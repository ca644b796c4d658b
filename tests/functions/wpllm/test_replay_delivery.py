"""POST /v1/webhooks/{webhook_id}/deliveries/{event_id}/replay."""

from typing import Any

import pytest

from tests.builders import NOW
from tests.mail import Office, bodies
from tests.upstream import Upstream, raw_reply

_OK = raw_reply("")
_DOWN = raw_reply("", status=503)


async def _replay(office: Office, webhook: dict[str, Any], event_id: str) -> Any:
    return await office.send("POST", f"/v1/webhooks/{webhook['id']}/deliveries/{event_id}/replay")


async def test_an_event_that_was_given_up_is_sent_again_in_the_same_bytes(office: Office) -> None:
    async with Upstream(*[_DOWN] * 7, _OK) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish(score=9.5)
        await office.work_off()
        (failed,) = await office.deliveries(webhook)
        response = await _replay(office, webhook, failed["id"])
        await office.work_off()

    assert failed["status"] == "failed"
    now = int(office.mail.at.timestamp())
    assert response.status_code == 202
    assert response.json() == {**failed, "status": "pending", "next_attempt_at": now}
    (delivered,) = await office.deliveries(webhook)
    assert (delivered["status"], [one["attempt"] for one in delivered["attempts"]]) == ("delivered", list(range(1, 9)))
    assert (len(receiver.requests), len(bodies(receiver.requests))) == (8, 1)


async def test_it_is_tried_seven_times_again(office: Office) -> None:
    async with Upstream(_OK, _DOWN) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish()
        await office.work_off()
        await _replay(office, webhook, (await office.deliveries(webhook))[0]["id"])
        await office.work_off()

    assert len(receiver.requests) == 8
    (delivery,) = await office.deliveries(webhook)
    assert delivery["status"] == "failed"
    assert office.mail.at.timestamp() - NOW.timestamp() >= 86_400 * 0.9


async def test_one_that_is_still_being_tried_is_tried_now_and_no_more_often(office: Office) -> None:
    async with Upstream(_DOWN, _DOWN, _OK) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish()
        await office.work_off(until_s=1)
        (pending,) = await office.deliveries(webhook)
        response = await _replay(office, webhook, pending["id"])
        await office.work_off(until_s=1)
        assert len(receiver.requests) == 2
        await office.work_off()

    assert response.json()["status"] == "pending"
    assert len(receiver.requests) == 3
    assert (await office.deliveries(webhook))[0]["status"] == "delivered"


async def test_the_log_of_attempts_is_bounded(office: Office) -> None:
    async with Upstream(_OK) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish()
        await office.work_off()
        event_id = receiver.requests[0].json["id"]
        for _ in range(22):
            await _replay(office, webhook, event_id)
            await office.work_off()

    (delivery,) = await office.deliveries(webhook)
    assert [one["attempt"] for one in delivery["attempts"]] == list(range(4, 24))


async def test_nothing_is_sent_to_a_webhook_that_is_switched_off(office: Office) -> None:
    async with Upstream(raw_reply("", status=410)) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish()
        await office.work_off()
        response = await _replay(office, webhook, receiver.requests[0].json["id"])
        await office.work_off()

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["details"]) == (409, "invalid_state", {"status": "disabled"})
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("event_id", ["evt_01M7YPA1B2C3D4E5F6G7H8J9K0", "nothing", "%7C", "x" * 2_000])
async def test_a_delivery_that_there_is_not_is_told(office: Office, event_id: str) -> None:
    webhook = await office.webhook("https://ci.example.org/")

    response = await _replay(office, webhook, event_id)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
