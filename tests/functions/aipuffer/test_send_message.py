"""POST /aipkit/v1/chat/{bot_id}/message."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import WorldMaker
from tests.functions.aipuffer.conftest import BASE, bot, faults, make_site, told
from tests.functions.conftest import Site
from tests.upstream import Upstream, a_completion, a_usage, json_reply

FLAGGED = {"id": "modr-1", "model": "omni-moderation-latest", "results": [{"flagged": True}]}


async def say(site: Site, place: int | str, text: str = "Hello", **rest: Any) -> httpx2.Response:
    """A question to the bot at that place of the path; `rest` are further fields of the body."""
    options = {name: rest.pop(name) for name in ("key", "headers") if name in rest}
    body = {"messages": [{"role": "user", "content": text}], **rest}
    return await site.send("POST", f"{BASE}/chat/{place}/message", json=body, **options)


async def on_openai(site: Site, **changes: Any) -> int:
    """A bot whose model is OpenAI's, on loopback."""
    return await bot(site, provider="openai", model="gpt-4o-mini", **changes)


def asked(site: Site, place: int = -1) -> Any:
    """What the provider was sent."""
    return site.upstream.requests[place].json


async def test_a_bot_answers_with_its_number_and_its_model_and_no_provider(site: Site) -> None:
    bot_id = await bot(site)

    response = await say(site, bot_id)

    answer = response.json()
    assert response.status_code == 200
    assert answer["reply"]
    assert (answer["bot_id"], answer["model"]) == (bot_id, "chat")
    assert answer["usage"]["total_tokens"] == answer["usage"]["input_tokens"] + answer["usage"]["output_tokens"]
    assert "provider" not in answer
    assert answer["citations"] == []
    assert len(await site.ledger()) == 1


async def test_the_settings_of_the_bot_are_what_the_model_gets(site: Site) -> None:
    bot_id = await on_openai(
        site, temperature=0.25, max_completion_tokens=77, instructions="Today is [date].\r\nYou talk to '[username]'."
    )

    await say(site, bot_id, "  How are you?\x07 ")

    body = asked(site)
    system, question = body["messages"]
    assert (body["temperature"], body["max_completion_tokens"]) == (0.25, 77)
    assert question == {"role": "user", "content": "How are you?"}
    now = site.world.resources.now()
    assert system["content"] == f"Today is {now:%B} {now.day}, {now.year}.\nYou talk to ''."


async def test_the_name_that_the_site_gives_of_its_user_is_filled_in(site: Site) -> None:
    bot_id = await on_openai(site, instructions="You talk to [username].")

    await say(site, bot_id, user_id="7", user_name="Ada")

    assert asked(site)["messages"][0]["content"] == "You talk to Ada."


async def test_only_so_many_earlier_messages_are_shown_to_the_model_and_no_blank_ones(site: Site) -> None:
    bot_id = await on_openai(site, max_messages=2)
    messages = [{"role": role, "content": text} for role, text in [("user", "1"), ("assistant", "2"), ("user", " ")]]
    messages += [{"role": "assistant", "content": "3"}, {"role": "user", "content": "4"}]

    await say(site, bot_id, messages=messages)

    assert [message["content"] for message in asked(site)["messages"][1:]] == ["2", "3", "4"]


async def test_a_bot_without_a_model_uses_its_providers_first_one(site: Site) -> None:
    answer = (await say(site, await bot(site, model=""))).json()

    assert answer["reply"]
    assert answer["model"] == ""


async def test_a_draft_answers_to_a_key(site: Site) -> None:
    assert (await say(site, await bot(site, status="draft"))).status_code == 200


async def test_a_form_with_brackets_is_a_conversation(site: Site) -> None:
    bot_id = await on_openai(site)
    form = {"messages[0][role]": "user", "messages[0][content]": "Hello"}

    response = await site.send("POST", f"{BASE}/chat/{bot_id}/message", data=form)

    assert response.status_code == 200
    assert asked(site)["messages"][1]["content"] == "Hello"


async def test_the_path_names_the_bot_whatever_the_body_says(site: Site) -> None:
    first, second = await bot(site), await bot(site)

    assert (await say(site, first, bot_id=second)).json()["bot_id"] == first


async def test_a_conversation_has_an_id_that_the_next_question_may_carry(site: Site) -> None:
    bot_id = await bot(site)

    first = (await say(site, bot_id)).json()["conversation_uuid"]
    again = (await say(site, bot_id, conversation_uuid=first)).json()["conversation_uuid"]
    odd = (await say(site, bot_id, conversation_uuid="A b/ü" + "x" * 50)).json()["conversation_uuid"]

    assert (len(first), again) == (36, first)
    assert odd == "ab" + "x" * 34


async def test_an_exchange_is_written_down_with_who_asked(site: Site) -> None:
    bot_id = await bot(site)

    first = (await say(site, bot_id, session_id="s1")).json()
    await say(site, bot_id, "And you?", session_id="s1", conversation_uuid=first["conversation_uuid"])

    (row,) = (await site.send("GET", f"{BASE}/logs?bot_id={bot_id}")).json()
    said = [message["content"] for message in json.loads(row["messages"])["messages"]]
    assert (row["session_id"], row["is_guest"], row["bot_name"]) == ("s1", "1", "Support Bot")
    assert row["conversation_uuid"] == first["conversation_uuid"]
    assert said[:3] == ["Hello", first["reply"], "And you?"]


class TestWhatIsNoQuestion:
    async def test_no_message_at_all(self, site: Site) -> None:
        assert told(await say(site, 99, messages=[])) == (400, "rest_aipkit_invalid_messages")

    @pytest.mark.parametrize("last", [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": ""}])
    @pytest.mark.parametrize("before", [[], [{"role": "user", "content": "Hi"}]])
    async def test_the_last_has_to_be_the_users_before_any_bot_is_looked_for(
        self, site: Site, last: dict[str, str], before: list[dict[str, str]]
    ) -> None:
        assert told(await say(site, 99, messages=[*before, last])) == (400, "rest_aipkit_invalid_last_message")

    async def test_a_nought_is_nothing(self, site: Site) -> None:
        assert told(await say(site, 99, "0")) == (400, "rest_aipkit_invalid_last_message")

    async def test_instructions_are_the_bots_own_business(self, site: Site) -> None:
        response = await say(site, 99, messages=[{"role": "system", "content": "Obey"}])

        assert faults(response) == {"messages": "rest_not_in_enum"}
        assert "messages[0][role]" in response.json()["data"]["params"]["messages"]

    async def test_messages_are_missing(self, site: Site) -> None:
        response = await site.send("POST", f"{BASE}/chat/99/message", json={})

        assert told(response) == (400, "rest_missing_callback_param")

    async def test_an_unknown_bot_is_not_found(self, site: Site) -> None:
        assert told(await say(site, 99)) == (404, "rest_aipkit_bot_not_found")

    async def test_a_word_is_no_bot(self, site: Site) -> None:
        assert told(await say(site, "support")) == (404, "rest_no_route")


class TestFailures:
    @pytest.mark.parametrize(
        ("model", "status", "code"),
        [
            ("error-401", 502, "api_error"),
            ("error-403", 502, "api_error"),
            ("error-404", 404, "api_error"),
            ("error-422", 422, "api_error"),
            ("error-429", 429, "api_error"),
            ("error-500", 500, "api_error"),
            ("error-connect", 503, "http_request_failed"),
            ("error-timeout", 504, "http_request_failed"),
            ("garbage", 500, "invalid_response_structure_sandbox"),
            ("empty", 500, "invalid_response_structure_sandbox"),
            ("filter", 500, "content_filter"),
        ],
    )
    async def test_a_provider_that_fails_has_the_plugins_code(
        self, site: Site, model: str, status: int, code: str
    ) -> None:
        response = await say(site, await bot(site, model=model))

        assert told(response) == (status, code)
        assert ("retry-after" in response.headers) == (status == 429)

    @pytest.mark.parametrize("model", ["error-401", "error-403"])
    async def test_a_deployment_may_pass_the_providers_own_status_on(
        self, make_world: WorldMaker, upstream: Upstream, tmp_path: Path, model: str
    ) -> None:
        site = await make_site(make_world, upstream, tmp_path, PUFFER_UPSTREAM_STATUS="passed")

        response = await say(site, await bot(site, model=model))

        assert told(response) == (int(model[-3:]), "api_error")

    async def test_a_provider_without_a_key_is_not_configured(
        self, make_world: WorldMaker, upstream: Upstream, tmp_path: Path
    ) -> None:
        site = await make_site(make_world, upstream, tmp_path)

        response = await say(site, await bot(site, provider="claude", model="claude-haiku-4-5"))

        assert told(response) == (503, "missing_api_key")

    async def test_an_account_without_money_is_told_before_what_is_wrong_with_the_body(self, site: Site) -> None:
        key = await site.world.key(await site.world.account(balance_usd=None))

        assert told(await say(site, 99, messages=[], key=key)) == (402, "rest_aipkit_insufficient_balance")

    async def test_a_key_whose_scope_has_not_the_bots_model_is_refused(self, site: Site) -> None:
        key = await site.world.key(site.account_id, models=["openai/*"])

        assert told(await say(site, await bot(site), key=key)) == (403, "rest_aipkit_model_not_allowed")

    @pytest.mark.parametrize(
        ("settings", "status", "code"),
        [
            ({"vector_store_provider": "qdrant"}, 422, "missing_vector_text_target"),
            ({"vector_store_provider": "qdrant", "qdrant_collection_names": "help"}, 503, "missing_qdrant_url"),
            ({"vector_store_provider": "pinecone", "pinecone_index_name": "help"}, 503, "missing_api_key_pinecone"),
        ],
    )
    async def test_a_bot_that_looks_things_up_says_what_is_missing(
        self, site: Site, settings: dict[str, str], status: int, code: str
    ) -> None:
        embedding = {"vector_embedding_provider": "sandbox", "vector_embedding_model": "embedding"}
        bot_id = await bot(site, enable_vector_store=True, **embedding, **settings)

        response = await say(site, bot_id)

        assert told(response) == (status, code)
        assert await site.ledger() == []

    @pytest.mark.parametrize("table", ["CHATBOTS_TABLE", "QUOTAS_TABLE"])
    async def test_a_store_that_does_not_answer_is_worth_another_try(
        self, make_world: WorldMaker, upstream: Upstream, tmp_path: Path, table: str
    ) -> None:
        site = await make_site(make_world, upstream, tmp_path)
        bot_id = await bot(site, token_user_limit=5)
        broken = await make_world(**{table: "no-such-table"})

        response = await say(replace(site, world=broken), bot_id)

        assert told(response) == (503, "rest_aipkit_service_unavailable")
        assert response.headers["retry-after"] == "1"
        assert await site.ledger() == []

    async def test_a_failure_counts_for_nothing(self, site: Site) -> None:
        bot_id = await bot(site, model="error-500", token_user_limit=1)

        assert [(await say(site, bot_id)).status_code for _ in range(2)] == [500, 500]


class TestQuotas:
    async def test_who_has_used_it_all_is_told_what_to_do(self, site: Site) -> None:
        bot_id = await bot(
            site,
            token_guest_limit=1,
            token_limit_message="Enough for today.",
            token_limit_primary_action_type="custom_url",
            token_limit_primary_action_label="Write to us",
            token_limit_primary_action_url="https://shop.example/contact",
        )

        first, second = [await say(site, bot_id, session_id="s1") for _ in range(2)]

        assert first.status_code == 200
        assert told(second) == (429, "token_limit_exceeded_final_logic")
        assert second.json()["message"] == "Enough for today."
        assert second.json()["data"]["quota_notice"] == {
            "message": "Enough for today.",
            "actions": [{"type": "custom_url", "label": "Write to us", "url": "https://shop.example/contact"}],
        }
        assert second.headers["x-should-retry"] == "false"
        assert "retry-after" not in second.headers
        assert len(await site.ledger()) == 1

    async def test_each_visitor_has_a_quota_of_their_own(self, site: Site) -> None:
        bot_id = await bot(site, token_guest_limit=1, token_user_limit=1)
        visitors = [{"session_id": "s1"}, {"session_id": "s2"}, {"user_id": "s1"}, {}]

        first = [(await say(site, bot_id, **visitor)).status_code for visitor in visitors]
        second = [(await say(site, bot_id, **visitor)).status_code for visitor in visitors]

        assert (first, second) == ([200] * 4, [429] * 4)

    @pytest.mark.parametrize(
        ("visitor", "code"),
        [
            ({"session_id": "s1"}, "token_limit_exceeded_guest_logic"),
            ({"user_id": "u1"}, "token_limit_exceeded_user_logic"),
            ({}, "token_limit_exceeded_user_logic"),
        ],
    )
    async def test_nought_is_no_access(self, site: Site, visitor: dict[str, str], code: str) -> None:
        bot_id = await bot(site, token_guest_limit=0, token_user_limit=0)

        assert told(await say(site, bot_id, **visitor)) == (429, code)

    async def test_of_roles_the_one_without_a_limit_wins_and_else_the_highest(self, site: Site) -> None:
        limits = {"subscriber": 0, "editor": 1_000_000, "administrator": None}
        bot_id = await bot(site, token_limit_mode="role_based", token_role_limits=limits)

        def with_roles(*roles: str) -> Any:
            return say(site, bot_id, user_id="u1", user_roles=list(roles))

        assert told(await with_roles("subscriber")) == (429, "token_limit_exceeded_user_logic")
        assert (await with_roles("subscriber", "editor")).status_code == 200
        assert (await with_roles("subscriber", "administrator")).status_code == 200

    async def test_what_answers_use_is_counted_also_where_several_end_at_once(self, site: Site) -> None:
        site.upstream.replies[:] = [json_reply(a_completion(usage=a_usage(prompt=30, completion=12)))]
        bot_id = await on_openai(site, token_user_limit=8 * 42)

        first = await asyncio.gather(*(say(site, bot_id, user_id="u1") for _ in range(8)))
        last = await say(site, bot_id, user_id="u1")

        assert {answer.status_code for answer in first} == {200}
        assert told(last) == (429, "token_limit_exceeded_final_logic")


class TestModeration:
    async def test_a_banned_address_is_refused(self, site: Site) -> None:
        bot_id = await bot(site, banned_ips="203.0.113.9, 127.0.0.1")

        assert told(await say(site, bot_id)) == (403, "ip_banned")

    @pytest.mark.parametrize(
        ("text", "is_banned"),
        [("Buy SPAM now", True), ("spam", True), ("spammer", False), ("a c++ b", True), ("c+", False)],
    )
    async def test_a_banned_word_is_a_whole_word_in_any_case(self, site: Site, text: str, is_banned: bool) -> None:
        bot_id = await bot(site, banned_words=["spam", "c++"])

        response = await say(site, bot_id, text)

        assert (response.json().get("code") == "word_banned") == is_banned
        assert response.status_code == (400 if is_banned else 200)

    async def test_what_openai_flags_reaches_no_model(self, site: Site) -> None:
        bot_id = await on_openai(site, openai_moderation_enabled=True)
        site.upstream.replies[:] = [json_reply(FLAGGED)]

        response = await say(site, bot_id, "Something bad")

        assert told(response) == (400, "content_flagged_by_openai")
        (request,) = site.upstream.requests
        assert (request.path, request.json["input"]) == ("/v1/moderations", "Something bad")
        assert request.headers["authorization"] == "Bearer sk-operator"

    async def test_a_moderation_that_fails_lets_the_message_through(self, site: Site) -> None:
        bot_id = await on_openai(site, openai_moderation_enabled=True)
        site.upstream.replies[:] = [json_reply({"error": {"message": "down"}}, 500), json_reply(a_completion())]

        assert (await say(site, bot_id)).status_code == 200

    async def test_a_bot_of_another_provider_asks_no_moderation(self, site: Site) -> None:
        assert (await say(site, await bot(site, openai_moderation_enabled=True))).status_code == 200
        assert site.upstream.requests == []


async def test_a_question_that_is_repeated_under_its_key_is_asked_once(site: Site) -> None:
    bot_id = await on_openai(site)

    first, second = [await say(site, bot_id, headers={"idempotency-key": "one"}) for _ in range(2)]

    assert second.json() == first.json()
    assert len(site.upstream.requests) == len(await site.ledger()) == 1
