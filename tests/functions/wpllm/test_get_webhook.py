"""GET /v1/webhooks/{webhook_id}."""

import pytest

from tests.functions.conftest import Site

_BODY = {"url": "https://ci.example.org/", "events": ["analysis.completed"]}


@pytest.mark.parametrize("description", ["CI", None])
async def test_a_webhook_is_shown_with_its_description_and_without_its_secret(
    site: Site, description: str | None
) -> None:
    made = (await site.send("POST", "/v1/webhooks", json={**_BODY, "description": description})).json()

    response = await site.send("GET", f"/v1/webhooks/{made['id']}")

    del made["secret"]
    assert response.json() == {**made, "description": description}


@pytest.mark.parametrize(
    "webhook_id", ["webhook_unknown0000", "webhook_", "nothing", "webhook_%2F", "webhook_0123456799"]
)
async def test_a_webhook_that_there_is_not_is_told(site: Site, webhook_id: str) -> None:
    response = await site.send("GET", f"/v1/webhooks/{webhook_id}")

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (404, "resource_error", "webhook_not_found")
    assert error["details"] == {"id": webhook_id.replace("%2F", "/")}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("POST", ""),
        ("DELETE", ""),
        ("POST", "/test"),
        ("POST", "/secret"),
        ("GET", "/deliveries"),
        ("POST", "/deliveries/evt_01M7YPA1B2C3D4E5F6G7H8J9K0/replay"),
    ],
)
async def test_a_webhook_of_another_account_does_not_exist(site: Site, method: str, path: str) -> None:
    other = await site.world.key(await site.world.account())
    theirs = (await site.send("POST", "/v1/webhooks", json=_BODY, key=other)).json()
    body = {"description": "mine"} if method in {"PATCH", "POST"} else None

    response = await site.send(method, f"/v1/webhooks/{theirs['id']}{path}", json=body)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "webhook_not_found")
    shown = await site.send("GET", f"/v1/webhooks/{theirs['id']}", key=other)
    assert (shown.status_code, shown.json()["description"]) == (200, None)


async def test_an_id_that_only_ends_like_a_webhooks_is_another_one(site: Site) -> None:
    made = (await site.send("POST", "/v1/webhooks", json=_BODY)).json()

    response = await site.send("GET", f"/v1/webhooks/webhook_{'0' * 26}{made['id'][-2:]}")

    assert response.status_code == 404
