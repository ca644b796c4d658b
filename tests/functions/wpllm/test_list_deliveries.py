"""GET /v1/webhooks/{webhook_id}/deliveries."""

import pytest

from tests.builders import NOW
from tests.mail import Office
from tests.upstream import Upstream, raw_reply


async def test_each_event_is_listed_with_its_attempts(office: Office) -> None:
    async with Upstream(raw_reply("", status=500), raw_reply("")) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish()
        await office.work_off()

    response = await office.send("GET", f"/v1/webhooks/{webhook['id']}/deliveries")

    (delivery,) = response.json()["data"]
    first, second = delivery["attempts"]
    assert {name: value for name, value in delivery.items() if name != "attempts"} == {
        "id": receiver.requests[0].json["id"],
        "object": "webhook_delivery",
        "webhook_id": webhook["id"],
        "type": "analysis.completed",
        "status": "delivered",
        "next_attempt_at": None,
        "created_at": int(NOW.timestamp()),
    }
    assert (first["attempt"], first["at"], first["status_code"], first["error"]) == (1, NOW.timestamp(), 500, None)
    assert (second["attempt"], second["status_code"]) == (2, 200)
    assert 27 <= second["at"] - first["at"] <= 34


async def test_what_an_event_is_about_is_not_listed(office: Office) -> None:
    async with Upstream(raw_reply("")) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.publish(code="<?php secret();")
        await office.work_off()

    response = await office.send("GET", f"/v1/webhooks/{webhook['id']}/deliveries")

    assert "secret" not in response.text


async def test_deliveries_come_newest_first_and_page_by_page(office: Office) -> None:
    async with Upstream(raw_reply("")) as receiver:
        webhook = await office.webhook(receiver.url)
        await office.webhook(f"{receiver.url}/other")
        for _ in range(5):
            await office.publish()
        await office.work_off()
    path = f"/v1/webhooks/{webhook['id']}/deliveries"
    everything = [one["id"] for one in await office.deliveries(webhook)]

    pages, after = [], ""
    for _ in range(3):
        page = (await office.send("GET", f"{path}?limit=2{after}")).json()
        pages.append(([one["id"] for one in page["data"]], page["has_more"]))
        after = f"&after={page['data'][-1]['id']}"

    assert everything == sorted(everything, reverse=True)
    assert pages == [(everything[:2], True), (everything[2:4], True), (everything[4:], False)]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", f"after={'x' * 2_000}"])
async def test_a_query_that_is_no_page_is_refused(office: Office, query: str) -> None:
    webhook = await office.webhook("https://ci.example.org/")

    response = await office.send("GET", f"/v1/webhooks/{webhook['id']}/deliveries?{query}")

    assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, query.partition("=")[0])
