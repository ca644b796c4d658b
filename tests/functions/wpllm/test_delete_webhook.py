"""DELETE /v1/webhooks/{webhook_id}."""

from tests.functions.conftest import Site


async def test_a_webhook_is_deleted_once(site: Site) -> None:
    body = {"url": "https://ci.example.org/", "events": ["analysis.completed"]}
    made = (await site.send("POST", "/v1/webhooks", json=body)).json()

    deleted = await site.send("DELETE", f"/v1/webhooks/{made['id']}")
    again = await site.send("DELETE", f"/v1/webhooks/{made['id']}")

    assert (deleted.status_code, deleted.json()) == (200, {"id": made["id"], "object": "webhook", "deleted": True})
    assert (again.status_code, again.json()["error"]["code"]) == (404, "webhook_not_found")
    assert (await site.send("GET", "/v1/webhooks")).json()["data"] == []


async def test_an_id_of_another_kind_is_unknown(site: Site) -> None:
    assert (await site.send("DELETE", "/v1/webhooks/file_0123456789")).status_code == 404
