"""PATCH and POST /v1/webhooks/{webhook_id}."""

from typing import Any

import pytest

from tests.functions.conftest import Site

_BODY = {"url": "https://ci.example.org/", "events": ["analysis.completed"], "description": "CI"}


async def _made(site: Site) -> dict[str, Any]:
    made: dict[str, Any] = (await site.send("POST", "/v1/webhooks", json=_BODY)).json()
    del made["secret"]
    return {**made, "description": "CI"}


@pytest.mark.parametrize("method", ["PATCH", "POST"])
@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://other.example.org:8443/x"},
        {"events": ["generation.failed", "usage.warning"]},
        {"description": "Build"},
        {"description": None},
        {"status": "disabled"},
        {"url": "https://a.example.org/", "events": ["block.generated"], "description": "", "status": "active"},
        {},
        {"id": "webhook_other", "secret": "sixteen-letters-x", "created_at": 1},
    ],
)
async def test_what_is_named_changes_and_the_rest_stays(site: Site, method: str, changes: dict[str, Any]) -> None:
    before = await _made(site)
    known = {name: value for name, value in changes.items() if name in {"url", "events", "description", "status"}}

    response = await site.send(method, f"/v1/webhooks/{before['id']}", json=changes)

    assert (response.status_code, response.json()) == (200, {**before, **known})
    assert (await site.send("GET", f"/v1/webhooks/{before['id']}")).json() == {**before, **known}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": None}, "url"),
        ({"url": "http://other.example.org/"}, "url"),
        ({"url": "https://169.254.169.254/"}, "url"),
        ({"events": []}, "events"),
        ({"events": None}, "events"),
        ({"events": ["no.event"]}, "events.0"),
        ({"description": "x" * 256}, "description"),
        ({"status": "deleted"}, "status"),
        ({"status": None}, "status"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(site: Site, changes: dict[str, Any], field: str) -> None:
    before = await _made(site)

    response = await site.send("PATCH", f"/v1/webhooks/{before['id']}", json={"description": "new", **changes})

    assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, field)
    assert (await site.send("GET", f"/v1/webhooks/{before['id']}")).json() == before


async def test_a_webhook_that_there_is_not_is_told(site: Site) -> None:
    for body in ({"description": "new"}, {}):
        response = await site.send("PATCH", "/v1/webhooks/webhook_unknown0000", json=body)

        assert (response.status_code, response.json()["error"]["code"]) == (404, "webhook_not_found")
