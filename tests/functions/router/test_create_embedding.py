"""POST /v1/embeddings, through routes and authorizer as clients call it."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from struct import unpack
from typing import Any

import httpx2
import pytest

from tests.builders import an_entry
from tests.conftest import WorldMaker
from tests.functions.conftest import Site
from tests.upstream import Received, Reply, Upstream, an_embedding_answer, json_reply

_PRICE = {"unit": "token", "per": 1_000_000, "currency": "USD", "input": 0.02}
_PATH = "/v1/embeddings"
_SANDBOX = "sandbox/embedding"


def a_model(name: str, **changes: Any) -> dict[str, Any]:
    """An embedding model of OpenAI's."""
    fields = {"type": "embedding", "context_length": 8192, "max_output_tokens": None, "pricing": _PRICE}
    return an_entry(**{"id": f"openai/{name}", "dimensions": 4, **fields, **changes})


_MODELS = [
    a_model("small"),
    a_model("fixed", supported_parameters=["encoding_format"]),
    a_model("cut", dimensions=[4, 2], truncatable=True),
    a_model("disabled", enabled=False),
    a_model("unpriced", pricing=None),
    a_model("by-character", pricing={**_PRICE, "unit": "character"}),
    a_model("narrow", context_length=10),
    a_model("free", pricing={**_PRICE, "input": 0}),
    an_entry(),
]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """OpenAI, which embeds what it is asked to."""

    def answer(request: Received) -> Reply:
        return json_reply(an_embedding_answer(request.json, length=4))

    async with Upstream(answer=answer) as server:
        yield server


@pytest.fixture
async def site(make_world: WorldMaker, upstream: Upstream, tmp_path: Path) -> Site:
    """A gateway with embedding models of OpenAI and ten dollars to spend."""
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(json.dumps({"models": _MODELS}))
    world = await make_world(
        OPENAI_BASE_URL=upstream.url + "/v1", OPENAI_API_KEY="sk-operator", TOLLGATE_CATALOGUE=str(catalogue)
    )
    account_id = await world.account()
    return Site(world, upstream, account_id, await world.key(account_id))


async def embed(site: Site, key: str | None = None, path: str = _PATH, **changes: Any) -> httpx2.Response:
    """A call; `changes` are those of its body."""
    body = {"model": "openai/small", "input": "Hello", **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    return await site.send("POST", path, key=key, json=body)


def told(response: httpx2.Response) -> tuple[int, str, str | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["param"]


async def funds(site: Site) -> list[Decimal]:
    """Balance, available and reserved."""
    return [Decimal(amount) for amount in await site.world.funds(site.account_id)]


class TestAnswers:
    async def test_the_answer_is_openais_with_the_routers_model_and_cost(self, site: Site) -> None:
        response = await embed(site, input=["a", "bcd"])

        assert response.json() == {
            "object": "list",
            "data": [
                {"object": "embedding", "index": 0, "embedding": [0.0, 1.0, 0.0, 0.0]},
                {"object": "embedding", "index": 1, "embedding": [1.0, 3.0, 0.0, 0.0]},
            ],
            "model": "openai/small",
            "usage": {
                "prompt_tokens": 10,
                "total_tokens": 10,
                "cost": 2e-07,
                "cost_details": {"input": 2e-07, "output": 0.0, "estimated": False},
            },
        }
        headers = {name: value for name, value in response.headers.items() if name.startswith("x-tollgate")}
        assert headers == {
            "x-tollgate-model": "openai/small",
            "x-tollgate-provider": "openai",
            "x-tollgate-attempts": "1",
            "x-tollgate-cost": "0.0000002",
        }

    @pytest.mark.parametrize("model", ["openai/small", _SANDBOX])
    async def test_base64_holds_the_same_vectors_as_little_endian_floats(self, site: Site, model: str) -> None:
        numbers = (await embed(site, model=model)).json()["data"][0]["embedding"]
        text = (await embed(site, model=model, encoding_format="base64")).json()["data"][0]["embedding"]

        content = b64decode(text, validate=True)
        assert list(unpack(f"<{len(numbers)}f", content)) == pytest.approx(numbers, rel=1e-6)

    async def test_what_is_sent_upstream_is_the_clients_request_under_the_providers_names(self, site: Site) -> None:
        await embed(site, input=["a"], dimensions=2, encoding_format="base64")

        (request,) = site.upstream.requests
        assert (request.path, request.headers["authorization"]) == ("/v1/embeddings", "Bearer sk-operator")
        assert request.json == {"model": "small", "input": ["a"], "encoding_format": "base64", "dimensions": 2}

    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            ("a", ["a"]),
            (["a", "b"], ["a", "b"]),
            ([1, 2], [[1, 2]]),
            ([[1, 2], [3]], [[1, 2], [3]]),
            ([0], [[0]]),
        ],
    )
    async def test_texts_and_tokens_can_be_one_or_many(self, site: Site, given: Any, sent: Any) -> None:
        response = await embed(site, input=given)

        assert site.upstream.requests[0].json["input"] == sent
        assert [item["index"] for item in response.json()["data"]] == list(range(len(sent)))

    @pytest.mark.parametrize("path", ["/embeddings", "/v1/embeddings/"])
    async def test_other_paths_lead_here_too(self, site: Site, path: str) -> None:
        assert (await embed(site, path=path)).status_code == 200

    async def test_many_texts_are_sent_in_parts_and_come_back_in_their_order(self, site: Site) -> None:
        texts = [f"{number:0{number % 7 + 4}}" for number in range(600)]

        answer = (await embed(site, model=_SANDBOX, input=texts)).json()

        alone = (await embed(site, model=_SANDBOX, input=texts[599])).json()
        assert [item["index"] for item in answer["data"]] == list(range(600))
        assert answer["data"][599]["embedding"] == alone["data"][0]["embedding"]

    async def test_a_model_that_can_be_cut_is_cut_here_and_made_a_unit_again(self, site: Site) -> None:
        answer = (await embed(site, model="openai/cut", input="abc", dimensions=2)).json()

        assert answer["data"][0]["embedding"] == [0.0, 1.0]
        assert "dimensions" not in site.upstream.requests[0].json

    async def test_a_user_is_known_upstream_by_a_hash_of_its_own_account(self, site: Site) -> None:
        await embed(site, user="alice@example.com")
        other = await site.world.account()
        await embed(site, await site.world.key(other), user="alice@example.com")

        here, there = (request.json["user"] for request in site.upstream.requests)
        assert "alice" not in here
        assert here != there

    async def test_what_the_model_does_not_take_is_dropped_by_name(self, site: Site) -> None:
        response = await embed(site, task_type="CLUSTERING", title="T", models=["openai/fixed"], temperature=1)

        assert response.headers["x-tollgate-dropped-params"] == "task_type,title,models,temperature"
        assert site.upstream.requests[0].json.keys() == {"model", "input", "encoding_format"}

    async def test_names_that_a_client_makes_up_cannot_break_a_header(self, site: Site) -> None:
        made_up: dict[str, Any] = {"a,b\r\nx-evil: 1": 1, "x" * 100: 1, **{f"n{number}": 1 for number in range(30)}}

        named = (await embed(site, **made_up)).headers["x-tollgate-dropped-params"].split(",")

        assert named[:2] == ["a?b??x-evil??1", "x" * 64]
        assert (len(named), named[-1]) == (21, "...")

    async def test_fields_that_are_null_are_not_there(self, site: Site) -> None:
        nothing: dict[str, Any] = {
            "dimensions": None,
            "user": None,
            "encoding_format": None,
            "task_type": None,
            "extra": None,
        }

        response = await embed(site, **nothing)

        assert response.status_code == 200
        assert "x-tollgate-dropped-params" not in response.headers


class TestMoney:
    async def test_the_ledger_says_what_was_charged_and_why(self, site: Site) -> None:
        response = await embed(site, input=["a", "b"])

        (entry,) = await site.ledger()
        assert entry.amount_usd == Decimal("-0.0000002")
        assert entry.request_id == response.headers["x-request-id"]
        assert (entry.model, entry.outcome, entry.is_estimated) == ("openai/small", "completed", False)
        assert (entry.usage["prompt_tokens"], entry.usage["total_tokens"]) == (10, 10)
        assert await funds(site) == [Decimal("9.9999998"), Decimal("9.9999998"), 0]

    async def test_a_usage_that_was_not_reported_is_counted_here_and_says_so(self, site: Site) -> None:
        usage = (await embed(site, model="sandbox/embedding-no-usage", input=["x" * 400, "y" * 41])).json()["usage"]

        assert (usage["prompt_tokens"], usage["cost_details"]["estimated"]) == (111, True)
        assert (await site.ledger())[0].is_estimated

    async def test_tokens_are_counted_exactly_where_nobody_reported_them(self, site: Site) -> None:
        usage = (await embed(site, model="sandbox/embedding-no-usage", input=[[1, 2, 3], [4]])).json()["usage"]

        assert usage["prompt_tokens"] == 4

    async def test_a_free_model_costs_nothing_and_needs_a_balance(self, site: Site) -> None:
        empty = await site.world.account(balance_usd=None)

        assert (await embed(site, model="openai/free")).json()["usage"]["cost"] == 0
        assert told(await embed(site, await site.world.key(empty), model="openai/free"))[:2] == (
            402,
            "insufficient_balance",
        )

    @pytest.mark.parametrize(
        ("given", "tokens"),
        [("x" * 84, 100), ("ä" * 42, 100), (["x" * 84] * 2, 200), ([1] * 100, 100), ([[1] * 50] * 2, 100)],
    )
    async def test_what_is_held_is_what_the_texts_can_be_at_most(self, site: Site, given: Any, tokens: int) -> None:
        price = 0.02 / 1_000_000
        enough = await site.world.account(balance_usd=tokens * price)
        short = await site.world.account(balance_usd=(tokens - 1) * price)

        assert (await embed(site, await site.world.key(enough), input=given)).status_code == 200
        refused = await embed(site, await site.world.key(short), input=given)
        assert told(refused) == (402, "request_exceeds_balance", None)
        assert "output tokens" not in refused.text
        assert len(site.upstream.requests) == 1

    async def test_a_text_is_no_longer_than_the_models_window(self, site: Site) -> None:
        account = await site.world.account(balance_usd=8192 * 0.02 / 1_000_000)

        assert (await embed(site, await site.world.key(account), input="x" * 100_000)).status_code == 200

    @pytest.mark.parametrize(
        "trick", ["error-429", "error-500", "error-connect", "error-timeout", "filter", "garbage", "short"]
    )
    async def test_a_call_that_fails_costs_nothing(self, site: Site, trick: str) -> None:
        response = await embed(site, model=f"sandbox/embedding-{trick}")

        assert response.status_code >= 400
        assert await site.ledger() == []
        assert await funds(site) == [10, 10, 0]


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "param"),
        [
            ({"input": ...}, "input"),
            ({"input": ""}, "input"),
            ({"input": []}, "input"),
            ({"input": [[]]}, "input[0]"),
            ({"input": [""]}, "input[0]"),
            ({"input": ["a", ""]}, "input[1]"),
            ({"input": ["a", 1]}, "input[1]"),
            ({"input": ["a", None]}, "input[1]"),
            ({"input": [1, "a"]}, "input[1]"),
            ({"input": [1.5]}, "input[0]"),
            ({"input": [-1]}, "input[0]"),
            ({"input": [2**31]}, "input[0]"),
            ({"input": [True]}, "input[0]"),
            ({"input": [[1], ["a"]]}, "input[1][0]"),
            ({"input": [[1], "a"]}, "input[1]"),
            ({"input": {"text": "a"}}, "input"),
            ({"input": 7}, "input"),
            ({"input": ["a"] * 2049}, "input"),
            ({"input": [[1]] * 2049}, "input"),
            ({"input": [1] * 8193}, "input"),
            ({"input": [[1] * 8192] * 37}, "input"),
            ({"model": ...}, "model"),
            ({"dimensions": 0}, "dimensions"),
            ({"dimensions": 5}, "dimensions"),
            ({"dimensions": "4"}, "dimensions"),
            ({"dimensions": 1.5}, "dimensions"),
            ({"encoding_format": "hex"}, "encoding_format"),
            ({"user": 7}, "user"),
        ],
    )
    async def test_a_field_that_cannot_be_is_named(self, site: Site, changes: dict[str, Any], param: str) -> None:
        assert told(await embed(site, **changes)) == (400, "invalid_request", param)
        assert site.upstream.requests == []

    async def test_a_mistake_in_a_long_list_is_found_without_looking_for_all_of_them(self, site: Site) -> None:
        response = await embed(site, input=["a"] + [1] * 2000)

        assert told(response) == (400, "invalid_request", "input[1]")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"model": "small"}, (400, "invalid_model_id")),
            ({"model": "openai/unknown"}, (404, "model_not_found")),
            ({"model": "openai/disabled"}, (404, "model_not_found")),
            ({"model": "openai/gpt-4o"}, (400, "wrong_endpoint")),
            ({"model": "openai/unpriced"}, (503, "model_unpriced")),
            ({"model": "openai/by-character"}, (503, "model_unpriced")),
            ({"model": "openai/fixed", "dimensions": 2}, (400, "unsupported_parameter")),
            ({"model": "google/gemini-embedding-001", "input": [1]}, (400, "unsupported_parameter")),
            ({"model": "google/gemini-embedding-001", "dimensions": 127}, (400, "invalid_request")),
            ({"model": "google/gemini-embedding-001", "task_type": "X"}, (400, "invalid_request")),
            ({"model": "google/gemini-embedding-001"}, (503, "no_provider_available")),
            ({"drop_params": False, "title": "T"}, (400, "unsupported_parameter")),
            ({"drop_params": False, "temperature": 1}, (400, "unsupported_parameter")),
        ],
    )
    async def test_a_model_that_cannot_do_it_is_told_before_money_moves(
        self, site: Site, changes: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        assert told(await embed(site, **changes))[:2] == expected
        assert site.upstream.requests == []
        assert await funds(site) == [10, 10, 0]

    async def test_tokens_beyond_the_models_window_are_refused_before_money_moves(self, site: Site) -> None:
        assert (await embed(site, model="openai/narrow", input=[[1], [1] * 10])).status_code == 200
        refused = await embed(site, model="openai/narrow", input=[[1], [1] * 11])

        assert told(refused) == (400, "context_length_exceeded", "input[1]")
        assert len(site.upstream.requests) == 1

    async def test_a_text_beyond_the_window_is_refused_by_the_provider(self, site: Site) -> None:
        response = await embed(site, model=_SANDBOX, input="word " * 9000)

        assert told(response)[:2] == (400, "context_length_exceeded")

    @pytest.mark.parametrize(
        ("trick", "expected"),
        [
            ("error-400", (400, "upstream_rejected")),
            ("error-401", (502, "provider_auth_failed")),
            ("error-429", (429, "rate_limit_exceeded")),
            ("error-500", (502, "upstream_invalid_response")),
            ("error-503", (503, "provider_overloaded")),
            ("error-billing", (502, "provider_billing")),
            ("error-connect", (502, "upstream_invalid_response")),
            ("error-timeout", (504, "upstream_timeout")),
            ("filter", (400, "content_filter")),
            ("garbage", (502, "upstream_invalid_response")),
            ("short", (502, "upstream_invalid_response")),
        ],
    )
    async def test_a_provider_that_fails_is_told_as_for_every_other_call(
        self, site: Site, trick: str, expected: tuple[int, str]
    ) -> None:
        assert told(await embed(site, model=f"sandbox/embedding-{trick}"))[:2] == expected

    async def test_a_model_with_fallbacks_falls_back_on_none(self, site: Site) -> None:
        response = await embed(site, model="sandbox/embedding-error-500", models=[_SANDBOX])

        (attempt,) = response.json()["error"]["metadata"]["attempts"]
        assert (attempt["model"], response.status_code) == ("sandbox/embedding-error-500", 502)

    @pytest.mark.parametrize(
        "answer",
        [
            {"data": []},
            {"data": [{"index": 0, "embedding": [1.0, 2.0, 3.0]}]},
            {"data": [{"index": 0, "embedding": [1.0] * 4}, {"index": 1, "embedding": [1.0] * 4}]},
        ],
    )
    async def test_vectors_of_another_number_or_length_are_no_answer(
        self, site: Site, answer: Any, upstream: Upstream
    ) -> None:
        upstream._decide = None
        upstream.replies = [json_reply({"object": "list", **answer})]

        assert told(await embed(site))[:2] == (502, "upstream_invalid_response")
        assert await site.ledger() == []


class TestOrderOfChecks:
    @pytest.mark.parametrize("body", ["{not json", {"model": "nope", "input": []}, {"model": "openai/x", "input": "a"}])
    async def test_an_empty_balance_comes_before_anything_wrong_with_the_body(self, site: Site, body: Any) -> None:
        key = await site.world.key(await site.world.account(balance_usd=None), "inference")
        content = {"content": body} if isinstance(body, str) else {"json": body}

        response = await site.send("POST", _PATH, key=key, headers={"content-type": "application/json"}, **content)

        assert told(response)[:2] == (402, "insufficient_balance")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"model": "nope", "input": []}, (400, "invalid_request")),
            ({"model": "nope"}, (400, "invalid_model_id")),
            ({"model": "openai/unknown"}, (404, "model_not_found")),
            ({"model": "openai/gpt-4o"}, (403, "model_not_allowed")),
            ({"dimensions": 9, "input": "x" * 8000}, (400, "invalid_request")),
            ({"input": "x" * 8000}, (402, "request_exceeds_balance")),
        ],
    )
    async def test_fields_model_scope_features_and_reservation_come_in_this_order(
        self, site: Site, changes: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        poor = await site.world.account(balance_usd=0.0001)
        key = await site.world.key(poor, "inference", models=["openai/small"])

        assert told(await embed(site, key, **changes))[:2] == expected
        assert site.upstream.requests == []

    async def test_a_missing_capability_comes_before_the_balance(self, site: Site) -> None:
        empty = await site.world.account(balance_usd=None)

        assert told(await embed(site, await site.world.key(empty, "read"), input=[]))[:2] == (403, "insufficient_scope")
