"""POST /v1/webhooks."""

import asyncio
import re
from typing import Any

import httpx2
import pytest

from tests.conftest import World
from tests.functions.conftest import Site
from tests.mail import Office
from tollgate.contracts.events import EVENT_TYPES

_URL = "https://ci.example.org/hooks/wpllm"


async def _create(site: Site | Office, **changes: Any) -> httpx2.Response:
    headers = changes.pop("headers", {})
    body = {"url": _URL, "events": ["generation.completed", "analysis.completed"], **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    return await site.send("POST", "/v1/webhooks", json=body, headers=headers)


async def test_a_webhook_is_made_and_its_secret_shown_once(site: Site) -> None:
    response = await _create(site, description="CI")

    body = response.json()
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"webhook_[A-Za-z0-9]{9,32}", body.pop("id"))
    assert re.fullmatch(r"whsec_[A-Za-z0-9]{32}", body.pop("secret"))
    assert isinstance(body.pop("created_at"), int)
    assert body == {
        "object": "webhook",
        "url": _URL,
        "events": ["generation.completed", "analysis.completed"],
        "status": "active",
    }


async def test_a_secret_can_be_given(site: Site) -> None:
    assert (await _create(site, secret="whsec_contract_vector_01")).json()["secret"] == "whsec_contract_vector_01"


async def test_two_secrets_are_never_the_same(site: Site) -> None:
    assert (await _create(site)).json()["secret"] != (await _create(site)).json()["secret"]


async def test_every_event_can_be_wanted_at_once(site: Site) -> None:
    assert (await _create(site, events=list(EVENT_TYPES))).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": ...}, "url"),
        ({"url": None}, "url"),
        ({"url": 5}, "url"),
        ({"url": "https://ci.example.org/" + "x" * 2_048}, "url"),
        ({"events": ...}, "events"),
        ({"events": []}, "events"),
        ({"events": "analysis.completed"}, "events"),
        ({"events": ["analysis.completed", "analysis.begun"]}, "events.1"),
        ({"events": ["analysis.completed"] * 2}, "events"),
        ({"description": "x" * 256}, "description"),
        ({"secret": "too short"}, "secret"),
        ({"secret": "x" * 257}, "secret"),
        ({"secret": "sixteen letters ü"}, "secret"),
        ({"secret": "sixteen letters\n"}, "secret"),
    ],
)
async def test_what_is_wrong_is_named(site: Site, changes: dict[str, Any], field: str) -> None:
    response = await _create(site, **changes)

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (400, "validation_error", "invalid_parameters")
    assert error["details"]["field"] == field


async def test_a_secret_that_is_refused_is_not_repeated(site: Site) -> None:
    secret = "not printable: \x07 but secret"

    response = await _create(site, secret=secret)

    assert response.status_code == 400
    assert "but secret" not in response.text


@pytest.mark.parametrize(
    "url",
    [
        "http://ci.example.org/",
        "ftp://ci.example.org/",
        "ci.example.org",
        "https://",
        "https://user:word@ci.example.org/",
        "https://ci.example.org:22/",
        "https://ci.example.org:80/",
        "https://ci.example.org:1023/",
        "https://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://１２７.０.０.１/",  # noqa: RUF001 - digits of another width
        "https://0x7f000001/",
        "https://10.0.0.8:8443/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00:ec2::254]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://api.localhost:8443/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://intranet/",
        "https://gateway/v1/webhooks",
    ],
)
async def test_an_address_that_nothing_may_be_sent_to_is_refused(site: Site, url: str) -> None:
    response = await _create(site, url=url)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid_parameters", "url")
    assert error["details"]["field"] == "url"


@pytest.mark.parametrize(
    "url", ["https://ci.example.org:443/", "https://ci.example.org:8443/a?b=c", "https://8.8.8.8/"]
)
async def test_an_address_of_the_internet_is_taken_as_it_is(site: Site, url: str) -> None:
    assert (await _create(site, url=url)).json()["url"] == url


async def test_the_gateway_itself_is_no_receiver(site: Site) -> None:
    response = await _create(site, url="https://api.example.org/v1/x", headers={"host": "API.example.org"})

    assert (response.status_code, response.json()["error"]["param"]) == (400, "url")


async def test_on_loopback_where_that_is_allowed(office: Office) -> None:
    assert (await _create(office, url="http://127.0.0.1:8790/hooks")).status_code == 201
    assert (await _create(office, url="http://localhost:8790/hooks")).status_code == 201
    assert (await _create(office, url="http://10.0.0.1:8790/hooks")).status_code == 400
    assert (await _create(office, url="http://169.254.169.254/")).status_code == 400


async def test_sixteen_fit_into_an_account_however_many_come_at_once(site: Site) -> None:
    responses = await asyncio.gather(*(_create(site) for _ in range(20)))

    assert sorted(response.status_code for response in responses) == [201] * 16 + [400] * 4
    listed = (await site.send("GET", "/v1/webhooks")).json()["data"]
    assert {one["id"] for one in listed} == {one.json()["id"] for one in responses if one.status_code == 201}
    assert "Delete one first" in (await _create(site)).json()["error"]["message"]


async def test_a_place_is_free_again_when_its_webhook_is_deleted(site: Site) -> None:
    made = [(await _create(site)).json()["id"] for _ in range(16)]

    await site.send("DELETE", f"/v1/webhooks/{made[3]}")

    assert (await _create(site)).status_code == 201


async def test_a_secret_is_kept_for_nobody_who_repeats_the_request(site: Site) -> None:
    headers = {"idempotency-key": "once"}

    first, again = await _create(site, headers=headers), await _create(site, headers=headers)

    assert (first.status_code, again.status_code) == (201, 409)
    assert first.json()["secret"] not in again.text


async def test_an_account_without_money_has_webhooks_too(world: World) -> None:
    key = await world.key(await world.account(balance_usd=None))

    response = await world.client.post(
        "/v1/webhooks",
        json={"url": _URL, "events": ["analysis.completed"]},
        headers={"authorization": f"Bearer {key}"},
    )

    assert response.status_code == 201
