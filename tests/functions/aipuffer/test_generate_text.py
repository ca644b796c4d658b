"""POST /aipkit/v1/generate."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import WorldMaker
from tests.functions.aipuffer.conftest import BASE, faults, make_site, told
from tests.functions.conftest import Site
from tests.upstream import Upstream, a_completion, json_reply

PATH = f"{BASE}/generate"


async def generate(site: Site, **changes: Any) -> httpx2.Response:
    """A question to OpenAI's model on loopback; `changes` are those of the body."""
    body = {"provider": "openai", "model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}], **changes}
    return await site.send("POST", PATH, json={name: value for name, value in body.items() if value is not ...})


def asked(site: Site) -> Any:
    """What the provider was sent."""
    return site.upstream.requests[-1].json


async def test_an_answer_has_the_label_of_the_provider_and_the_model_as_it_was_asked_for(site: Site) -> None:
    response = await generate(site)

    assert (response.status_code, response.json()) == (
        200,
        {
            "content": "Hello!",
            "usage": {"input_tokens": 19, "output_tokens": 10, "total_tokens": 29},
            "provider": "OpenAI",
            "model": "gpt-4o-mini",
        },
    )
    assert asked(site)["model"] == "gpt-4o-mini"
    (entry,) = await site.ledger()
    assert entry.model == "openai/gpt-4o-mini"


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "gpt-4o-mini"])
async def test_the_gateways_own_id_of_a_model_is_understood_too(site: Site, model: str) -> None:
    assert (await generate(site, model=model)).json()["model"] == model


async def test_the_sandbox_is_a_provider_where_it_is_on(site: Site) -> None:
    answer = (await generate(site, provider="sandbox", model="chat")).json()

    assert (answer["provider"], answer["model"]) == ("Sandbox", "chat")
    assert answer["content"]


async def test_usage_that_a_provider_does_not_tell_is_null(site: Site) -> None:
    assert (await generate(site, provider="sandbox", model="no-usage")).json()["usage"] is None


class TestInstructions:
    async def test_one_that_is_given_wins_over_those_among_the_messages(self, site: Site) -> None:
        messages = [{"role": "system", "content": "Shout"}, {"role": "user", "content": "Hi"}]

        await generate(site, messages=messages, system_instruction="Whisper")

        assert asked(site)["messages"] == [
            {"role": "system", "content": "Whisper"},
            {"role": "user", "content": "Hi"},
        ]

    async def test_those_among_the_messages_count_where_none_is_given(self, site: Site) -> None:
        messages = [
            {"role": "system", "content": "Shout"},
            {"role": "user", "content": "Hi"},
            {"role": "system", "content": "Once"},
        ]

        await generate(site, messages=messages)

        assert [message["content"] for message in asked(site)["messages"]] == ["Shout\n\nOnce", "Hi"]

    async def test_there_always_is_one(self, site: Site) -> None:
        await generate(site)

        assert asked(site)["messages"][0]["role"] == "system"
        assert asked(site)["messages"][0]["content"]

    async def test_the_day_is_filled_in_and_the_name_of_nobody(self, site: Site) -> None:
        await generate(
            site,
            system_instruction="[date]: hello '[username]'",
            messages=[{"role": "user", "content": "What is [date]?"}],
        )

        now = site.world.resources.now()
        told_first, question = asked(site)["messages"]
        assert told_first["content"] == f"{now:%B} {now.day}, {now.year}: hello ''"
        assert question["content"] == "What is [date]?"

    async def test_texts_are_cleaned_and_blank_messages_left_out(self, site: Site) -> None:
        texts = [("user", " one\r\ntwo\rthree\x00\x1b\tfour "), ("assistant", " \n "), ("user", "<b>x</b>")]

        await generate(site, messages=[{"role": role, "content": text} for role, text in texts])

        said = [message["content"] for message in asked(site)["messages"][1:]]
        assert said == ["one\ntwo\nthree\tfour", "<b>x</b>"]


class TestParameters:
    @pytest.mark.parametrize(
        ("params", "sent"),
        [
            ({}, {"temperature": 1.0}),
            ({"temperature": 9, "max_completion_tokens": 0}, {"temperature": 2.0, "max_completion_tokens": 1}),
            ({"temperature": "0.5"}, {"temperature": 0.5}),
            ({"temperature": "warm"}, {"temperature": 0.0}),
            ({"max_completion_tokens": "200"}, {"max_completion_tokens": 200}),
            ({"top_p": 0.9, "stop": "END"}, {"top_p": 0.9, "stop": ["END"], "temperature": None}),
            ({"top_p": 7, "temperature": 0.1}, {"top_p": 1.0, "temperature": 0.1}),
            ({"stop": ["a", "b"], "unknown": 1}, {"stop": ["a", "b"]}),
        ],
    )
    async def test_what_is_beyond_its_limits_is_brought_within(
        self, site: Site, params: dict[str, Any], sent: dict[str, Any]
    ) -> None:
        assert (await generate(site, ai_params=params)).status_code == 200

        assert {name: asked(site).get(name) for name in sent} == sent
        assert "unknown" not in asked(site)

    async def test_max_tokens_has_no_effect(self, site: Site) -> None:
        await generate(site)
        usual = asked(site)

        await generate(site, ai_params={"max_tokens": 5})

        assert asked(site) == usual

    async def test_an_effort_reaches_a_model_that_reasons(self, site: Site) -> None:
        response = await generate(
            site, provider="sandbox", model="reasoner", ai_params={"reasoning": {"effort": "high"}}
        )

        assert response.status_code == 200

    async def test_an_empty_list_is_an_empty_object(self, site: Site) -> None:
        assert (await generate(site, ai_params=[])).status_code == 200


async def test_an_answer_that_was_cut_says_so(site: Site) -> None:
    cut = a_completion(" It goes ")
    cut["choices"][0]["finish_reason"] = "length"
    site.upstream.replies[:] = [json_reply(cut)]

    assert (await generate(site)).json()["content"] == "It goes (Incomplete: length)"


class TestWhatIsRefused:
    async def test_all_that_is_missing_is_named_in_order(self, site: Site) -> None:
        response = await site.send("POST", PATH, json={"model": None})

        assert told(response) == (400, "rest_missing_callback_param")
        assert response.json()["data"]["params"] == ["provider", "model", "messages"]
        assert response.json()["message"].endswith("provider, model, messages")

    @pytest.mark.parametrize(
        ("changes", "found"),
        [
            ({"provider": "OpenAI"}, {"provider": "rest_not_in_enum"}),
            ({"provider": "aipuffercloud"}, {"provider": "rest_not_in_enum"}),
            ({"messages": [{"role": "tool", "content": "x"}]}, {"messages": "rest_not_in_enum"}),
            ({"messages": [{"role": "user", "content": 5}]}, {"messages": "rest_invalid_type"}),
            ({"messages": [{"role": "user"}]}, {"messages": "rest_property_required"}),
            ({"messages": "Hello"}, {"messages": "rest_invalid_type"}),
            ({"ai_params": "warm"}, {"ai_params": "rest_invalid_type"}),
            ({"stream": "yes"}, {"stream": "rest_invalid_type"}),
            ({"stream": "yes", "model": 5}, {"stream": "rest_invalid_type", "model": "rest_invalid_type"}),
        ],
    )
    async def test_what_cannot_be_is_told_by_its_name(
        self, site: Site, changes: dict[str, Any], found: dict[str, str]
    ) -> None:
        response = await generate(site, **changes)

        assert faults(response) == found
        assert site.upstream.requests == []

    async def test_the_place_of_a_fault_is_written_with_brackets(self, site: Site) -> None:
        response = await generate(site, messages=[{"role": "user", "content": "Hi"}, {"role": "x", "content": "y"}])

        details = response.json()["data"]["details"]["messages"]
        assert "messages[1][role]" in details["message"]
        assert details["data"] is None

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"model": ""}, "rest_aipkit_missing_param"),
            ({"model": "0"}, "rest_aipkit_missing_param"),
            ({"messages": []}, "rest_aipkit_invalid_param"),
            ({"stream": True}, "rest_aipkit_streaming_not_supported"),
            ({"stream": "true"}, "rest_aipkit_streaming_not_supported"),
            ({"stream": 1}, "rest_aipkit_streaming_not_supported"),
            ({"stream": True, "messages": []}, "rest_aipkit_invalid_param"),
            ({"messages": [{"role": "user", "content": " "}]}, "rest_aipkit_invalid_message_format"),
        ],
    )
    async def test_what_is_there_and_makes_no_sense_has_a_code_of_its_own(
        self, site: Site, changes: dict[str, Any], code: str
    ) -> None:
        assert told(await generate(site, **changes)) == (400, code)

    async def test_a_model_that_nobody_has_is_the_providers_refusal(self, site: Site) -> None:
        response = await generate(site, model="gpt-unheard-of")

        assert told(response) == (404, "api_error")
        assert "OpenAI has no model 'gpt-unheard-of'" in response.json()["message"]

    async def test_a_model_for_something_else_is_refused(self, site: Site) -> None:
        response = await generate(site, provider="sandbox", model="embedding")

        assert told(response) == (400, "rest_aipkit_invalid_param")

    async def test_get_is_no_route(self, site: Site) -> None:
        assert told(await site.send("GET", PATH)) == (404, "rest_no_route")

    async def test_the_sandbox_is_none_where_it_is_off(
        self, make_world: WorldMaker, upstream: Upstream, tmp_path: Path
    ) -> None:
        site = await make_site(make_world, upstream, tmp_path, SANDBOX="off")

        assert faults(await generate(site, provider="sandbox", model="chat")) == {"provider": "rest_not_in_enum"}

    async def test_nothing_is_charged_for_it(self, site: Site) -> None:
        await generate(site, stream=True)
        await generate(site, provider="sandbox", model="error-500")

        assert await site.ledger() == []


async def test_an_empty_account_is_402_in_the_familys_own_words(site: Site) -> None:
    key = await site.world.key(await site.world.account(balance_usd=None))

    response = await site.send("POST", PATH, key=key, json={})

    assert told(response) == (402, "rest_aipkit_insufficient_balance")


async def test_a_providers_wait_is_passed_on(site: Site) -> None:
    site.upstream.replies[:] = [json_reply({"error": {"message": "slow down"}}, 429, retry_after="7")]

    response = await generate(site)

    assert told(response) == (429, "api_error")
    assert (response.headers["retry-after"], response.json()["data"]["retry_after"]) == ("7", 7)


async def test_a_form_says_the_same_as_json(site: Site) -> None:
    form = {
        "provider": "openai",
        "model": "gpt-4o-mini",
        "messages[0][role]": "user",
        "messages[0][content]": "Hello",
        "ai_params[temperature]": "0.3",
        "aipkit_api_key": site.key,
    }

    response = await site.world.client.post(PATH, data=form)

    assert response.json()["content"] == "Hello!"
    assert asked(site)["temperature"] == 0.3
    assert "aipkit_api_key" not in asked(site)
