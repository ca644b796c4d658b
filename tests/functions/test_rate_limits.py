"""Rate limits of keys and accounts, as their clients meet them."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from msgspec import structs

from tests.builders import NOW, a_body
from tests.conftest import World, WorldMaker
from tests.functions.conftest import Site
from tests.upstream import a_completion, json_reply
from tollgate.resources import Resources
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.template import Template


class _Clock:
    """The time of a gateway, as a test wants it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        return self.now


@pytest.fixture
async def at(site: Site, template: Template) -> Any:
    """The same site at a time that does not pass by itself."""
    clock = _Clock()
    resources = structs.replace(site.world.resources, now=clock)
    transport = httpx2.ASGITransport(app=LocalGateway(template, resources), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield replace(site, world=World(resources, client)), clock


def _told(response: httpx2.Response) -> tuple[int, str]:
    error = response.json()["error"]
    return response.status_code, error["metadata"].get("limit_source", error["code"])


def _left(response: httpx2.Response, what: str) -> tuple[str | None, ...]:
    return tuple(response.headers.get(f"x-ratelimit-{name}-{what}") for name in ("limit", "remaining", "reset"))


async def test_a_key_makes_as_many_requests_in_a_minute_as_it_may(at: Any) -> None:
    site, clock = at
    key = await site.world.key(site.account_id, limits={"requests_per_minute": 2})

    answers = [await site.chat(key) for _ in range(3)]
    clock.now = clock.now.replace(second=53)
    refused = await site.chat(key)
    clock.now = clock.now.replace(minute=1, second=0)
    later = await site.chat(key)

    assert [one.status_code for one in (*answers, refused, later)] == [200, 200, 429, 429, 200]
    error = refused.json()["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert error["message"] == "Rate limit reached: 2 requests per minute. Retry after 7 seconds."
    assert (error["metadata"]["limit_source"], error["metadata"]["retry_after"]) == ("key", 7)
    assert (refused.headers["retry-after"], refused.headers["x-should-retry"]) == ("7", "true")
    assert [_left(one, "requests") for one in (answers[0], answers[1], refused)] == [
        ("2", "1", "1m0s"),
        ("2", "0", "1m0s"),
        ("2", "0", "7s"),
    ]
    assert len(site.upstream.requests) == 3


async def test_the_limit_of_an_account_is_shared_by_its_keys(at: Any) -> None:
    site, _ = at
    account = await site.world.account(limits={"requests_per_minute": 3})
    keys = [await site.world.key(account) for _ in range(2)]

    answers = [await site.chat(keys[number % 2]) for number in range(4)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert _told(answers[-1]) == (429, "account")
    assert _left(answers[1], "requests") == ("3", "1", "1m0s")


async def test_an_account_that_is_given_a_limit_has_it_from_the_next_request_on(at: Any) -> None:
    site, _ = at
    for _ in range(3):
        assert _left(await site.chat(), "requests") == (None, None, None)

    operator = await site.world.key(site.account_id, "operate")
    path = f"/accounts/{site.account_id}"
    await site.send("PATCH", path, key=operator, json={"limits": {"requests_per_minute": 2}})
    limited = [(await site.chat()).status_code for _ in range(4)]
    await site.send("PATCH", path, key=operator, json={"limits": None})

    # What came before is counted or not; what comes after always is.
    assert limited in ([200, 429, 429, 429], [200, 200, 429, 429])
    assert (await site.chat()).status_code == 200


async def test_the_tokens_of_calls_are_counted_when_they_are_settled(at: Any) -> None:
    site, clock = at
    usage = {"prompt_tokens": 40, "completion_tokens": 60, "total_tokens": 100}
    site.upstream.replies = [json_reply(a_completion(usage=usage)) for _ in range(9)]
    key = await site.world.key(site.account_id, limits={"tokens_per_minute": 150})

    answers = [await site.chat(key) for _ in range(3)]
    clock.now = clock.now.replace(minute=1)
    later = await site.chat(key)

    assert [one.status_code for one in (*answers, later)] == [200, 200, 429, 200]
    assert answers[2].json()["error"]["message"].startswith("Rate limit reached: 150 tokens per minute.")
    assert int(answers[1].headers["x-ratelimit-remaining-tokens"]) in range(40, 50)
    assert int(later.headers["x-ratelimit-remaining-tokens"]) in range(140, 150)


async def test_a_call_that_came_to_nothing_gives_its_tokens_back(at: Any) -> None:
    site, _ = at
    key = await site.world.key(site.account_id, limits={"tokens_per_minute": 1000})
    site.upstream.replies = [json_reply({"error": {"message": "busy"}}, 503), json_reply(a_completion())]
    long = [{"role": "user", "content": "x" * 2000}]

    failed = await site.chat(key, messages=long)
    answered = await site.chat(key)

    assert failed.status_code == 503
    assert int(failed.headers["x-ratelimit-remaining-tokens"]) < 510
    assert int(answered.headers["x-ratelimit-remaining-tokens"]) > 990


@pytest.mark.parametrize("source", ["key", "account"])
async def test_as_many_calls_are_in_progress_as_may_be_and_each_that_ends_makes_room(at: Any, source: str) -> None:
    site, _ = at
    limits = {"limits": {"concurrent_requests": 1}}
    account = await site.world.account(**(limits if source == "account" else {}))
    key = await site.world.key(account, **(limits if source == "key" else {}))
    has_begun, goes_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        has_begun.set()
        await goes_on.wait()

    busy = json_reply({"error": {"message": "busy"}}, 503)
    site.upstream.replies = [replace(json_reply(a_completion()), before=wait), busy, json_reply(a_completion())]
    running = asyncio.create_task(site.chat(key))
    await has_begun.wait()

    refused = await site.chat(key)
    goes_on.set()
    statuses = [(await running).status_code, *[(await site.chat(key)).status_code for _ in range(2)]]

    assert _told(refused) == (429, source)
    assert refused.headers["retry-after"] == "1"
    assert statuses == [200, 503, 200]


async def test_a_used_up_limit_is_told_before_an_empty_balance_and_before_a_bad_body(at: Any) -> None:
    site, _ = at
    account = await site.world.account(balance_usd=1, limits={"requests_per_minute": 1})
    key = await site.world.key(account)
    await site.chat(key)
    await site.world.credit(account, -5, "taken", "adjustment")

    good, bad = await site.chat(key), await site.chat(key, messages=[])

    assert (_told(good), _told(bad)) == ((429, "account"), (429, "account"))


async def test_a_missing_capability_is_told_before_a_used_up_limit(at: Any) -> None:
    site, _ = at
    account = await site.world.account(limits={"requests_per_minute": 1})
    await site.chat(await site.world.key(account))

    assert (await site.chat(await site.world.key(account, "read"))).status_code == 403


async def test_a_call_without_limits_makes_two_round_trips_before_its_provider_is_asked(
    make_world: WorldMaker, site: Site
) -> None:
    asked: list[str] = []
    resources: Resources = site.world.resources
    resources.http.event_hooks["request"].append(_noting(asked))
    await site.chat()
    del asked[:]

    await site.chat()

    before = asked[: asked.index("POST /v1/chat/completions")]
    assert before == ["GetItem", "UpdateItem"], "the key, and the reservation"
    assert asked[len(before) + 1 :] == ["UpdateItem", "PutItem", "UpdateItem"], "settled, written, off the outbox"


def _noting(asked: list[str]) -> Any:
    async def note(request: httpx2.Request) -> None:
        target = request.headers.get("x-amz-target", "")
        asked.append(target.partition(".")[2] or f"{request.method} {request.url.path}")

    return note


async def test_a_request_that_is_answered_again_counts_for_nothing(at: Any) -> None:
    site, _ = at
    key = await site.world.key(site.account_id, limits={"requests_per_minute": 1})
    headers = {"idempotency-key": "once"}

    answers = [await site.send("POST", "/v1/chat/completions", key=key, headers=headers, json=a_body()) for _ in "123"]

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert (await site.chat(key)).status_code == 429


async def test_requests_that_call_no_model_are_limited_too_and_counted_apart(at: Any) -> None:
    site, clock = at
    key = await site.world.key(site.account_id, limits={"requests_per_minute": 2})
    asks = [("GET", "/balance", None), ("POST", "/keys", {"name": "team"}), ("GET", "/v1/models", None)]

    answers = [await site.send(method, path, key=key, json=body) for method, path, body in asks]
    model_call = await site.chat(key)
    clock.now = clock.now.replace(minute=1)
    later = await site.send("GET", "/balance", key=key)

    assert [one.status_code for one in answers] == [200, 201, 429]
    assert [_left(one, "requests")[:2] for one in (*answers, later)] == [("2", "1"), ("2", "0"), ("2", "0"), ("2", "1")]
    assert _told(answers[2]) == (429, "key")
    assert (model_call.status_code, later.status_code) == (200, 200)


async def test_of_such_requests_too_a_missing_capability_is_told_before_a_used_up_limit(at: Any) -> None:
    site, _ = at
    key = await site.world.key(site.account_id, "inference", limits={"requests_per_minute": 1})

    statuses = [(await site.send("POST", "/keys", key=key, json={})).status_code for _ in range(2)]

    assert statuses == [403, 403]


async def test_asking_how_the_gateway_is_counts_for_nothing(at: Any) -> None:
    site, _ = at
    key = await site.world.key(site.account_id, limits={"requests_per_minute": 1})

    statuses = [(await site.send("GET", "/v1/health", key=key)).status_code for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert (await site.send("GET", "/balance", key=key)).status_code == 200


async def test_a_key_without_limits_is_not_counted(site: Site) -> None:
    asked: list[str] = []
    await site.send("GET", "/balance")
    site.world.resources.http.event_hooks["request"].append(_noting(asked))

    await site.send("GET", "/balance")

    assert asked == ["GetItem", "GetItem"], "the key, and the account"
