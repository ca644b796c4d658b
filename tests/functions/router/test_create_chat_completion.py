"""POST /v1/chat/completions, through routes and authorizer as clients call it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders import an_entry
from tests.functions.conftest import Site
from tests.upstream import Reply, Upstream, a_completion, a_usage, chunks_of, event_reply, json_reply

_TOOL = {"type": "function", "function": {"name": "a"}}
_AUDIO = {"voice": "a", "format": "wav"}


def events_of(text: str) -> list[Any]:
    """The events of a stream; the last one is the text [DONE]."""
    assert text.endswith("data: [DONE]\n\n"), text[-200:]
    parts = [part.removeprefix("data: ") for part in text.strip().split("\n\n") if not part.startswith(":")]
    return [part if part == "[DONE]" else json.loads(part) for part in parts]


class TestWholeAnswers:
    async def test_the_answer_is_openais_with_the_routers_model_usage_and_cost(self, site: Site) -> None:
        answer = (await site.chat()).json()

        assert answer["object"] == "chat.completion"
        assert answer["id"].startswith("chatcmpl-")
        assert answer["model"] == "openai/gpt-4o"
        assert answer["choices"] == [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello!", "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ]
        assert answer["usage"] | {"prompt_tokens_details": 0, "completion_tokens_details": 0} == {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": 0,
            "completion_tokens_details": 0,
            "cost": 0.0001475,
            "cost_details": {"input": 0.0000475, "output": 0.0001, "estimated": False},
        }
        assert answer["service_tier"] == "default"

    async def test_what_is_sent_upstream_is_the_clients_request_under_the_providers_names(self, site: Site) -> None:
        await site.chat(temperature=0.5, seed=7, max_tokens=100, metadata={"team": "a"}, store=False)

        (request,) = site.upstream.requests
        assert request.path == "/v1/chat/completions"
        assert request.headers["authorization"] == "Bearer sk-operator"
        assert request.json == {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": "Hello"}],
            "temperature": 0.5,
            "seed": 7,
            "max_completion_tokens": 100,
        }

    async def test_headers_tell_who_served_it_with_which_cap_and_at_what_cost(self, site: Site) -> None:
        response = await site.chat(max_completion_tokens=50, top_k=3)

        told = {name: value for name, value in response.headers.items() if name.startswith("x-tollgate")}
        assert told == {
            "x-tollgate-model": "openai/gpt-4o",
            "x-tollgate-provider": "openai",
            "x-tollgate-attempts": "1",
            "x-tollgate-max-output-tokens": "50",
            "x-tollgate-dropped-params": "top_k",
            "x-tollgate-cost": "0.0001475",
        }

    async def test_the_ledger_says_what_was_charged_and_why(self, site: Site) -> None:
        response = await site.chat(metadata={"team": "a"})

        (entry,) = await site.ledger()
        assert entry.amount_usd == Decimal("-0.0001475")
        assert entry.request_id == response.headers["x-request-id"]
        assert (entry.model, entry.outcome, entry.is_estimated) == ("openai/gpt-4o", "completed", False)
        assert entry.usage["prompt_tokens"] == 19
        assert entry.details == {
            "provider": "openai",
            "metadata": {"team": "a"},
            "upstream_request_id": "chatcmpl-up1",
            "upstream_model": "gpt-4o-2024-11-20",
        }

    async def test_an_unset_output_cap_is_set_to_what_the_model_writes_at_most(self, site: Site) -> None:
        await site.chat()

        assert site.upstream.requests[0].json["max_completion_tokens"] == 16_384

    async def test_an_unset_output_cap_is_set_to_what_the_balance_affords(self, site: Site) -> None:
        account_id = await site.world.account(balance_usd=0.01)
        key = await site.world.key(account_id)

        response = await site.chat(key)

        # 25 tokens in at most, at $2.5; the rest of a cent buys so many tokens out at $10.
        assert site.upstream.requests[0].json["max_completion_tokens"] == 993
        assert response.headers["x-tollgate-max-output-tokens"] == "993"

    async def test_an_answer_without_usage_is_counted_here_and_says_so(self, site: Site) -> None:
        answer = a_completion("x" * 400)
        del answer["usage"]
        site.upstream.replies = [json_reply(answer)]

        usage = (await site.chat()).json()["usage"]

        assert (usage["completion_tokens"], usage["cost_details"]["estimated"]) == (100, True)
        assert (await site.ledger())[0].is_estimated

    async def test_a_user_is_known_upstream_by_a_hash_of_its_own_account(self, site: Site) -> None:
        await site.chat(user="alice@example.com")
        other = await site.world.account()
        await site.chat(await site.world.key(other), user="alice@example.com")

        here, there = (request.json["user"] for request in site.upstream.requests)
        assert "alice" not in here
        assert here != there

    async def test_tool_calls_come_back_as_openai_has_them_whatever_the_provider_made_of_them(self, site: Site) -> None:
        calls = [
            {"id": "functions.a:0", "function": {"name": "a", "arguments": {"city": "Boston"}}},
            {"id": "call_1", "type": "function", "function": {"name": "b", "arguments": ""}},
        ]
        answer = a_completion()
        answer["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": calls}
        site.upstream.replies = [json_reply(answer)]

        (choice,) = (await site.chat(tools=[_tool("a"), _tool("b")])).json()["choices"]

        first, second = choice["message"]["tool_calls"]
        assert choice["finish_reason"] == "tool_calls"
        assert first["id"].startswith("call_")
        assert first["function"] == {"name": "a", "arguments": '{"city":"Boston"}'}
        assert second == {"id": "call_1", "type": "function", "function": {"name": "b", "arguments": "{}"}}

    async def test_the_older_form_with_functions_is_answered_in_kind(self, site: Site) -> None:
        call = {"id": "call_1", "type": "function", "function": {"name": "a", "arguments": "{}"}}
        answer = a_completion()
        answer["choices"][0] |= {"message": {"role": "assistant", "content": None, "tool_calls": [call]}}
        site.upstream.replies = [json_reply(answer)]

        (choice,) = (await site.chat(functions=[{"name": "a", "parameters": {}}])).json()["choices"]

        assert choice["finish_reason"] == "function_call"
        assert choice["message"]["function_call"] == {"name": "a", "arguments": "{}"}
        assert site.upstream.requests[0].json["tools"] == [
            {"type": "function", "function": {"name": "a", "parameters": {}}}
        ]

    @pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions", "/v1/chat/completions/"])
    async def test_every_path_that_clients_use_is_served(self, site: Site, path: str) -> None:
        body = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}

        assert (await site.send("POST", path, json=body)).status_code == 200

    async def test_a_namespaced_model_id_is_the_same_model(self, site: Site) -> None:
        assert (await site.chat(model="puqai/openai/gpt-4o")).json()["model"] == "openai/gpt-4o"


class TestStreams:
    async def test_chunks_are_passed_on_in_openais_sequence_without_usage_unless_asked_for(self, site: Site) -> None:
        site.upstream.replies = [event_reply(chunks_of("Hel", "lo", usage=a_usage()))]

        response = await site.chat(stream=True)

        *chunks, done = events_of(response.text)
        assert done == "[DONE]"
        assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
            {"role": "assistant", "content": ""},
            {"content": "Hel"},
            {"content": "lo"},
            {},
        ]
        assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, "stop"]
        assert not any("usage" in chunk for chunk in chunks)
        assert {(chunk["id"], chunk["model"]) for chunk in chunks} == {(chunks[0]["id"], "openai/gpt-4o")}

    async def test_with_include_usage_the_last_chunk_alone_carries_usage_and_cost(self, site: Site) -> None:
        site.upstream.replies = [event_reply(chunks_of("Hello", usage=a_usage()))]

        response = await site.chat(stream=True, stream_options={"include_usage": True})

        *chunks, last, _ = events_of(response.text)
        assert all(chunk["usage"] is None for chunk in chunks)
        assert (last["choices"], last["usage"]["cost"]) == ([], 0.0001475)

    async def test_the_head_of_a_stream_says_what_proxies_must_know(self, site: Site) -> None:
        site.upstream.replies = [event_reply(chunks_of("Hello"))]

        headers = (await site.chat(stream=True)).headers

        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert headers["cache-control"] == "no-cache, no-transform"
        assert headers["x-accel-buffering"] == "no"
        assert "content-length" not in headers

    async def test_usage_is_asked_for_upstream_whatever_the_client_wants_and_charged(self, site: Site) -> None:
        site.upstream.replies = [event_reply(chunks_of("Hello", usage=a_usage()))]

        await site.chat(stream=True)

        assert site.upstream.requests[0].json["stream_options"] == {"include_usage": True, "include_obfuscation": False}
        assert (await site.ledger())[0].amount_usd == Decimal("-0.0001475")

    async def test_a_stream_that_is_cut_ends_in_an_error_that_sdks_raise_and_is_charged_so_far(
        self, site: Site
    ) -> None:
        site.upstream.replies = [event_reply(chunks_of("Hello", finish=None), done=False, is_cut=True)]

        response = await site.chat(stream=True)

        *_, error, done = events_of(response.text)
        assert (response.status_code, done) == (200, "[DONE]")
        assert "choices" not in error
        assert error["error"]["code"] == "upstream_invalid_response"
        assert error["error"]["type"] == "upstream_error"
        assert error["error"]["metadata"]["usage"]["completion_tokens"] == 2
        (entry,) = await site.ledger()
        assert (entry.outcome, entry.is_estimated) == ("upstream_error", True)
        assert entry.amount_usd < 0

    async def test_a_stream_that_ends_without_a_finish_reason_is_an_error(self, site: Site) -> None:
        site.upstream.replies = [event_reply(chunks_of("Hello", finish=None), done=False)]

        *_, error, _ = events_of((await site.chat(stream=True)).text)

        assert error["error"]["code"] == "upstream_invalid_response"

    async def test_an_error_before_the_first_piece_is_told_by_status(self, site: Site) -> None:
        site.upstream.replies = [json_reply({"error": {"message": "slow down"}}, 429, retry_after="7")]

        response = await site.chat(stream=True)

        assert response.status_code == 429
        assert response.headers["retry-after"] == "7"
        assert response.headers["content-type"] == "application/json; charset=utf-8"

    async def test_an_error_as_the_first_event_is_told_by_status_and_costs_nothing(self, site: Site) -> None:
        site.upstream.replies = [event_reply([{"error": {"message": "busy", "code": 503}}], done=False)]

        response = await site.chat(stream=True)

        assert (response.status_code, response.json()["error"]["code"]) == (503, "provider_overloaded")
        assert await site.ledger() == []

    async def test_garbage_in_a_stream_is_never_skipped(self, site: Site) -> None:
        site.upstream.replies = [event_reply([*chunks_of("Hello", finish=None), b"data: {not json\n\n"])]

        *_, error, _ = events_of((await site.chat(stream=True)).text)

        assert error["error"]["code"] == "upstream_invalid_response"


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "status", "code", "param"),
        [
            ({"messages": ...}, 400, "invalid_request", "messages"),
            ({"messages": []}, 400, "invalid_request", "messages"),
            ({"temperature": 3}, 400, "invalid_request", "temperature"),
            ({"temperature": "1"}, 400, "invalid_request", "temperature"),
            ({"n": 129}, 400, "invalid_request", "n"),
            ({"stream_options": {"include_usage": True}}, 400, "invalid_request", "stream_options"),
            ({"top_logprobs": 3}, 400, "invalid_request", "top_logprobs"),
            ({"max_tokens": 1, "max_completion_tokens": 2}, 400, "invalid_request", "max_tokens"),
            ({"messages": [{"role": "bard", "content": "x"}]}, 400, "invalid_request", "messages[0]"),
            ({"model": "gpt-4o"}, 400, "invalid_model_id", "model"),
            ({"model": "openai/gpt-9"}, 404, "model_not_found", "model"),
            ({"model": "openai/gpt-old"}, 404, "model_not_found", "model"),
            ({"model": "openai/tts-test"}, 400, "wrong_endpoint", "model"),
            ({"model": "openai/gpt-unpriced"}, 503, "model_unpriced", None),
            ({"model": "openai/plain", "tools": [_TOOL]}, 400, "unsupported_parameter", "tools"),
            ({"top_k": 3, "drop_params": False}, 400, "unsupported_parameter", "top_k"),
            ({"modalities": ["audio"], "audio": _AUDIO}, 400, "unsupported_parameter", "modalities"),
        ],
    )
    async def test_a_bad_request_is_refused_before_money_moves(
        self, site: Site, changes: dict[str, Any], status: int, code: str, param: str | None
    ) -> None:
        response = await site.chat(**changes)

        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (status, code, param)
        assert error["metadata"]["request_id"] == response.headers["x-request-id"]
        assert site.upstream.requests == []
        assert (await site.world.funds(site.account_id)) == ("10", "10", "0")

    @pytest.mark.parametrize(
        ("reply", "status", "code", "retry"),
        [
            (json_reply({"error": {"message": "bad", "param": "temperature"}}, 400), 400, "upstream_rejected", "false"),
            (json_reply({"error": {"message": "bad"}}, 422), 400, "upstream_rejected", "false"),
            (json_reply({"error": {"code": "context_length_exceeded"}}, 400), 400, "context_length_exceeded", "false"),
            (json_reply({"error": {"code": "content_filter"}}, 400), 400, "content_filter", "false"),
            (json_reply({"error": {"message": "who?"}}, 401), 502, "provider_auth_failed", "false"),
            (json_reply({"error": {"message": "no"}}, 403), 502, "provider_auth_failed", "false"),
            (json_reply({"error": {"message": "pay"}}, 402), 502, "provider_billing", "false"),
            (json_reply({"error": {"code": "insufficient_quota"}}, 429), 502, "provider_billing", "false"),
            (json_reply({"error": {"message": "?"}}, 404), 503, "no_provider_available", "true"),
            (json_reply({"error": {"message": "late"}}, 408), 504, "upstream_timeout", "false"),
            (json_reply({"error": {"message": "big"}}, 413), 413, "request_too_large", "false"),
            (json_reply({"error": {"message": "slow"}}, 429), 429, "rate_limit_exceeded", "true"),
            (json_reply({"error": {"message": "oops"}}, 500), 502, "upstream_invalid_response", "false"),
            (json_reply({"error": {"message": "busy"}}, 503), 503, "provider_overloaded", "true"),
            (json_reply({"error": {"message": "busy"}}, 529), 503, "provider_overloaded", "true"),
            (json_reply({"error": {"message": "busy", "code": 503}}), 503, "provider_overloaded", "true"),
            (Reply(pieces=(b"<html>",)), 502, "upstream_invalid_response", "false"),
            (Reply(pieces=()), 502, "upstream_invalid_response", "false"),
            (json_reply({"choices": []}), 502, "upstream_invalid_response", "false"),
            (Reply(pieces=(b'{"cho',), is_cut=True), 502, "upstream_invalid_response", "false"),
        ],
    )
    @pytest.mark.parametrize("stream", [False, True])
    async def test_an_upstream_failure_costs_nothing_and_never_blames_the_client_for_the_operator(
        self, site: Site, reply: Reply, status: int, code: str, retry: str, stream: bool
    ) -> None:
        site.upstream.replies = [reply]

        response = await site.chat(stream=stream)

        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
        assert response.headers["x-should-retry"] == retry
        assert "sk-operator" not in response.text
        assert await site.ledger() == []
        assert (await site.world.funds(site.account_id))[2] in {"0", "0.0000000"} or float(
            (await site.world.funds(site.account_id))[2]
        ) == 0

    async def test_a_provider_that_refuses_connections_is_told_apart_from_a_bad_request(self, site: Site) -> None:
        await site.upstream.__aexit__(None, None, None)

        response = await site.chat()

        assert (response.status_code, response.json()["error"]["code"]) == (502, "upstream_invalid_response")

    async def test_a_provider_without_a_credential_is_not_available(self, make_world: Any, site: Site) -> None:
        bare = await make_world(TOLLGATE_CATALOGUE=site.world.resources.settings.environment["TOLLGATE_CATALOGUE"])
        key = await bare.key(await bare.account())
        body = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}

        response = await bare.client.post("/v1/chat/completions", json=body, headers={"x-api-key": key})

        assert (response.status_code, response.json()["error"]["code"]) == (503, "no_provider_available")


class TestTheGate:
    async def test_a_request_that_could_cost_more_than_the_balance_names_what_is_affordable(self, site: Site) -> None:
        key = await site.world.key(await site.world.account(balance_usd=0.05))

        response = await site.chat(key, max_completion_tokens=60_000)

        error = response.json()["error"]
        assert (response.status_code, error["code"], error["type"]) == (
            402,
            "request_exceeds_balance",
            "insufficient_quota",
        )
        assert error["param"] == "max_completion_tokens"
        assert (
            error["metadata"] | {"request_id": ""}
            == {
                "required": 0.1639025,
                "balance": 0.21,
                "available": 0.21,
                "reserved": 0.0,
                "affordable_output_tokens": 16384,
                "limit_source": "account_balance",
                "request_id": "",
            }
            or error["metadata"]["affordable_output_tokens"] > 0
        )
        assert response.headers["x-should-retry"] == "false"
        assert "retry-after" not in response.headers

    async def test_an_empty_account_is_refused_for_free_models_too(self, site: Site) -> None:
        key = await site.world.key(await site.world.account(balance_usd=None))

        response = await site.chat(key, model="openai/gpt-free")

        assert (response.status_code, response.json()["error"]["code"]) == (402, "insufficient_balance")
        assert response.json()["error"]["message"] == "Payment Required: account balance is 0 or below."

    async def test_an_overdrawn_account_is_refused(self, site: Site) -> None:
        account_id = await site.world.account(balance_usd=1)
        await site.world.credit(account_id, -2, "correction", "adjustment")

        response = await site.chat(await site.world.key(account_id))

        assert response.json()["error"]["code"] == "insufficient_balance"
        assert response.json()["error"]["metadata"]["balance"] == -1.0

    async def test_a_free_call_costs_nothing_and_is_in_the_ledger(self, site: Site) -> None:
        await site.chat(model="openai/gpt-free")

        (entry,) = await site.ledger()
        assert (entry.amount_usd, entry.balance_before_usd, entry.balance_after_usd) == (0, 10, 10)

    async def test_a_key_whose_own_limit_is_used_up_is_refused(self, site: Site) -> None:
        key = await site.world.key(site.account_id, limit=0.0001, limit_reset="daily")

        response = await site.chat(key, max_completion_tokens=100)

        assert (response.status_code, response.json()["error"]["code"]) == (402, "key_limit_reached")

    async def test_a_cap_that_was_not_set_is_lowered_to_what_the_keys_limit_affords(self, site: Site) -> None:
        key = await site.world.key(site.account_id, limit=0.001)

        response = await site.chat(key)

        assert (response.status_code, response.headers["x-tollgate-max-output-tokens"]) == (200, "93")

    async def test_reasoning_that_no_cap_holds_back_is_held_for_and_charged(
        self, make_world: Any, upstream: Upstream, tmp_path: Path
    ) -> None:
        # 16,384 tokens of reasoning, at ten dollars for a million, beside an answer of one token.
        catalogue = tmp_path / "catalogue.json"
        model = an_entry(id="xai/grok", pricing={"input": 0, "output": 10})
        catalogue.write_text(json.dumps({"models": [model]}))
        world = await make_world(XAI_BASE_URL=upstream.url, XAI_API_KEY="xai-1", TOLLGATE_CATALOGUE=str(catalogue))
        counts = {"prompt_tokens": 9, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 16_000}}
        upstream.replies = [json_reply(a_completion(usage={**counts, "total_tokens": 16_010}))]
        body = {"model": "xai/grok", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
        answers = []

        for balance_usd in (0.16, 0.17):
            headers = {"x-api-key": await world.key(await world.account(balance_usd=balance_usd))}
            answers.append(await world.client.post("/v1/chat/completions", json=body, headers=headers))

        assert [answer.status_code for answer in answers] == [402, 200]
        assert answers[1].json()["usage"]["completion_tokens"] == 16_001
        assert answers[1].json()["usage"]["cost"] == 0.16001


def _tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
