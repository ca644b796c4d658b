"""The first check that fails answers: each case fails a check and every later one that it can."""

from typing import Any

import httpx2
import pytest

from tests.functions.conftest import Site

_NONSENSE = "{not json"
_BAD_FIELD = {"model": "nope", "messages": []}
_BAD_MODEL_FORM = {"model": "nope", "messages": [{"role": "user", "content": "x"}]}
_UNKNOWN_MODEL = {"model": "openai/gpt-9", "messages": [{"role": "user", "content": "x"}]}
_OUT_OF_SCOPE = {"model": "openai/tts-test", "messages": [{"role": "user", "content": "x"}]}
_WRONG_KIND = _OUT_OF_SCOPE
_DEAR = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "x"}], "max_tokens": 16_000}
_CHAT = "/v1/chat/completions"


async def _send(site: Site, key: str, body: Any, path: str = _CHAT, method: str = "POST") -> httpx2.Response:
    content = {"content": body} if isinstance(body, str | bytes) else {"json": body}
    return await site.send(method, path, key=key, headers={"content-type": "application/json"}, **content)


def _told(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


async def test_1_a_path_or_method_that_does_not_exist_comes_before_the_key(site: Site) -> None:
    assert _told(await _send(site, "tg-wrong", _NONSENSE, path="/v1/nope")) == (404, "route_not_found")
    assert _told(await _send(site, "tg-wrong", _NONSENSE, method="PUT")) == (405, "method_not_allowed")


async def test_2_a_body_that_the_gateway_itself_refuses_comes_before_the_key(site: Site) -> None:
    assert _told(await _send(site, "tg-wrong", b"x" * 10_000_001)) == (413, "request_too_large")


async def test_3_a_bad_key_comes_before_a_missing_capability_and_all_that_follows(site: Site) -> None:
    empty = await site.world.account(balance_usd=None)
    disabled = await site.world.key(empty, "read")
    await _disable(site, empty)

    assert _told(await _send(site, "tg-wrong", _NONSENSE)) == (401, "invalid_api_key")
    assert _told(await _send(site, disabled, _NONSENSE)) == (401, "key_disabled")


async def test_4_a_missing_capability_comes_before_the_balance(site: Site) -> None:
    empty = await site.world.account(balance_usd=None)

    assert _told(await _send(site, await site.world.key(empty, "read"), _NONSENSE)) == (403, "insufficient_scope")


@pytest.mark.parametrize("body", [_NONSENSE, _BAD_FIELD, _BAD_MODEL_FORM, _UNKNOWN_MODEL, _OUT_OF_SCOPE, _DEAR])
async def test_6_an_empty_balance_comes_before_anything_that_is_wrong_with_the_body(site: Site, body: Any) -> None:
    empty = await site.world.account(balance_usd=None)
    key = await site.world.key(empty, "inference", models=["openai/gpt-4o"])

    assert _told(await _send(site, key, body)) == (402, "insufficient_balance")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (_NONSENSE, (400, "invalid_json")),
        (_BAD_FIELD, (400, "invalid_request")),
        (_BAD_MODEL_FORM, (400, "invalid_model_id")),
        (_UNKNOWN_MODEL, (404, "model_not_found")),
        (_OUT_OF_SCOPE, (403, "model_not_allowed")),
        (_DEAR, (402, "request_exceeds_balance")),
    ],
)
async def test_7_to_13_syntax_fields_model_scope_and_reservation_come_in_this_order(
    site: Site, body: Any, expected: tuple[int, str]
) -> None:
    poor = await site.world.account(balance_usd=0.001)
    key = await site.world.key(poor, "inference", models=["openai/gpt-4o"])

    assert _told(await _send(site, key, body)) == expected
    assert site.upstream.requests == []


async def test_7_a_content_type_that_is_not_json_comes_before_the_syntax(site: Site) -> None:
    response = await site.send("POST", _CHAT, content=_NONSENSE, headers={"content-type": "text/plain"})

    assert _told(response) == (415, "unsupported_media_type")


async def test_11_a_model_of_another_kind_comes_before_the_reservation(site: Site) -> None:
    poor = await site.world.key(await site.world.account(balance_usd=0.000000001))

    response = await _send(site, poor, _WRONG_KIND)

    assert _told(response) == (400, "wrong_endpoint")
    assert response.json()["error"]["metadata"]["endpoint"] == "/v1/audio/speech"


async def _disable(site: Site, account_id: str) -> None:
    for stored in await site.world.resources.keys.list(account_id):
        await site.world.resources.keys.change(stored, {"is_active": False}, now="2026-11-21T09:00:00Z")
