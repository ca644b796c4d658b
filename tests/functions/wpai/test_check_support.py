"""POST /wp-ai/v1/is-supported: yes or no, and always one of them."""

from typing import Any

import pytest

from tests.functions.conftest import Site
from tests.functions.wpai.conftest import fault, parts, prompt, say, supports, told

PATH = "/wp-ai/v1/is-supported"
IMAGE = {"type": "file", "file": {"fileType": "inline", "mimeType": "image/png", "base64Data": "iVBORw=="}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"messages": [parts({"type": "text", "text": "x"}, IMAGE)]}, True),
        ({"messages": [say(role="model")]}, True),
        ({"capability": "chat_history"}, True),
        ({"capability": "image_generation"}, True),
        ({"capability": "text_to_speech_conversion"}, True),
        ({"capability": "speech_generation", "modelConfig": {"outputModalities": ["audio"]}}, True),
        ({"capability": "video_generation"}, False),
        ({"modelPreferences": [" "]}, True),
        ({"providerId": "openai", "modelId": "second"}, True),
        ({"providerId": "sandbox"}, True),
        ({"capability": "embedding_generation"}, False),
        ({"capability": "music_generation"}, False),
        ({"modelConfig": {"topK": 3}}, False),
        ({"modelConfig": {"outputModalities": ["document"]}}, False),
        ({"modelConfig": {"outputModalities": ["text", "image"]}}, False),
        ({"modelConfig": {"outputModalities": ["text", "text"]}}, True),
        ({"providerId": "nobody"}, False),
        ({"providerId": "anthropic"}, False),
        ({"providerId": "nobody", "modelId": "x"}, False),
        ({"providerId": "anthropic", "modelId": "claude-sonnet-4-5"}, False),
        (
            {"providerId": "openai", "modelId": "first", "messages": [parts({"type": "text", "text": "x"}, IMAGE)]},
            False,
        ),
    ],
    ids=str,
)
async def test_it_is_a_boolean_whatever_is_asked(site: Site, changes: dict[str, Any], expected: bool) -> None:
    assert await supports(site, **changes) is expected
    assert site.upstream.requests == []


async def test_what_is_supported_is_answered(site: Site) -> None:
    assert await supports(site, providerId="sandbox") is True
    assert (await prompt(site, providerId="sandbox")).status_code == 200


async def test_an_account_without_money_is_told_no(site: Site) -> None:
    empty = await site.world.key(await site.world.account(balance_usd=None))

    response = await site.send("POST", PATH, key=empty, json={"messages": [say()]})

    assert (response.status_code, response.json()) == (200, {"supported": False})


async def test_a_key_is_told_no_for_models_that_it_may_not_use(site: Site) -> None:
    key = await site.world.key(site.account_id, models=["openai/first"])
    body = {"messages": [parts({"type": "text", "text": "x"}, IMAGE)]}

    assert (await site.send("POST", PATH, key=key, json=body)).json() == {"supported": False}


async def test_bad_parameters_are_told_as_those_of_a_prompt(site: Site) -> None:
    contradiction = {"outputMediaAspectRatio": "3:2", "outputMediaOrientation": "square"}

    assert fault(await prompt(site, path=PATH, capability="x")) == {"capability": "rest_not_in_enum"}
    assert fault(await prompt(site, path=PATH, modelConfig=contradiction)) == {"modelConfig": "rest_invalid_param"}
    assert told(await prompt(site, {}, path=PATH)) == (400, "rest_missing_callback_param")


async def test_fields_and_an_envelope_are_given(site: Site) -> None:
    response = await prompt(site, path=f"{PATH}?_envelope=1&_fields=supported,other")

    assert response.json() == {"body": {"supported": True}, "status": 200, "headers": {"Allow": "POST"}}
