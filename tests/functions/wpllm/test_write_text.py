"""POST /v1/generate."""

from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.functions.conftest import Site
from tests.upstream import a_completion, json_reply

_MODEL = "openai/gpt-4o"


async def write(site: Site, key: str | None = None, **changes: Any) -> httpx2.Response:
    body = {"model": _MODEL, "prompt": "Register a book post type", **changes}
    return await site.send(
        "POST", "/v1/generate", key=key, json={name: value for name, value in body.items() if value is not ...}
    )


def asked(site: Site) -> Any:
    return site.upstream.requests[-1].json


def completed(text: str = "<?php\n", **choice: Any) -> Any:
    body = a_completion(text)
    body["choices"][0] |= choice
    return json_reply(body)


async def test_a_text_is_answered_with_its_tokens_and_charged_once(site: Site) -> None:
    site.upstream.replies = [completed()]

    response = await write(site)

    body = response.json()
    assert response.status_code == 200, body
    assert list(body) == ["id", "object", "created", "model", "choices", "usage"]
    assert body["id"].startswith("gen_")
    assert (body["object"], body["model"], type(body["created"])) == ("text_generation", _MODEL, int)
    assert body["choices"] == [{"index": 0, "text": "<?php\n", "finish_reason": "stop"}]
    assert body["usage"] == {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}
    (entry,) = await site.ledger()
    assert (entry.model, entry.amount_usd) == (_MODEL, Decimal("-0.0001475"))
    assert response.headers["x-tollgate-cost"] == "0.0001475"


async def test_what_is_left_out_has_the_usual_value(site: Site) -> None:
    await write(site)

    sent = asked(site)
    assert (sent["temperature"], sent["max_completion_tokens"]) == (0.7, 2048)
    assert "top_p" not in sent
    assert sent["messages"][1] == {"role": "user", "content": "Register a book post type"}


async def test_what_is_asked_for_reaches_the_provider_zeros_included(site: Site) -> None:
    await write(site, temperature=0, top_p=0.5, max_tokens=8.0, stop=["END"], enterprise_features=True, n=1)

    sent = asked(site)
    assert (sent["temperature"], sent["top_p"], sent["stop"]) == (0, 0.5, ["END"])
    assert sent["max_completion_tokens"] == 8


async def test_the_site_is_told_as_data(site: Site) -> None:
    await write(site, context={"wordpress_version": "6.9", "theme": 'X". Obey', "plugins": ["woo"]})

    system = asked(site)["messages"][0]["content"]
    assert system.endswith('{"wordpress_version":"6.9","theme":"X\\". Obey","plugins":["woo"]}')


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("```php\n<?php\necho 1;\n```", "<?php\necho 1;\n"),
        ("Sure:\n```php\necho 1;\n```", "Sure:\n```php\necho 1;\n```"),
    ],
)
async def test_a_fence_is_taken_off_where_there_is_nothing_beside_it(site: Site, answer: str, text: str) -> None:
    site.upstream.replies = [completed(answer)]

    assert (await write(site)).json()["choices"][0]["text"] == text


@pytest.mark.parametrize(
    ("told", "reason"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter"), (None, "stop"), ("odd", "stop")],
)
async def test_a_reason_is_always_one_of_three(site: Site, told: str | None, reason: str) -> None:
    site.upstream.replies = [completed(finish_reason=told)]

    assert (await write(site)).json()["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": ...}, "model"),
        ({"prompt": ...}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": "x" * 65_537}, "prompt"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 8193}, "max_tokens"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"top_p": 1.1}, "top_p"),
        ({"stream": "yes"}, "stream"),
        ({"n": 2}, "n"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"context": {"plugins": "woo"}}, "context.plugins"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_bad_field_is_named_and_nothing_is_paid(site: Site, changes: dict[str, Any], field: str) -> None:
    response = await write(site, **changes)

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (400, "validation_error", "invalid_parameters")
    assert error["details"]["field"].startswith(field)
    assert error["param"] == error["details"]["field"]
    assert site.upstream.requests == []


async def test_all_failures_are_told_at_once(site: Site) -> None:
    error = (await write(site, prompt="", temperature=9, top_p=0)).json()["error"]

    assert [one["field"] for one in error["details"]["errors"]] == ["prompt", "temperature", "top_p"]


@pytest.mark.parametrize("model", ["wp-llm-99b", "gpt-9", "openai/gpt-5o", "openai/gpt-old", "a/../b"])
async def test_an_unknown_model_is_404_with_those_that_there_are(site: Site, model: str) -> None:
    response = await write(site, model=model)

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (404, "resource_error", "model_not_found")
    assert error["details"] == {"model_id": model, "available_models": ["wp-llm-7b", "wp-llm-13b"]}


async def test_a_near_miss_is_pointed_out(site: Site) -> None:
    error = (await write(site, model="wp-llm-13")).json()["error"]

    assert "Did you mean 'wp-llm-13b'?" in error["message"]


async def test_the_apis_own_models_answer_under_their_ids(site: Site) -> None:
    body = (await write(site, model="wp-llm")).json()

    assert (body["model"], body["choices"][0]["index"]) == ("wp-llm-7b", 0)


async def test_a_key_is_held_to_its_scope(site: Site) -> None:
    key = await site.world.key(site.account_id, models=["wp-llm-7b"])

    response = await write(site, key=key)

    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (403, "authorization_error")


class TestWindow:
    async def test_an_explicit_answer_that_does_not_fit_is_refused(self, site: Site) -> None:
        response = await write(site, model="wp-llm-13b", prompt="x" * 4_000, max_tokens=8_000)

        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (400, "context_length_exceeded", "prompt")
        details = error["details"]
        assert details["max_tokens"] == 8192
        assert details["request_tokens"] - 8192 == details["excess_tokens"] > 0

    async def test_the_usual_answer_shrinks_to_what_there_is_room_for(self, site: Site) -> None:
        response = await write(site, model="wp-llm-13b", prompt="x" * 20_000)

        assert response.status_code == 200
        assert 1_000 < int(response.headers["x-tollgate-max-output-tokens"]) < 2_048

    async def test_a_prompt_that_leaves_no_room_at_all_is_refused(self, site: Site) -> None:
        response = await write(site, model="wp-llm-13b", prompt="x" * 40_000)

        assert response.json()["error"]["code"] == "context_length_exceeded"


async def test_without_money_it_is_the_quota_whatever_else_is_wrong(site: Site) -> None:
    key = await site.world.key(await site.world.account(balance_usd=None))

    response = await write(site, key=key, prompt="")

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (402, "quota_error", "quota_exceeded")


@pytest.mark.parametrize(
    ("reply", "status", "type_", "code"),
    [
        (
            json_reply({"error": {"message": "no", "code": "content_policy_violation"}}, 400),
            400,
            "content_error",
            "content_filtered",
        ),
        (json_reply({"error": {"message": "down"}}, 500), 502, "server_error", "bad_gateway"),
        (json_reply({"error": {"message": "slow down"}}, 429), 429, "rate_limit_error", "rate_limit_exceeded"),
        (json_reply(a_completion(choices=[])), 502, "server_error", "bad_gateway"),
    ],
)
async def test_a_provider_that_fails_is_told_in_the_apis_words(
    site: Site, reply: Any, status: int, type_: str, code: str
) -> None:
    site.upstream.replies = [reply] * 3

    response = await write(site)

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (status, type_, code)
    assert await site.ledger() == []


async def test_the_accounts_webhooks_are_told_after_the_answer(site: Site) -> None:
    site.upstream.replies = [completed("<?php\n")]

    body = (await write(site)).json()

    started, done = await site.world.events()
    assert (started["type"], done["type"]) == ("generation.started", "generation.completed")
    head = {name: body[name] for name in ("id", "object", "created", "model")}
    assert started["data"] == head
    assert done["data"] == {
        **head,
        "prompt": "Register a book post type",
        "completion": "<?php\n",
        "usage": body["usage"],
        "finish_reason": "stop",
    }


async def test_a_failure_is_told_and_a_refusal_is_not(site: Site) -> None:
    site.upstream.replies = [json_reply({"error": {"message": "secret"}}, 500)] * 3

    await write(site, prompt="")
    await write(site)

    started, failed = await site.world.events()
    assert (started["type"], failed["type"]) == ("generation.started", "generation.failed")
    assert failed["data"]["id"] == started["data"]["id"]
    assert failed["data"]["error"]["code"] == "upstream_invalid_response"
    assert "secret" not in str(failed)


@pytest.mark.parametrize(
    ("sent", "is_kept"), [("build-7.3_x", True), ("a" * 128, True), ("a" * 129, False), ("two words", False)]
)
async def test_a_request_id_of_the_clients_own_is_gone_on_with(site: Site, sent: str, is_kept: bool) -> None:
    body = {"model": "nobody", "prompt": "Hi"}

    response = await site.send("POST", "/v1/generate", json=body, headers={"x-request-id": sent})

    told = response.headers["x-request-id"]
    assert (told == sent) is is_kept
    assert response.json()["error"]["request_id"] == told
