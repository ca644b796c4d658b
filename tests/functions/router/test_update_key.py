"""PATCH /keys/{id}."""

from typing import Any

import pytest

from tests.functions.conftest import Site


async def _spare(site: Site) -> dict[str, Any]:
    body = {"name": "spare", "limit": 5, "limit_reset": "daily", "models": ["sandbox/*"]}
    made: dict[str, Any] = (await site.send("POST", "/keys", json=body)).json()
    return made


async def test_only_what_is_named_changes_and_null_clears(site: Site) -> None:
    made = await _spare(site)

    changed = (await site.send("PATCH", f"/keys/{made['id']}", json={"name": "renamed", "limit": None})).json()

    assert changed == {
        **{name: value for name, value in made.items() if name != "key"},
        "name": "renamed",
        "limit": None,
        "updated_at": changed["updated_at"],
    }


async def test_a_disabled_key_stops_and_an_enabled_one_works_again(site: Site) -> None:
    made = await _spare(site)
    outcomes = []

    for status in (0, 1):
        await site.send("PATCH", f"/keys/{made['id']}", json={"status": status})
        outcomes.append((await site.chat(made["key"], model="sandbox/chat")).status_code)

    assert outcomes == [401, 200]


async def test_a_narrower_scope_holds_from_the_next_request(site: Site) -> None:
    made = await _spare(site)
    assert (await site.chat(made["key"], model="sandbox/chat")).status_code == 200

    await site.send("PATCH", f"/keys/{made['id']}", json={"models": ["openai/gpt-4o"]})

    response = await site.chat(made["key"], model="sandbox/chat")
    assert (response.status_code, response.json()["error"]["code"]) == (403, "model_not_allowed")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_request"),
        ({"colour": "red"}, 400, "invalid_request"),
        ({"scopes": ["operate"]}, 400, "invalid_request"),
        ({"name": None}, 400, "invalid_request"),
        ({"name": "ab"}, 400, "invalid_request"),
        ({"status": 2}, 400, "invalid_request"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "invalid_request"),
        ({"models": ["openai/gpt-9"]}, 422, "unknown_model_in_scope"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(site: Site, body: Any, status: int, code: str) -> None:
    made = await _spare(site)

    response = await site.send("PATCH", f"/keys/{made['id']}", json=body)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_an_unknown_key_is_not_found(site: Site) -> None:
    response = await site.send("PATCH", "/keys/key_nobody", json={"name": "renamed"})

    assert (response.status_code, response.json()["error"]["code"]) == (404, "key_not_found")
