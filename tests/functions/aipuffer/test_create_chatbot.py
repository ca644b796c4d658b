"""POST /aipkit/v1/chatbots, and the conventions that every endpoint of the family has."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WorldMaker
from tests.functions.aipuffer.conftest import BASE, bot, faults, make_site, told
from tests.functions.conftest import Site
from tests.upstream import Upstream

PATH = f"{BASE}/chatbots"
A_BOT = {"name": "Support Bot", "provider": "sandbox", "model": "chat"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_a_name_and_a_model_make_a_bot_with_all_that_one_has(site: Site) -> None:
    response = await site.send("POST", PATH, json={"name": "Support Bot", "model": "gpt-4o-mini"})

    made = response.json()
    assert response.status_code == 201
    assert (made["bot_id"], made["name"], made["status"]) == (1, "Support Bot", "publish")
    assert (made["provider"], made["model"], made["temperature"]) == ("openai", "gpt-4o-mini", 1.0)
    assert (made["max_completion_tokens"], made["max_messages"], made["vector_store_top_k"]) == (4000, 15, 3)
    assert made["enable_vector_store"] is False
    assert (made["token_guest_limit"], made["token_reset_period"]) == (None, "never")
    assert "[date]" in made["instructions"]


async def test_ids_are_counted_in_the_whole_installation(site: Site) -> None:
    other = await site.world.key(await site.world.account())

    first = await bot(site)
    theirs = (await site.send("POST", PATH, key=other, json=A_BOT)).json()["bot_id"]
    await site.send("DELETE", f"{PATH}/{theirs}", key=other)

    assert (first, theirs, await bot(site)) == (1, 2, 3)


async def test_without_a_provider_and_a_model_the_first_provider_that_is_configured_answers(site: Site) -> None:
    made = (await site.send("POST", PATH, json={"name": "Any"})).json()

    assert (made["provider"], made["model"]) == ("openai", "")


async def test_flags_numbers_and_lists_come_as_forms_write_them(site: Site) -> None:
    content = (
        "name=Form+Bot&provider=Sandbox&temperature=0.5&max_messages=3&enable_copy_button=0&banned_words=spam,+scam"
        "&conversation_starters[]=Hi&conversation_starters[]=What%3F&token_role_limits[editor]=5"
        "&embed_allowed_domains=https://a.example/%0Ab.example"
    )

    made = (await site.send("POST", PATH, headers=FORM, content=content)).json()

    assert (made["provider"], made["temperature"], made["max_messages"]) == ("sandbox", 0.5, 3)
    assert made["enable_copy_button"] is False
    assert (made["conversation_starters"], made["token_role_limits"]) == (["Hi", "What?"], {"editor": 5})
    assert (made["banned_words"], made["embed_allowed_domains"]) == (
        ["spam", "scam"],
        ["https://a.example", "b.example"],
    )


async def test_what_is_no_text_in_a_form_is_left_out(site: Site) -> None:
    made = await site.send(
        "POST", PATH, headers=FORM, content=b"provider=sandbox&name=Caf%C3%A9+\xc3\xbc%FF\xff%ED%A0%80!"
    )

    assert (made.status_code, made.json()["name"]) == (201, "Café ü!")


async def test_a_form_of_too_many_fields_is_refused(site: Site) -> None:
    content = "&".join(f"a{number}=1" for number in range(1_001))

    response = await site.send("POST", PATH, headers=FORM, content=content)

    assert told(response) == (400, "rest_aipkit_invalid_param")
    assert told(await site.world.client.post(PATH, headers=FORM, content=content)) == (
        401,
        "rest_aipkit_invalid_api_key",
    )


async def test_a_form_with_parts_is_read_like_any_other(site: Site) -> None:
    parts: Any = {"name": (None, "Parts"), "provider": (None, "sandbox"), "conversation_starters[0]": (None, "Hi")}

    made = await site.send("POST", PATH, files=parts)

    assert (made.status_code, made.json()["conversation_starters"]) == (201, ["Hi"])


async def test_a_body_counts_before_the_query(site: Site) -> None:
    made = (await site.send("POST", f"{PATH}?name=Query&model=chat&status=draft", json=A_BOT)).json()

    assert (made["name"], made["status"]) == ("Support Bot", "draft")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"temperature": 2.5}, {"temperature": "rest_out_of_bounds"}),
        ({"max_messages": 0, "status": "trash"}, {"max_messages": "rest_out_of_bounds", "status": "rest_not_in_enum"}),
        ({"provider": "nobody"}, {"provider": "rest_not_in_enum"}),
        ({"model": "no-such-model"}, {"model": "rest_invalid_param"}),
        ({"model": "embedding"}, {"model": "rest_invalid_param"}),
        ({"enable_copy_button": "perhaps"}, {"enable_copy_button": "rest_invalid_type"}),
        (
            {"enable_vector_store": True, "vector_store_provider": "claude_files"},
            {"vector_store_provider": "rest_not_in_enum"},
        ),
    ],
)
async def test_what_a_setting_cannot_be_is_told_by_its_name(
    site: Site, changes: dict[str, Any], found: dict[str, str]
) -> None:
    assert faults(await site.send("POST", PATH, json={**A_BOT, **changes})) == found


async def test_a_bot_without_a_name_is_missing_it(site: Site) -> None:
    response = await site.send("POST", PATH, json={"name": None})

    assert told(response) == (400, "rest_missing_callback_param")
    assert response.json()["data"]["params"] == ["name"]


async def test_the_sandbox_is_no_provider_where_it_is_off(
    make_world: WorldMaker, upstream: Upstream, tmp_path: Path
) -> None:
    site = await make_site(make_world, upstream, tmp_path, SANDBOX="off")

    response = await site.send("POST", PATH, json=A_BOT)

    assert faults(response) == {"provider": "rest_not_in_enum"}
    assert "sandbox" not in response.json()["data"]["params"]["provider"]


async def test_settings_that_no_store_takes_are_refused(site: Site) -> None:
    response = await site.send("POST", PATH, json={**A_BOT, "custom_theme_settings": {"css": "x" * 310_000}})

    assert told(response) == (400, "rest_aipkit_settings_too_large")


class TestCredentials:
    async def test_without_a_key_the_plugins_code_is_told_and_no_challenge(self, site: Site) -> None:
        response = await site.world.client.post(PATH, json=A_BOT)

        assert told(response) == (401, "rest_aipkit_invalid_api_key")
        assert "www-authenticate" not in response.headers

    @pytest.mark.parametrize("content", ["{bad json", "{}", ""])
    async def test_who_has_no_key_is_told_that_before_what_is_wrong_with_the_body(
        self, site: Site, content: str
    ) -> None:
        response = await site.world.client.post(PATH, content=content, headers={"content-type": "application/json"})

        assert told(response) == (401, "rest_aipkit_invalid_api_key")

    async def test_a_broken_body_is_told_to_who_has_one(self, site: Site) -> None:
        response = await site.send("POST", PATH, content="{bad json", headers={"content-type": "application/json"})

        assert told(response) == (400, "rest_invalid_json")
        assert response.json()["data"]["json_error_code"] == 4

    async def test_the_scheme_is_read_in_any_case_with_any_blanks(self, site: Site) -> None:
        headers = {"authorization": f"bEaReR  {site.key} "}

        assert (await site.world.client.post(PATH, json=A_BOT, headers=headers)).status_code == 201

    @pytest.mark.parametrize("scheme", ["Bearer tg-wrong", "Basic x", "Bearer"])
    async def test_a_wrong_header_does_not_stand_in_the_way_of_a_right_parameter(self, site: Site, scheme: str) -> None:
        body = {**A_BOT, "aipkit_api_key": site.key}

        response = await site.world.client.post(PATH, json=body, headers={"authorization": scheme})

        assert response.status_code == 201
        assert site.key not in response.text

    async def test_the_parameter_may_stand_in_the_query_a_form_and_a_form_with_parts(self, site: Site) -> None:
        client, key = site.world.client, {"aipkit_api_key": site.key}
        parts: Any = {name: (None, value) for name, value in {**A_BOT, **key}.items()}

        answers = [
            await client.post(PATH, params=key, json=A_BOT),
            await client.post(PATH, data={**A_BOT, **key}),
            await client.post(PATH, files=parts),
        ]

        assert [answer.status_code for answer in answers] == [201, 201, 201]

    async def test_a_right_bearer_is_enough_whatever_else_is_sent(self, site: Site) -> None:
        headers = {"x-api-key": "tg-wrong"}

        response = await site.send("POST", f"{PATH}?aipkit_api_key=wrong", json=A_BOT, headers=headers)

        assert response.status_code == 201

    async def test_a_parameter_is_not_trimmed(self, site: Site) -> None:
        response = await site.world.client.post(PATH, json={**A_BOT, "aipkit_api_key": f" {site.key} "})

        assert told(response) == (401, "rest_aipkit_invalid_api_key")

    async def test_a_key_in_the_body_may_do_no_more_than_in_a_header(self, site: Site) -> None:
        key = await site.world.key(site.account_id, "prompt_ai")

        response = await site.world.client.post(PATH, json={**A_BOT, "aipkit_api_key": key})

        assert told(response) == (403, "rest_forbidden")

    async def test_a_key_in_the_body_is_counted_like_any_other(self, site: Site) -> None:
        key = await site.world.key(site.account_id, limits={"requests_per_minute": 1})
        body = {**A_BOT, "aipkit_api_key": key}

        first, second = [await site.world.client.post(PATH, json=body) for _ in range(2)]

        assert first.status_code == 201
        assert told(second) == (429, "rest_aipkit_rate_limit_exceeded")
        assert second.json()["data"]["retry_after"] >= 1

    async def test_a_request_that_is_repeated_with_its_key_in_the_body_runs_once(self, site: Site) -> None:
        body, headers = {**A_BOT, "aipkit_api_key": site.key}, {"idempotency-key": "one"}

        first, second = [await site.world.client.post(PATH, json=body, headers=headers) for _ in range(2)]

        assert second.headers["idempotent-replayed"] == "true"
        assert second.json() == first.json()
        assert len(await site.world.resources.chatbots.list(site.account_id)) == 1

    async def test_nobody_is_let_in_where_the_api_is_switched_off(
        self, make_world: WorldMaker, upstream: Upstream, tmp_path: Path
    ) -> None:
        site = await make_site(make_world, upstream, tmp_path, PUFFER_API="off")

        with_key, without = await site.send("POST", PATH, json=A_BOT), await site.world.client.post(PATH, json=A_BOT)
        poor = await site.world.key(await site.world.account(balance_usd=None))
        unpaid = await site.send("POST", f"{BASE}/generate", key=poor, json={})

        assert told(with_key) == told(without) == told(unpaid) == (403, "rest_aipkit_api_access_disabled")


async def test_a_page_of_another_origin_may_read_nothing(site: Site) -> None:
    page = {"origin": "https://page.example"}

    answers = [
        await site.send("POST", PATH, json=A_BOT, headers=page),
        await site.world.client.post(PATH, json=A_BOT, headers=page),
        await site.world.client.options(PATH, headers={**page, "access-control-request-method": "POST"}),
        await site.world.client.get(f"{BASE}/nothing", headers=page),
    ]

    assert [answer.status_code for answer in answers] == [201, 401, 200, 404]
    assert [name for answer in answers for name in answer.headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize("path", [f"/wp-json{PATH}", f"{PATH}/", f"/wp-json{PATH}/"])
async def test_roots_and_slashes_make_no_difference(site: Site, path: str) -> None:
    assert (await site.send("POST", path, json=A_BOT)).status_code == 201


@pytest.mark.parametrize("path", ["/AIPKIT/v1/Chatbots", "/wp-json/aipkit/V1/chatbots/"])
async def test_a_path_in_capitals_leads_to_the_one_in_lower_case(site: Site, path: str) -> None:
    response = await site.send("POST", f"{path}?a=B", json=A_BOT, follow_redirects=True)

    (redirect,) = response.history
    assert redirect.status_code == 308
    assert redirect.headers["location"] == f"{path.lower().rstrip('/')}?a=B"
    assert response.status_code == 201


@pytest.mark.parametrize(("method", "path"), [("PUT", "/chatbots"), ("GET", "/nothing"), ("POST", "/chatbots/1")])
async def test_what_is_not_there_or_takes_another_method_has_no_route(site: Site, method: str, path: str) -> None:
    assert told(await site.send(method, BASE + path)) == (404, "rest_no_route")
