"""POST /v1/webhooks/{webhook_id}/test."""

import hashlib
import hmac
from typing import Any

import pytest

from tests.mail import Office
from tests.upstream import Upstream, raw_reply


async def _try(office: Office, webhook: dict[str, Any], **rest: Any) -> Any:
    return await office.send("POST", f"/v1/webhooks/{webhook['id']}/test", **rest)


async def test_an_event_is_sent_once_and_signed_like_a_real_one(office: Office) -> None:
    async with Upstream(raw_reply("", status=204)) as receiver:
        webhook = await office.webhook(receiver.url)
        response = await _try(office, webhook, json={"type": "usage.warning", "data": {"quota_used": 8e6}})

    (request,) = receiver.requests
    body = response.json()
    assert (response.status_code, isinstance(body.pop("duration_ms"), int)) == (200, True)
    assert body == {
        "object": "webhook_test",
        "id": request.json["id"],
        "delivered": True,
        "status_code": 204,
        "error": None,
    }
    assert request.body.endswith(b'"type":"usage.warning","data":{"quota_used":8000000}}')
    expected = hmac.new(webhook["secret"].encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-wp-llm-signature"] == expected
    assert office.mail.waiting == []


@pytest.mark.parametrize("rest", [{}, {"json": {}}, {"json": {"type": None, "data": None}}])
async def test_without_a_word_it_is_the_first_event_that_the_webhook_is_for(office: Office, rest: Any) -> None:
    async with Upstream(raw_reply("")) as receiver:
        webhook = await office.webhook(receiver.url, "block.generated", "analysis.completed")
        assert (await _try(office, webhook, **rest)).json()["delivered"] is True

    assert (receiver.requests[0].json["type"], receiver.requests[0].json["data"]) == ("block.generated", {})


@pytest.mark.parametrize("status", [302, 404, 410, 500])
async def test_what_the_receiver_says_is_told_and_changes_nothing(office: Office, status: int) -> None:
    async with Upstream(raw_reply("", status=status)) as receiver:
        webhook = await office.webhook(receiver.url)
        body = (await _try(office, webhook)).json()

    assert (body["delivered"], body["status_code"], body["error"]) == (False, status, None)
    assert len(receiver.requests) == 1
    assert await office.status(webhook) == "active"
    assert await office.deliveries(webhook) == []


async def test_a_receiver_that_is_not_there_is_told(office: Office) -> None:
    async with Upstream(raw_reply("")) as receiver:
        url = receiver.url
    body = (await _try(office, await office.webhook(url))).json()

    assert (body["delivered"], body["status_code"]) == (False, None)
    assert body["error"] == "'url' cannot be reached: its server cannot be reached."


async def test_a_webhook_can_be_tried_before_it_is_switched_on(office: Office) -> None:
    async with Upstream(raw_reply("")) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.send("PATCH", f"/v1/webhooks/{webhook['id']}", json={"status": "disabled"})

        assert (await _try(office, webhook)).json()["delivered"] is True


@pytest.mark.parametrize(
    ("body", "field"), [({"type": "no.event"}, "type"), ({"data": "text"}, "data"), ({"data": []}, "data")]
)
async def test_what_is_no_event_is_refused(office: Office, body: Any, field: str) -> None:
    async with Upstream(raw_reply("")) as receiver:
        response = await _try(office, await office.webhook(receiver.url), json=body)

    assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, field)
    assert receiver.requests == []
