"""Which model answers when several may: fallbacks, preferences, cooldowns, and who pays for what."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.builders import an_entry
from tests.conftest import World, WorldMaker
from tests.functions.conftest import Site
from tests.upstream import Upstream, a_completion, a_usage, chunks_of, event_reply, json_reply

GPT_4O = "openai/gpt-4o"


@pytest.fixture
async def site(make_world: WorldMaker, upstream: Upstream, tmp_path: Path) -> Site:
    """A gateway in which some models have others to stand in for them."""
    catalogue = tmp_path / "catalogue.json"
    sandbox = {"provider": "sandbox", "pricing": {"input": 1, "output": 2}}
    entries = [
        an_entry(input_modalities=["text", "image"]),
        an_entry(
            id="openai/plain", input_modalities=["text"], supported_parameters=["temperature", "tools", "tool_choice"]
        ),
        an_entry(id="openai/tts-test", type="speech", pricing={"unit": "character", "per": 1000, "input": 0.015}),
        an_entry(id="sandbox/covered", upstream_model="error-503", fallbacks=["openai/gone", GPT_4O], **sandbox),
        an_entry(id="sandbox/filtered", upstream_model="filter", fallbacks=[GPT_4O], **sandbox),
    ]
    catalogue.write_text(json.dumps({"models": entries}))
    world: World = await make_world(
        OPENAI_BASE_URL=upstream.url + "/v1", OPENAI_API_KEY="sk-operator", TOLLGATE_CATALOGUE=str(catalogue)
    )
    account_id = await world.account()
    return Site(world, upstream, account_id, await world.key(account_id))


def told(response: httpx2.Response) -> tuple[int, str, str]:
    return (
        response.status_code,
        response.headers.get("x-tollgate-model", ""),
        response.headers.get("x-tollgate-attempts", ""),
    )


def events_of(response: httpx2.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        ("error-401", "2"),
        ("error-402", "2"),
        ("error-404", "2"),
        ("error-408", "2"),
        ("error-409", "2"),
        ("error-429", "2"),
        ("error-500", "2"),
        ("error-502", "2"),
        ("error-503", "2"),
        ("error-529", "2"),
        ("error-billing", "2"),
        ("error-timeout", "2"),
        ("empty", "2"),
        # The one failure after which nothing can have been started is tried once more.
        ("error-connect", "3"),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_the_next_model_answers_when_the_first_one_fails(
    site: Site, failure: str, attempts: str, *, stream: bool
) -> None:
    site.upstream.replies = [
        event_reply(chunks_of("Hi", usage=a_usage())) if stream else json_reply(a_completion("Hi"))
    ]

    response = await site.chat(model=f"sandbox/{failure}", models=[GPT_4O], stream=stream)

    assert told(response) == (200, GPT_4O, attempts)
    answer = events_of(response)[0] if stream else response.json()
    assert answer["model"] == GPT_4O
    (entry,) = await site.ledger()
    assert (entry.model, entry.amount_usd) == (GPT_4O, Decimal("-0.0001475"))


async def test_an_answer_that_makes_no_sense_is_a_failure_like_others(site: Site) -> None:
    response = await site.chat(model="sandbox/garbage", models=[GPT_4O])

    assert told(response) == (200, GPT_4O, "2")


@pytest.mark.parametrize(("failure", "status"), [("error-400", 400), ("error-422", 400), ("error-413", 413)])
async def test_what_is_wrong_with_the_request_is_told_at_once(site: Site, failure: str, status: int) -> None:
    response = await site.chat(model=f"sandbox/{failure}", models=[GPT_4O])

    assert response.status_code == status
    assert site.upstream.requests == []


async def test_a_filter_is_passed_by_only_when_the_client_named_the_others_itself(site: Site) -> None:
    by_operator = await site.chat(model="sandbox/filtered")
    by_client = await site.chat(model="sandbox/filtered", models=[GPT_4O])

    assert (by_operator.status_code, by_operator.json()["error"]["code"]) == (400, "content_filter")
    assert told(by_client) == (200, GPT_4O, "2")


async def test_the_operators_list_stands_in_for_the_clients_and_may_name_what_is_gone(site: Site) -> None:
    covered = await site.chat(model="sandbox/covered")
    uncovered = await site.chat(model="sandbox/covered", models=[])

    assert told(covered) == (200, GPT_4O, "2")
    assert uncovered.json()["error"]["code"] == "provider_overloaded"


async def test_after_a_piece_of_the_answer_nobody_else_is_asked(site: Site) -> None:
    response = await site.chat(model="sandbox/error-mid-stream", models=[GPT_4O], stream=True)

    assert "error" in events_of(response)[-2]
    assert site.upstream.requests == []


async def test_a_role_alone_is_no_piece_of_an_answer(site: Site) -> None:
    role = chunks_of()[0]
    site.upstream.replies = [event_reply([role, {"error": {"code": 503, "message": "busy"}}])]

    response = await site.chat(model=GPT_4O, models=["sandbox/chat"], stream=True)

    assert told(response) == (200, "sandbox/chat", "2")
    assert {event["model"] for event in events_of(response)[:-1]} == {"sandbox/chat"}


async def test_when_all_fail_the_last_failure_is_told_with_all_the_attempts(site: Site) -> None:
    error = (await site.chat(model="sandbox/error-500", models=["sandbox/error-529"])).json()["error"]

    assert error["code"] == "provider_overloaded"
    assert error["metadata"]["attempts"] == [
        {"provider": "sandbox", "model": "sandbox/error-500", "status": 500, "code": "upstream_invalid_response"},
        {"provider": "sandbox", "model": "sandbox/error-529", "status": 529, "code": "provider_overloaded"},
    ]
    assert await site.ledger() == []
    assert [Decimal(amount) for amount in await site.world.funds(site.account_id)] == [10, 10, 0]


async def test_the_shortest_wait_of_all_limits_is_told(site: Site) -> None:
    refusal = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
    site.upstream.replies = [json_reply(refusal, 429, retry_after="7"), json_reply(refusal, 429, retry_after="30")]

    response = await site.chat(model=GPT_4O, models=["openai/plain"])

    assert (response.status_code, response.headers["retry-after"]) == (429, "7")


async def test_the_hold_covers_the_dearest_model_and_the_serving_one_is_charged(site: Site) -> None:
    # 25 tokens in at most and 1000 out: 0.0020 with the sandbox, 0.0101 with GPT-4o.
    account_id = await site.world.account(balance_usd=0.005)
    key = await site.world.key(account_id)

    alone = await site.chat(key, model="sandbox/chat", max_tokens=1000)
    together = await site.chat(key, model="sandbox/chat", models=[GPT_4O], max_tokens=1000)

    assert told(alone) == (200, "sandbox/chat", "1")
    assert alone.headers["x-tollgate-cost"] == "0.000015"
    assert (together.status_code, together.json()["error"]["code"]) == (402, "request_exceeds_balance")


class TestScope:
    async def test_what_the_key_may_not_use_is_passed_over(self, site: Site) -> None:
        key = await site.world.key(site.account_id, models=["sandbox/*"])

        response = await site.chat(key, model="sandbox/error-503", models=[GPT_4O, "sandbox/chat"])

        assert told(response) == (200, "sandbox/chat", "2")
        assert site.upstream.requests == []

    async def test_it_is_named_when_all_else_fails(self, site: Site) -> None:
        key = await site.world.key(site.account_id, models=["sandbox/*"])

        response = await site.chat(key, model="sandbox/error-503", models=[GPT_4O])

        assert response.json()["error"]["metadata"]["skipped"] == [GPT_4O]

    async def test_the_model_asked_for_first_has_to_be_allowed(self, site: Site) -> None:
        key = await site.world.key(site.account_id, models=["sandbox/*"])

        response = await site.chat(key, model=GPT_4O, models=["sandbox/chat"])

        assert response.json()["error"]["code"] == "model_not_allowed"


@pytest.mark.parametrize(
    ("models", "status", "code", "param"),
    [
        (["sandbox/chat", "openai/nothing"], 404, "model_not_found", "models[1]"),
        (["openai/tts-test"], 400, "wrong_endpoint", "models[0]"),
        (["no slash"], 400, "invalid_model_id", "models[0]"),
        (["sandbox/chat", "sandbox/tiny", "openai/plain", "sandbox/slow"], 400, "invalid_request", "models"),
    ],
)
async def test_a_list_that_names_what_cannot_be_asked_is_refused(
    site: Site, models: list[str], status: int, code: str, param: str
) -> None:
    response = await site.chat(model=GPT_4O, models=models)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)


async def test_a_model_that_is_named_twice_is_asked_once(site: Site) -> None:
    error = (await site.chat(model="sandbox/error-500", models=["puqai/sandbox/error-500"])).json()["error"]

    assert len(error["metadata"]["attempts"]) == 1


class TestPreferences:
    @pytest.mark.parametrize(
        ("provider", "served_by"),
        [
            ({"order": ["openai"]}, GPT_4O),
            ({"order": ["nobody", "openai", "sandbox"]}, GPT_4O),
            ({"only": ["openai"]}, GPT_4O),
            ({"ignore": ["sandbox"]}, GPT_4O),
            ({"sort": "price"}, "sandbox/chat"),
            ({"sort": "price", "order": ["openai"]}, GPT_4O),
            ({"max_price": {"prompt": 100, "completion": 100}}, "sandbox/chat"),
            ({"require_parameters": True}, "sandbox/chat"),
            ({}, "sandbox/chat"),
        ],
        ids=str,
    )
    async def test_they_decide_who_is_asked_first(self, site: Site, provider: dict[str, Any], served_by: str) -> None:
        response = await site.chat(model="sandbox/chat", models=[GPT_4O], provider=provider)

        assert told(response) == (200, served_by, "1")

    async def test_the_cheaper_one_comes_first_whatever_the_list_says(self, site: Site) -> None:
        response = await site.chat(model=GPT_4O, models=["sandbox/chat"], provider={"sort": "price"})

        assert told(response) == (200, "sandbox/chat", "1")

    @pytest.mark.parametrize("sort", ["latency", "throughput"])
    async def test_what_answered_here_comes_before_what_was_never_seen(self, site: Site, sort: str) -> None:
        await site.chat(model="sandbox/chat")

        response = await site.chat(model=GPT_4O, models=["sandbox/chat"], provider={"sort": sort})

        assert told(response) == (200, "sandbox/chat", "1")

    async def test_without_fallbacks_only_the_first_is_asked(self, site: Site) -> None:
        response = await site.chat(model="sandbox/error-503", models=[GPT_4O], provider={"allow_fallbacks": False})

        assert response.json()["error"]["code"] == "provider_overloaded"
        assert site.upstream.requests == []

    @pytest.mark.parametrize(
        ("provider", "reasons"),
        [
            ({"only": ["anthropic"]}, {GPT_4O: "only", "openai/plain": "only"}),
            ({"ignore": ["openai"]}, {GPT_4O: "ignore", "openai/plain": "ignore"}),
            ({"max_price": {"completion": 9}}, {GPT_4O: "max_price", "openai/plain": "max_price"}),
            ({"max_price": {"prompt": 1}}, {GPT_4O: "max_price", "openai/plain": "max_price"}),
        ],
        ids=str,
    )
    async def test_when_nobody_is_left_it_is_said_why(
        self, site: Site, provider: dict[str, Any], reasons: dict[str, str]
    ) -> None:
        response = await site.chat(model=GPT_4O, models=["openai/plain"], provider=provider)

        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (503, "no_provider_available", "provider")
        assert error["metadata"]["excluded_by"] == reasons

    async def test_a_model_that_would_ignore_a_parameter_can_be_ruled_out(self, site: Site) -> None:
        strict = {"require_parameters": True}

        response = await site.chat(model="openai/plain", models=[GPT_4O], seed=7, provider=strict)
        alone = await site.chat(model="openai/plain", seed=7, provider=strict)

        assert told(response) == (200, GPT_4O, "1")
        assert alone.json()["error"]["metadata"]["excluded_by"] == {"openai/plain": "require_parameters"}

    async def test_another_model_that_cannot_take_the_request_is_left_out(self, site: Site) -> None:
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
        messages = [{"role": "user", "content": [image]}]

        response = await site.chat(model=GPT_4O, models=["openai/plain"], messages=messages)

        assert told(response) == (200, GPT_4O, "1")


class TestCooldown:
    async def test_a_provider_that_keeps_failing_is_asked_last(self, site: Site) -> None:
        for _ in range(3):
            await site.chat(model="sandbox/error-503")

        response = await site.chat(model="sandbox/chat", models=[GPT_4O])

        assert told(response) == (200, GPT_4O, "1")

    async def test_it_is_asked_all_the_same_where_there_is_nobody_else(self, site: Site) -> None:
        for _ in range(3):
            await site.chat(model="sandbox/error-503")

        assert told(await site.chat(model="sandbox/chat")) == (200, "sandbox/chat", "1")

    async def test_another_process_learns_of_it(self, site: Site, make_world: WorldMaker) -> None:
        for _ in range(3):
            await site.chat(model="sandbox/error-503")
        other: World = await make_world(OPENAI_BASE_URL=site.upstream.url + "/v1", OPENAI_API_KEY="sk-operator")

        response = await Site(other, site.upstream, site.account_id, site.key).chat(
            model="sandbox/chat", models=[GPT_4O]
        )

        assert told(response) == (200, GPT_4O, "1")

    async def test_an_answer_in_between_ends_the_row(self, site: Site) -> None:
        for model in ("error-503", "error-503", "chat", "error-503"):
            await site.chat(model=f"sandbox/{model}")

        response = await site.chat(model="sandbox/chat", models=[GPT_4O])

        assert told(response) == (200, "sandbox/chat", "1")
