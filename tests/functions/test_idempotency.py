"""A request that is repeated under one idempotency key runs once, and is answered as the first time."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from tests.asgi import Client, ask
from tests.builders import a_body
from tests.functions.conftest import Site
from tests.upstream import a_completion, a_usage, chunks_of, event_reply, json_reply
from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.edge.endpoint import Endpoint, endpoint
from tollgate.resources import Resources
from tollgate.stores.table import Table

_KEY = {"idempotency-key": "order-17"}
_REPLAYED = "idempotent-replayed"


async def _chat(site: Site, headers: dict[str, str] = _KEY, **changes: Any) -> httpx2.Response:
    return await site.send("POST", "/v1/chat/completions", headers=headers, json=a_body(**changes))


def _told(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


async def test_a_repeated_request_is_answered_with_the_same_bytes_and_charged_once(site: Site) -> None:
    first = await _chat(site)
    second = await _chat(site)

    assert (first.status_code, first.headers.get(_REPLAYED)) == (200, None)
    assert (second.status_code, second.headers[_REPLAYED]) == (200, "true")
    assert second.content == first.content
    assert len(site.upstream.requests) == len(await site.ledger()) == 1


async def test_a_replay_has_the_headers_of_the_first_answer_and_an_id_of_its_own(site: Site) -> None:
    first, second = await _chat(site), await _chat(site)

    for name in ("content-type", "x-tollgate-model", "x-tollgate-provider", "x-tollgate-cost"):
        assert second.headers[name] == first.headers[name]
    assert second.headers["x-request-id"] != first.headers["x-request-id"]


async def test_a_stream_is_replayed_as_a_stream(site: Site) -> None:
    site.upstream.replies = [event_reply(chunks_of("Hel", "lö", usage=a_usage()))]

    first, second = await _chat(site, stream=True), await _chat(site, stream=True)

    assert second.headers["content-type"] == first.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (second.headers[_REPLAYED], second.content) == ("true", first.content)
    assert first.content.endswith(b"data: [DONE]\n\n")
    assert len(await site.ledger()) == 1


async def test_an_alias_of_a_route_is_the_same_route(site: Site) -> None:
    await _chat(site)

    second = await site.send("POST", "/chat/completions", headers=_KEY, json=a_body())

    assert second.headers[_REPLAYED] == "true"


async def test_keys_of_other_accounts_and_routes_are_other_keys(site: Site) -> None:
    await _chat(site)
    other = await site.world.key(await site.world.account())

    by_another = await site.send("POST", "/v1/chat/completions", key=other, headers=_KEY, json=a_body())
    elsewhere = await site.send("POST", "/keys", headers=_KEY, json={"name": "team"})

    assert (by_another.status_code, by_another.headers.get(_REPLAYED)) == (200, None)
    assert (elsewhere.status_code, elsewhere.headers.get(_REPLAYED)) == (201, None)


async def test_what_the_path_names_belongs_to_the_key(site: Site) -> None:
    operator = await site.world.key(site.account_id, "operate")
    accounts = [await site.world.account(balance_usd=None) for _ in range(2)]

    made = [
        await site.send(
            "POST", f"/accounts/{account}/credits", key=operator, headers=_KEY, json={"amount": 2, "id": "invoice"}
        )
        for account in (*accounts, accounts[0])
    ]

    assert [(one.status_code, one.headers.get(_REPLAYED)) for one in made] == [(200, None), (200, None), (200, "true")]
    assert [(await site.world.funds(account))[0] for account in accounts] == ["2", "2"]


async def test_another_body_under_the_same_key_is_refused(site: Site) -> None:
    await _chat(site)

    response = await _chat(site, temperature=0.5)

    error = response.json()["error"]
    assert _told(response) == (422, "idempotency_key_reused")
    assert (error["param"], response.headers["x-should-retry"]) == ("Idempotency-Key", "false")
    assert len(site.upstream.requests) == 1


async def test_a_request_that_is_still_running_is_told_to_come_back(site: Site) -> None:
    has_begun, goes_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        has_begun.set()
        await goes_on.wait()

    site.upstream.replies = [replace(json_reply(a_completion()), before=wait)]
    running = asyncio.create_task(_chat(site))
    await has_begun.wait()

    same, other = await _chat(site), await _chat(site, temperature=0.5)
    goes_on.set()

    assert _told(same) == (409, "idempotency_in_progress")
    assert (same.headers["retry-after"], same.headers["x-should-retry"]) == ("2", "true")
    assert _told(other) == (422, "idempotency_key_reused")
    answered = await running
    assert (await _chat(site)).content == answered.content
    assert len(await site.ledger()) == 1


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_failure_that_cost_nothing_leaves_the_key_free(site: Site, is_streamed: bool) -> None:
    good = event_reply(chunks_of("Hi", usage=a_usage())) if is_streamed else json_reply(a_completion())
    site.upstream.replies = [json_reply({"error": {"message": "busy"}}, 503), good]

    first, second = await _chat(site, stream=is_streamed), await _chat(site, stream=is_streamed)

    assert first.status_code == 503
    assert (second.status_code, second.headers.get(_REPLAYED)) == (200, None)
    assert len(await site.ledger()) == 1


async def test_a_request_that_is_refused_does_not_occupy_its_key(site: Site) -> None:
    refused = [await _chat(site, model="openai/gpt-9"), await _chat(site, messages=[]), await _chat(site, n=0)]

    assert [one.status_code for one in refused] == [404, 400, 400]
    assert (await _chat(site)).status_code == 200


async def test_a_stream_that_its_provider_broke_off_is_replayed_with_its_error(site: Site) -> None:
    site.upstream.replies = [event_reply(chunks_of("Hello", finish=None), done=False, is_cut=True)]

    first, second = await _chat(site, stream=True), await _chat(site, stream=True)

    assert b"upstream_invalid_response" in first.content
    assert (second.headers[_REPLAYED], second.content) == ("true", first.content)
    assert len(await site.ledger()) == 1


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"two words", b"schl\xfcssel", b"a\tb"])
async def test_a_key_that_is_none_is_refused_before_anything_runs(site: Site, key: bytes) -> None:
    headers = {b"authorization": f"Bearer {site.key}".encode(), b"idempotency-key": key}

    response = await site.world.client.post("/v1/chat/completions", headers=headers, json=a_body())

    assert _told(response) == (400, "invalid_request")
    assert response.json()["error"]["param"] == "Idempotency-Key"
    assert site.upstream.requests == []


async def test_the_longest_key_is_taken(site: Site) -> None:
    assert (await _chat(site, {"idempotency-key": "~" * 255})).status_code == 200


async def test_an_empty_balance_is_told_before_what_is_wrong_with_the_key(site: Site) -> None:
    empty = await site.world.key(await site.world.account(balance_usd=None))

    response = await site.send(
        "POST", "/v1/chat/completions", key=empty, headers={"idempotency-key": "two words"}, json=a_body()
    )

    assert _told(response) == (402, "insufficient_balance")


async def test_a_new_key_is_made_once_and_its_text_is_kept_nowhere(site: Site) -> None:
    first = await site.send("POST", "/keys", headers=_KEY, json={"name": "team"})
    second = await site.send("POST", "/keys", headers=_KEY, json={"name": "team"})

    assert first.status_code == 201
    assert _told(second) == (409, "idempotency_not_kept")
    assert second.headers["x-should-retry"] == "false"
    assert "secret" in second.json()["error"]["message"]
    named = [key for key in await site.world.resources.keys.list(site.account_id) if key.name == "team"]
    assert len(named) == 1
    assert first.json()["key"] not in json.dumps([item async for item in _items(site.world.resources)], default=str)


async def test_other_methods_take_no_notice_of_a_key(site: Site) -> None:
    made = (await site.send("POST", "/keys", json={"name": "team"})).json()

    renamed = [
        await site.send("PATCH", f"/keys/{made['id']}", headers=_KEY, json={"name": name}) for name in ("one", "two")
    ]

    assert [one.json()["name"] for one in renamed] == ["one", "two"]


# What follows has services of its own, behind the tables and the bucket of the template.


def _endpoint(resources: Resources, service: Any, **declared: Any) -> Endpoint:
    return endpoint(service, capability="any", **declared).with_resources(resources)


async def _twice(app: Endpoint, first: Client | None = None) -> tuple[Client, Client]:
    return await ask(app, {}, headers=_KEY, client=first), await ask(app, {}, headers=_KEY)


@pytest.mark.parametrize("content", [b"\x89PNG\x00\xff" * 10, b"x" * 64_001, b"\xff" * 4_000_000, b""])
async def test_bytes_of_any_kind_are_kept_up_to_four_megabytes(resources: Resources, content: bytes) -> None:
    ran = []

    async def service(call: Call) -> Answer:
        ran.append(call)
        return Answer(content=content, media_type="image/png", headers={"etag": '"1"'})

    first, second = await _twice(_endpoint(resources, service))

    assert (first.body, second.body, len(ran)) == (content, content, 1)
    assert (second.headers["content-type"], second.headers["etag"]) == ("image/png", '"1"')


async def test_an_answer_above_that_is_given_once_and_never_made_again(resources: Resources) -> None:
    ran = []

    async def service(call: Call) -> Answer:
        ran.append(call)
        return Answer(content=b"x" * 4_000_001)

    first, second = await _twice(_endpoint(resources, service))

    assert (first.status, len(first.body), len(ran)) == (200, 4_000_001, 1)
    assert (second.status, second.error["code"]) == (409, "idempotency_too_large")
    assert second.headers["x-should-retry"] == "false"


async def test_a_stream_above_that_is_given_once_and_never_made_again(resources: Resources) -> None:
    async def service(call: Call) -> StreamedAnswer:
        async def pieces() -> Any:
            for _ in range(5):
                yield b"x" * 1_000_000

        return StreamedAnswer(pieces(), media_type="audio/mpeg")

    first, second = await _twice(_endpoint(resources, service))

    assert len(first.body) == 5_000_000
    assert (second.status, second.error["code"]) == (409, "idempotency_too_large")


def _stream_of(*words: bytes, charged: bool, with_errors: bool) -> Any:
    async def service(call: Call) -> StreamedAnswer:
        async def pieces() -> Any:
            for word in words:
                call.is_charged = charged
                yield word

        def error(body: dict[str, Any]) -> bytes:
            return str(body["error"]["code"]).encode()

        return StreamedAnswer(pieces(), media_type="text/plain", piece_of_error=error if with_errors else None)

    return service


async def test_what_was_charged_of_a_stream_whose_client_left_is_given_again_with_an_error_at_its_end(
    resources: Resources,
) -> None:
    service = _stream_of(b"one ", b"two ", b"three ", charged=True, with_errors=True)

    first, second = await _twice(_endpoint(resources, service), Client(breaks_at_piece=1))

    assert (first.body, first.is_whole) == (b"one ", False)
    assert (second.body, second.is_whole) == (b"one two idempotency_incomplete", True)
    assert second.headers[_REPLAYED] == "true"


async def test_in_a_format_without_errors_it_is_cut_again(resources: Resources) -> None:
    app = _endpoint(resources, _stream_of(b"one ", b"two ", charged=True, with_errors=False))
    await ask(app, {}, headers=_KEY, client=Client(breaks_at_piece=1))
    client = Client()

    with pytest.raises(Exception, match="as far as it came"):
        await ask(app, {}, headers=_KEY, client=client)

    assert (client.body, client.is_whole) == (b"one two ", False)


async def test_a_stream_whose_client_left_before_anything_was_charged_runs_again(resources: Resources) -> None:
    service = _stream_of(b"one ", b"two ", charged=False, with_errors=True)

    first, second = await _twice(_endpoint(resources, service), Client(breaks_at_piece=0))

    assert (first.body, second.body) == (b"", b"one two ")
    assert _REPLAYED not in second.headers


async def test_a_failure_that_was_charged_is_the_answer_and_no_reason_to_come_back(resources: Resources) -> None:
    async def service(call: Call) -> Answer:
        call.is_charged = True
        raise RuntimeError

    first, second = await _twice(_endpoint(resources, service))

    assert (first.status, second.status, second.body) == (500, 500, first.body)
    assert (first.headers["x-should-retry"], second.headers["x-should-retry"]) == ("true", "false")


async def test_a_request_that_was_cut_off_after_its_charge_is_not_made_again(resources: Resources) -> None:
    async def service(call: Call) -> Answer:
        call.is_charged = True
        raise asyncio.CancelledError

    app = _endpoint(resources, service)
    with pytest.raises(asyncio.CancelledError):
        await ask(app, {}, headers=_KEY)

    second = await ask(app, {}, headers=_KEY)

    assert (second.status, second.error["code"]) == (409, "idempotency_not_kept")


async def _items(resources: Resources) -> AsyncIterator[dict[str, Any]]:
    async for item in Table(resources._dynamodb, resources.settings.idempotency_table).scan():
        yield item
