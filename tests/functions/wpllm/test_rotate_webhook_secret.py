"""POST /v1/webhooks/{webhook_id}/secret; what it means for signatures is in tests/functions/workers."""

import re
from typing import Any

import pytest

from tests.builders import NOW
from tests.mail import Office

_URL = "https://ci.example.org/"


async def _rotate(office: Office, webhook: dict[str, Any], **rest: Any) -> Any:
    return await office.send("POST", f"/v1/webhooks/{webhook['id']}/secret", **rest)


@pytest.mark.parametrize(
    ("rest", "until"),
    [
        ({}, int(NOW.timestamp()) + 86_400),
        ({"json": {"overlap_seconds": 60}}, int(NOW.timestamp()) + 60),
        ({"json": {"overlap_seconds": 0}}, None),
    ],
)
async def test_a_new_secret_is_shown_once_and_the_old_one_ends(office: Office, rest: Any, until: int | None) -> None:
    webhook = await office.webhook(_URL)

    response = await _rotate(office, webhook, **rest)

    body = response.json()
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert re.fullmatch(r"whsec_[A-Za-z0-9]{32}", body["secret"])
    assert body["secret"] != webhook["secret"]
    assert body == {**webhook, "secret": body["secret"], "old_secret_expires_at": until}
    assert "secret" not in (await office.send("GET", f"/v1/webhooks/{webhook['id']}")).text


async def test_the_new_secret_can_be_given(office: Office) -> None:
    body = (await _rotate(office, await office.webhook(_URL), json={"secret": "sixteen letters!"})).json()

    assert body["secret"] == "sixteen letters!"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"secret": "short"}, "secret"),
        ({"overlap_seconds": -1}, "overlap_seconds"),
        ({"overlap_seconds": 604_801}, "overlap_seconds"),
        ({"overlap_seconds": "60"}, "overlap_seconds"),
        ({"overlap_seconds": True}, "overlap_seconds"),
    ],
)
async def test_what_is_wrong_is_named(office: Office, body: Any, field: str) -> None:
    response = await _rotate(office, await office.webhook(_URL), json=body)

    assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, field)


async def test_a_secret_is_kept_for_nobody_who_repeats_the_request(office: Office) -> None:
    webhook, headers = await office.webhook(_URL), {"idempotency-key": "once"}

    first, again = await _rotate(office, webhook, headers=headers), await _rotate(office, webhook, headers=headers)

    assert (first.status_code, again.status_code) == (200, 409)
