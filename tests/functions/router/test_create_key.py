"""POST /keys."""

import re
from typing import Any

import pytest

from tests.functions.conftest import Site


async def test_a_new_key_is_shown_once_and_works_at_once(site: Site) -> None:
    response = await site.send("POST", "/keys", json={"name": "  production  "})

    made = response.json()
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"tg-[0-9A-Za-z]{43}", made["key"])
    assert made["hint"] == f"{made['key'][:7]}…{made['key'][-4:]}"
    assert (made["name"], made["scopes"], made["models"], made["status"]) == ("production", ["inference"], None, 1)
    assert (made["usage"], made["last_used_at"], made["limit"]) == (0, None, None)
    assert (await site.chat(made["key"])).status_code == 200
    assert "key" not in (await site.send("GET", f"/keys/{made['id']}")).json()


async def test_everything_that_a_key_can_be_given_is_kept(site: Site) -> None:
    body = {
        "name": "team",
        "models": ["openai/gpt-4o", "sandbox/*"],
        "scopes": ["inference", "keys:read"],
        "limit": 25.5,
        "limit_reset": "monthly",
        "limits": {"requests_per_minute": 60},
        "expires_at": "2099-01-31T01:00:00+01:00",
    }

    made = (await site.send("POST", "/keys", json=body)).json()

    limits = {"requests_per_minute": 60, "tokens_per_minute": None, "concurrent_requests": None}
    expected = body | {"expires_at": "2099-01-31T00:00:00Z", "limits": limits}
    assert {name: made[name] for name in body} == expected


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 400, "invalid_request", "name"),
        ({"name": "ab"}, 400, "invalid_request", "name"),
        ({"name": " ab "}, 400, "invalid_request", "name"),
        ({"name": "x" * 101}, 400, "invalid_request", "name"),
        ({"name": "team", "colour": "red"}, 400, "invalid_request", "colour"),
        ({"name": "team", "scopes": ["everything"]}, 400, "invalid_request", "scopes[0]"),
        ({"name": "team", "scopes": []}, 400, "invalid_request", "scopes"),
        ({"name": "team", "scopes": ["inference", "operate"]}, 403, "insufficient_scope", "scopes[1]"),
        ({"name": "team", "models": ["sandbox/chat", "openai/gpt-9"]}, 422, "unknown_model_in_scope", "models[1]"),
        ({"name": "team", "models": ["nobody/*"]}, 422, "unknown_model_in_scope", "models[0]"),
        ({"name": "team", "limit": -1}, 400, "invalid_request", "limit"),
        ({"name": "team", "limit": "5"}, 400, "invalid_request", "limit"),
        ({"name": "team", "limit_reset": "hourly"}, 400, "invalid_request", "limit_reset"),
        ({"name": "team", "limits": {"requests_per_minute": 0}}, 400, "invalid_request", "limits.requests_per_minute"),
        ({"name": "team", "expires_at": "2020-01-01T00:00:00Z"}, 400, "invalid_request", "expires_at"),
        ({"name": "team", "expires_at": "tomorrow"}, 400, "invalid_request", "expires_at"),
        ({"name": "team", "expires_at": "2099-01-01T00:00:00"}, 400, "invalid_request", "expires_at"),
        ({"name": "team", "account_id": "acct_nobody"}, 403, "insufficient_scope", "account_id"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused_by_field(
    site: Site, body: dict[str, Any], status: int, code: str, param: str
) -> None:
    response = await site.send("POST", "/keys", json=body)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)


async def test_keys_are_not_gated_by_the_balance(site: Site) -> None:
    empty = await site.world.key(await site.world.account(balance_usd=None))

    made = await site.send("POST", "/keys", key=empty, json={"name": "team"})
    listed = await site.send("GET", "/keys", key=empty)

    assert (made.status_code, listed.status_code) == (201, 200)
