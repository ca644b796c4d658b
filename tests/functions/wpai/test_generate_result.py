"""POST /wp-ai/v1/generate: what comes of a prompt, good or bad."""

from base64 import b64decode, b64encode
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.functions.conftest import Site
from tests.functions.wpai.conftest import fault, parts, prompt, say, supports, told
from tests.upstream import a_completion, a_usage, json_reply, streamed_reply
from tollgate.providers.sandbox_images import draw_stripes

IMAGE = {"type": "file", "file": {"fileType": "inline", "mimeType": "image/png", "base64Data": "iVBORw=="}}
TEXT = {"type": "text", "text": "What is it?"}
WEATHER = {"name": "get_weather", "description": "Weather", "parameters": {"type": "object", "properties": {}}}


def asked(site: Site) -> Any:
    """What the provider was sent last."""
    return site.upstream.requests[-1].json


def a_file(**changes: Any) -> dict[str, Any]:
    return parts({"type": "file", "file": {**IMAGE["file"], **changes}})  # type: ignore[dict-item]


class TestAnswers:
    async def test_a_prompt_is_answered_with_who_answered_and_what_it_used(self, site: Site) -> None:
        response = await prompt(site, modelConfig={}, modelPreferences=[])

        body = response.json()
        assert response.status_code == 200
        assert body["candidates"] == [
            {
                "message": {"role": "model", "parts": [{"channel": "content", **TEXT, "text": "Hello!"}]},
                "finishReason": "stop",
            }
        ]
        assert body["tokenUsage"] == {"promptTokens": 19, "completionTokens": 10, "totalTokens": 29}
        assert (body["providerMetadata"]["id"], body["modelMetadata"]["id"]) == ("openai", "first")
        assert (body["id"], body["additionalData"]["model"]) == ("chatcmpl-up1", "gpt-4o-2024-11-20")

    async def test_it_is_charged_as_the_catalogue_says_once(self, site: Site) -> None:
        response = await prompt(site)

        (entry,) = await site.ledger()
        assert (entry.model, entry.amount_usd) == ("openai/first", Decimal("-0.0001475"))
        assert response.headers["x-tollgate-cost"] == "0.0001475"

    async def test_both_roots_lead_to_it(self, site: Site) -> None:
        response = await prompt(site, path="/wp-json/wp-ai/v1/generate?_locale=user")

        assert response.status_code == 200
        assert response.headers["link"] == '<http://gateway/wp-json/>; rel="https://api.w.org/"'

    async def test_thoughts_come_first_and_are_counted(self, site: Site) -> None:
        message = {"role": "assistant", "content": "Teal.", "reasoning_content": "A colour."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        site.upstream.replies = [json_reply(a_completion(choices=[choice], usage=a_usage(reasoning=4)))]

        body = (await prompt(site)).json()

        said = [(part["channel"], part["text"]) for part in body["candidates"][0]["message"]["parts"]]
        assert said == [("thought", "A colour."), ("content", "Teal.")]
        assert body["tokenUsage"]["thoughtTokens"] == 4

    async def test_several_candidates_keep_their_order(self, site: Site) -> None:
        choices = [
            {"index": place, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            for place, text in enumerate(["one", "two"])
        ]
        site.upstream.replies = [json_reply(a_completion(choices=choices))]

        body = (await prompt(site, modelConfig={"candidateCount": 2})).json()

        assert [one["message"]["parts"][0]["text"] for one in body["candidates"]] == ["one", "two"]
        assert asked(site)["n"] == 2

    async def test_empty_arguments_of_a_call_stay_an_object(self, site: Site) -> None:
        call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        site.upstream.replies = [json_reply(a_completion(choices=[choice]))]

        body = (await prompt(site, modelConfig={"functionDeclarations": [WEATHER]})).json()

        (candidate,) = body["candidates"]
        called = {"id": "call_1", "name": "get_weather", "args": {}}
        assert {"channel": "content", "type": "function_call", "functionCall": called} in candidate["message"]["parts"]
        assert candidate["finishReason"] == "tool_calls"

    async def test_a_schema_of_a_list_is_wrapped_for_the_provider_and_unwrapped_in_the_answer(self, site: Site) -> None:
        schema = {"type": "array", "items": {"type": "string"}}
        site.upstream.replies = [json_reply(a_completion('{"value": ["a", "b"]}'))]

        body = (await prompt(site, modelConfig={"outputSchema": schema})).json()

        assert body["candidates"][0]["message"]["parts"][0]["text"] == '["a","b"]'
        sent = asked(site)["response_format"]["json_schema"]
        assert (sent["name"], sent["strict"], sent["schema"]["properties"]) == ("response", True, {"value": schema})

    async def test_a_timeout_of_the_callers_is_told_in_wordpress_words(self, site: Site) -> None:
        response = await prompt(
            site, providerId="sandbox", modelId="slow", requestOptions={"timeout": 0.01, "connectTimeout": None}
        )

        assert told(response) == (504, "prompt_network_error")
        assert [Decimal(amount) for amount in await site.world.funds(site.account_id)] == [10, 10, 0]


class TestWhatIsSent:
    async def test_settings_arrive_under_the_providers_names_and_as_numbers(self, site: Site) -> None:
        config = {
            "temperature": "0.5",
            "maxTokens": "12",
            "stopSequences": ["END"],
            "systemInstruction": "Be short.",
            "customOptions": {"seed": 7},
        }

        await prompt(site, modelConfig=config)

        sent = asked(site)
        assert (sent["temperature"], sent["max_completion_tokens"], sent["stop"], sent["seed"]) == (0.5, 12, ["END"], 7)
        assert sent["messages"][0] == {"role": "system", "content": "Be short."}

    async def test_a_tool_conversation_goes_round(self, site: Site) -> None:
        called = {
            "type": "function_call",
            "functionCall": {"id": "c1", "name": "get_weather", "args": {"city": "Oslo"}},
        }
        other = {"type": "function_call", "functionCall": {"id": "c2", "name": "get_weather"}}
        results = [
            {
                "type": "function_response",
                "functionResponse": {"id": "c1", "name": "get_weather", "response": {"c": 4}},
            },
            {"type": "function_response", "functionResponse": {"name": "get_weather", "response": None}},
        ]
        thought = {"channel": "thought", "type": "text", "text": "Needs the tool."}
        messages = [say(), parts(thought, called, other, role="model"), parts(TEXT, *results)]

        response = await prompt(site, messages=messages, modelConfig={"functionDeclarations": [WEATHER]})

        assert response.status_code == 200
        _, assistant, first, second, user = asked(site)["messages"]
        assert [call["function"]["arguments"] for call in assistant["tool_calls"]] == ['{"city":"Oslo"}', "{}"]
        assert (first["tool_call_id"], first["content"]) == ("c1", '{"c":4}')
        assert (second["tool_call_id"], second["content"]) == ("c2", "null")
        assert user == {"role": "user", "content": "What is it?"}

    @pytest.mark.parametrize(
        "file",
        [
            IMAGE["file"],
            {"file": IMAGE["file"]},
            {"_file": IMAGE["file"]},
            {"fileType": "inline", "mimeType": "image/PNG", "base64Data": "data:image/gif;base64,iVBORw=="},
        ],
        ids=["plain", "wrapped by the plugin", "wrapped by the core", "data URI"],
    )
    async def test_an_image_arrives_in_every_form_that_the_client_sends(self, site: Site, file: Any) -> None:
        response = await prompt(site, messages=[parts(TEXT, {"type": "file", "file": file})])

        assert response.json()["modelMetadata"]["id"] == "second"
        assert asked(site)["messages"][0]["content"][1]["image_url"]["url"] == "data:image/png;base64,iVBORw=="

    async def test_a_pdf_is_a_document(self, site: Site) -> None:
        file = {"fileType": "inline", "mimeType": "application/pdf", "base64Data": "JVBERi0="}

        await prompt(site, messages=[parts(TEXT, {"type": "file", "file": file})])

        (sent,) = [part for part in asked(site)["messages"][0]["content"] if part["type"] == "file"]
        assert sent["file"]["file_data"] == "data:application/pdf;base64,JVBERi0="

    async def test_a_thought_that_a_provider_signed_goes_back_as_it_came(self, site: Site) -> None:
        signed = {
            "channel": "thought",
            "type": "text",
            "text": "Hm.",
            "thoughtSignature": '{"type":"thinking","signature":"sig"}',
        }
        forged = {"channel": "thought", "type": "text", "text": "Ha.", "thoughtSignature": '{"type":"thinking"}'}
        messages = [say(), parts(signed, forged, TEXT, role="model"), say()]

        await prompt(site, messages=messages, providerId="openai", modelId="first")

        assistant = asked(site)["messages"][1]
        assert "Ha." not in str(assistant)
        assert assistant["content"] == "What is it?"


class TestSelection:
    @pytest.mark.parametrize(
        ("changes", "answered_by"),
        [
            ({"modelId": "second"}, "second"),
            ({"providerId": "openai", "modelId": "org/deep"}, "org/deep"),
            ({"modelPreferences": ["second"]}, "second"),
            ({"modelPreferences": ["nothing", " second "]}, "second"),
            ({"modelPreferences": ["pictures", ["openai", "second"]]}, "second"),
            ({"modelPreferences": ["nothing"]}, "first"),
            ({"modelPreferences": [["second", "openai"]]}, "first"),
            ({"modelPreferences": [["sandbox", "chat"]]}, "chat"),
            ({"providerId": "sandbox"}, "chat"),
            ({"providerId": None, "modelId": ""}, "first"),
        ],
        ids=str,
    )
    async def test_a_name_or_a_preference_decides_else_the_first(
        self, site: Site, changes: dict[str, Any], answered_by: str
    ) -> None:
        response = await prompt(site, **changes)

        assert response.json()["modelMetadata"]["id"] == answered_by

    @pytest.mark.parametrize(
        "changes",
        [
            {"providerId": "nobody"},
            {"providerId": "openai", "modelId": "nothing"},
            {"providerId": "nobody", "modelId": "first"},
            {"providerId": "anthropic", "modelId": "claude-sonnet-4-5"},
            {"providerId": "anthropic"},
            {"modelId": "nothing"},
            {"modelConfig": {"topK": 3}},
            {"modelConfig": {"topK": 3}, "providerId": "openai", "modelId": "first"},
            {"modelConfig": {"webSearch": {}}, "providerId": "openai", "modelId": "first"},
            {"providerId": "openai", "modelId": "pictures", "capability": "text_generation"},
            {"providerId": "openai", "modelId": "first", "capability": "image_generation"},
            {"capability": "video_generation"},
            {"capability": "chat_history"},
            {"modelConfig": {"outputModalities": ["document"]}},
            {"modelPreferences": [" "]},
            {"modelPreferences": [["openai", ""]]},
            {"modelConfig": {"customOptions": {"stream": True}}},
            {"modelConfig": {"customOptions": {"temperature": 1}, "temperature": 1}},
            {"modelConfig": {"customOptions": {"reasoning_effort": "silly"}}},
            {"modelConfig": {"presencePenalty": "1e999"}, "modelId": "first"},
            {"messages": [say(), say(role="model")]},
            {"messages": [say(role="model"), say()]},
        ],
        ids=str,
    )
    async def test_what_no_model_can_do_is_the_callers_mistake(self, site: Site, changes: dict[str, Any]) -> None:
        response = await prompt(site, **changes)

        assert told(response) == (400, "prompt_invalid_argument")
        assert site.upstream.requests == []

    async def test_a_key_is_held_to_its_scope(self, site: Site) -> None:
        key = await site.world.key(site.account_id, models=["openai/second"])
        body = {"messages": [say()]}

        free = await site.send("POST", "/wp-ai/v1/generate", key=key, json=body)
        named = await site.send(
            "POST", "/wp-ai/v1/generate", key=key, json={**body, "providerId": "openai", "modelId": "first"}
        )

        assert free.json()["modelMetadata"]["id"] == "second"
        assert told(named) == (403, "prompt_prevented")


class TestBadBodies:
    @pytest.mark.parametrize("body", ["{}", "[]", "", '{"messages": null}', '"x"'])
    async def test_messages_that_are_missing_are_named(self, site: Site, body: str) -> None:
        response = await prompt(site, body)

        assert told(response) == (400, "rest_missing_callback_param")
        assert response.json()["data"]["params"] == ["messages"]

    async def test_a_body_of_another_type_is_not_read(self, site: Site) -> None:
        response = await site.send("POST", "/wp-ai/v1/generate", data={"messages": "x"})

        assert told(response) == (400, "rest_missing_callback_param")

    async def test_what_is_not_json_is_told(self, site: Site) -> None:
        response = await prompt(site, "{bad")

        assert told(response) == (400, "rest_invalid_json")
        assert response.json()["data"]["json_error_code"] == 4

    async def test_all_bad_parameters_are_named_together(self, site: Site) -> None:
        response = await prompt(site, modelConfig={"topP": 2}, capability="x", requestOptions={"foo": 1})

        assert fault(response) == {
            "modelConfig": "rest_out_of_bounds",
            "capability": "rest_not_in_enum",
            "requestOptions": "rest_additional_properties_forbidden",
        }
        assert response.json()["data"]["params"].keys() == response.json()["data"]["details"].keys()
        assert site.upstream.requests == []

    async def test_the_fault_says_where_it_is_and_which_form_was_meant(self, site: Site) -> None:
        response = await prompt(site, messages=[a_file(url="https://example.com/a.png")])

        detail = response.json()["data"]["details"]["messages"]
        assert detail["data"] == {"position": 1}
        assert detail["message"].startswith("messages[0][parts][0] does not match the expected format. Reason: ")
        assert "messages[0][parts][0][file] matches more than one" in detail["message"]

    async def test_what_php_pages_send_is_taken(self, site: Site) -> None:
        config: Any = {
            "temperature": None,
            "stopSequences": [],
            "outputSchema": [],
            "maxTokens": 12.0,
            "logprobs": "false",
        }

        response = await prompt(site, modelConfig=config, requestOptions=[], providerId=None, unknown=1)

        assert response.status_code == 200


class TestFailures:
    @pytest.mark.parametrize(
        ("failure", "expected"),
        [
            ("error-400", (400, "prompt_client_error")),
            ("error-401", (502, "prompt_client_error")),
            ("error-402", (502, "prompt_client_error")),
            ("error-billing", (502, "prompt_client_error")),
            ("error-404", (404, "prompt_client_error")),
            ("error-413", (413, "prompt_client_error")),
            ("error-429", (429, "prompt_client_error")),
            ("error-500", (500, "prompt_upstream_server_error")),
            ("error-503", (503, "prompt_upstream_server_error")),
            ("error-529", (529, "prompt_upstream_server_error")),
            ("error-connect", (503, "prompt_network_error")),
            ("error-timeout", (504, "prompt_network_error")),
            ("empty", (502, "prompt_builder_error")),
            ("garbage", (502, "prompt_builder_error")),
            ("filter", (400, "prompt_client_error")),
        ],
    )
    async def test_a_provider_that_fails_is_told_with_its_status(
        self, site: Site, failure: str, expected: tuple[int, str]
    ) -> None:
        response = await prompt(site, providerId="sandbox", modelId=failure)

        assert told(response) == expected
        assert await site.ledger() == []

    async def test_a_provider_without_a_choice_is_502(self, site: Site) -> None:
        site.upstream.replies = [json_reply({"id": "x", "object": "chat.completion"})]

        assert told(await prompt(site)) == (502, "prompt_builder_error")

    async def test_a_rate_limit_says_when_to_come_back(self, site: Site) -> None:
        site.upstream.replies = [json_reply({"error": {"message": "slow down"}}, 429, retry_after="7")]

        response = await prompt(site)

        assert (response.status_code, response.headers["retry-after"]) == (429, "7")

    async def test_an_account_without_money_is_402_before_anything_is_wrong(self, site: Site) -> None:
        empty = await site.world.key(await site.world.account(balance_usd=None))

        for body in ({"messages": [say()]}, {}, {"messages": [say()], "providerId": "nobody"}):
            response = await site.send("POST", "/wp-ai/v1/generate", key=empty, json=body)
            assert told(response) == (402, "prompt_prevented")
            assert response.json()["data"]["reason"] == "insufficient_balance"
        assert site.upstream.requests == []


class TestWho:
    async def test_a_stranger_is_401_whatever_the_body(self, site: Site) -> None:
        client = site.world.client

        for headers in ({}, {"authorization": "Bearer tg-wrong"}):
            response = await client.post(
                "/wp-ai/v1/generate", json={}, headers={**headers, "origin": "https://example.com"}
            )
            assert told(response) == (401, "rest_forbidden")
            assert response.json()["message"] == "Sorry, you are not allowed to prompt AI models directly."
            # Else the page would see a failure of the network.
            assert response.headers["access-control-allow-origin"] == "https://example.com"
            assert response.headers["access-control-allow-credentials"] == "true"

    async def test_a_key_without_the_capability_is_403_in_wordpress_words(self, site: Site) -> None:
        key = await site.world.key(site.account_id, "read")

        response = await site.send("POST", "/wp-ai/v1/generate", key=key, json={})

        assert told(response) == (403, "rest_forbidden")
        assert response.json()["message"] == "Sorry, you are not allowed to prompt AI models directly."
        assert "allow" not in response.headers

    async def test_the_key_may_be_an_application_password(self, site: Site) -> None:
        response = await site.world.client.post(
            "/wp-ai/v1/generate", json={"messages": [say()]}, auth=("anybody", site.key)
        )

        assert response.status_code == 200


PNG = draw_stripes("A lighthouse", 96, 64)
LIGHTHOUSE = {"type": "text", "text": "A lighthouse"}


def drawn(*contents: bytes, **more: Any) -> Any:
    data = [{"b64_json": b64encode(content).decode(), **more} for content in contents or (PNG,)]
    return json_reply({"created": 1790000000, "data": data})


def files(response: httpx2.Response) -> list[Any]:
    """The file of each candidate."""
    assert response.status_code == 200, response.text
    candidates = response.json()["candidates"]
    assert {candidate["finishReason"] for candidate in candidates} == {"stop"}
    return [candidate["message"]["parts"][0]["file"] for candidate in candidates]


class TestImages:
    async def picture(self, site: Site, **config: Any) -> httpx2.Response:
        return await prompt(
            site,
            messages=[parts(LIGHTHOUSE)],
            capability="image_generation",
            modelConfig={"outputModalities": ["image"], **config},
            providerId="openai",
        )

    async def test_each_image_is_a_candidate_with_its_data(self, site: Site) -> None:
        site.upstream.replies = [drawn(PNG, PNG, revised_prompt="A tall lighthouse")]

        response = await self.picture(site, candidateCount=2)

        assert (
            files(response)
            == [{"fileType": "inline", "mimeType": "image/png", "base64Data": b64encode(PNG).decode()}] * 2
        )
        assert asked(site) == {"model": "pictures", "prompt": "A lighthouse", "n": 2}
        body = response.json()
        assert body["modelMetadata"]["id"] == "pictures"
        assert body["additionalData"]["revisedPrompts"] == ["A tall lighthouse"] * 2
        (entry,) = await site.ledger()
        assert (entry.model, entry.amount_usd) == ("openai/pictures", Decimal("-0.08"))

    @pytest.mark.parametrize(
        ("config", "size"),
        [
            ({}, None),
            ({"outputMediaAspectRatio": "3:2"}, "1536x1024"),
            ({"outputMediaAspectRatio": "2:3", "outputMediaOrientation": "portrait"}, "1024x1536"),
            ({"outputMediaOrientation": "square"}, "1024x1024"),
            ({"outputMediaOrientation": "landscape"}, "1536x1024"),
        ],
    )
    async def test_shapes_become_sizes(self, site: Site, config: Any, size: str | None) -> None:
        site.upstream.replies = [drawn()]

        files(await self.picture(site, **config))

        assert asked(site).get("size") == size

    async def test_the_format_and_options_of_the_callers_own_arrive(self, site: Site) -> None:
        site.upstream.replies = [drawn()]

        files(await self.picture(site, outputMimeType="image/webp", customOptions={"quality": "low"}))

        assert (asked(site)["output_format"], asked(site)["quality"]) == ("webp", "low")

    async def test_remote_files_are_lent_by_an_address_that_works(self, site: Site) -> None:
        site.upstream.replies = [drawn()]

        (file,) = files(await self.picture(site, outputFileType="remote"))

        assert (file["fileType"], file["mimeType"]) == ("remote", "image/png")
        async with httpx2.AsyncClient() as browser:
            assert (await browser.get(file["url"])).content == PNG

    async def test_what_is_too_large_to_be_sent_is_lent(self, site: Site) -> None:
        site.upstream.replies = [drawn(*[PNG + bytes(2_000_000)] * 2)]

        lent = files(await self.picture(site, candidateCount=2))

        assert [file["fileType"] for file in lent] == ["remote", "remote"]

    async def test_unless_it_was_wanted_inline_and_then_the_error_says_where_it_is(self, site: Site) -> None:
        site.upstream.replies = [drawn(*[PNG + bytes(2_000_000)] * 2)]

        response = await self.picture(site, candidateCount=2, outputFileType="inline")

        assert told(response) == (413, "prompt_response_too_large")
        first, _ = response.json()["data"]["urls"]
        async with httpx2.AsyncClient() as browser:
            assert (await browser.get(first)).content.startswith(PNG)

    @pytest.mark.parametrize(
        "changes",
        [
            {"messages": [parts(LIGHTHOUSE), say(role="model"), parts(LIGHTHOUSE)]},
            {
                "messages": [
                    parts(
                        TEXT,
                        {
                            "type": "file",
                            "file": {"fileType": "remote", "url": "https://a.example/b", "mimeType": "image/png"},
                        },
                    )
                ]
            },
            {"messages": [parts({"type": "text", "text": "  "})]},
            {"modelConfig": {"outputMediaAspectRatio": "7:4"}},
            {"modelConfig": {"outputMimeType": "image/gif"}},
            {"modelConfig": {"candidateCount": 11}},
            {"modelConfig": {"customOptions": {"quality": "superb"}}},
            {"modelConfig": {"customOptions": {"n": 4}}},
            {"modelConfig": {"customOptions": {"prompt": "another"}}},
        ],
        ids=str,
    )
    async def test_what_cannot_be_drawn_is_refused_before_anything_is_paid(
        self, site: Site, changes: dict[str, Any]
    ) -> None:
        body = {"messages": [parts(LIGHTHOUSE)], "providerId": "openai", "modelId": "pictures", **changes}

        response = await prompt(site, body)

        assert told(response) == (400, "prompt_invalid_argument")
        assert (site.upstream.requests, await site.ledger()) == ([], [])

    async def test_support_is_told_as_it_is(self, site: Site) -> None:
        asked_for = {"capability": "image_generation", "providerId": "openai", "messages": [parts(LIGHTHOUSE)]}

        assert await supports(site, **asked_for) is True
        assert await supports(site, **asked_for, modelConfig={"outputMediaAspectRatio": "7:4"}) is False


class TestSpeech:
    async def spoken(self, site: Site, **changes: Any) -> httpx2.Response:
        body = {"messages": [parts(LIGHTHOUSE)], "capability": "text_to_speech_conversion", "providerId": "openai"}
        return await prompt(site, {**body, **changes})

    async def test_a_text_is_read_aloud(self, site: Site) -> None:
        site.upstream.replies = [streamed_reply((b"ID3", b"sound"), "audio/mpeg")]

        response = await self.spoken(
            site,
            modelConfig={"outputModalities": ["audio"], "outputSpeechVoice": "ash", "outputMimeType": "audio/mpeg"},
        )

        (file,) = files(response)
        assert (file["mimeType"], b64decode(file["base64Data"])) == ("audio/mpeg", b"ID3sound")
        assert (asked(site)["input"], asked(site)["voice"]) == ("A lighthouse", "ash")
        assert response.headers["x-tollgate-cost"] == "0.00018"
        (entry,) = await site.ledger()
        assert entry.amount_usd == Decimal("-0.00018")

    @pytest.mark.parametrize(
        "changes",
        [
            {"modelConfig": {"candidateCount": 2}, "modelId": "voice"},
            {"modelConfig": {"outputMimeType": "video/mp4"}, "modelId": "voice"},
            {"modelConfig": {"customOptions": {"speed": 9}}},
            {"modelConfig": {"customOptions": {"voice": "ash"}, "outputSpeechVoice": "ash"}},
            {"messages": [parts({"type": "text", "text": "x" * 4097})]},
            {"capability": "video_generation"},
        ],
        ids=lambda changes: str(changes)[:60],
    )
    async def test_what_cannot_be_read_aloud_is_refused(self, site: Site, changes: dict[str, Any]) -> None:
        response = await self.spoken(site, **changes)

        assert told(response) == (400, "prompt_invalid_argument")
        assert site.upstream.requests == []

    async def test_a_model_of_conversations_that_speaks_answers_aloud(self, site: Site) -> None:
        audio = {"id": "audio_1", "data": b64encode(b"RIFF").decode(), "transcript": "Hello!", "expires_at": 1}
        message = {"role": "assistant", "content": None, "audio": audio}
        site.upstream.replies = [
            json_reply(a_completion(choices=[{"index": 0, "message": message, "finish_reason": "stop"}]))
        ]

        response = await self.spoken(site, capability="speech_generation", modelConfig={"outputModalities": ["audio"]})

        text, sound = response.json()["candidates"][0]["message"]["parts"]
        assert (text["text"], sound["file"]["mimeType"]) == ("Hello!", "audio/wav")
        assert b64decode(sound["file"]["base64Data"]) == b"RIFF"
        assert (asked(site)["modalities"], asked(site)["audio"]["format"]) == (["text", "audio"], "wav")
