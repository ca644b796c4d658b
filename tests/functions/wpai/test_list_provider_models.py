"""GET /wp-ai/v1/providers/{id}/models."""

from tests.functions.conftest import Site
from tests.functions.wpai.conftest import told

PATH = "/wp-ai/v1/providers/{}/models"


async def test_the_models_come_in_the_order_in_which_they_are_chosen(site: Site) -> None:
    models = (await site.send("GET", PATH.format("openai"))).json()

    assert [model["id"] for model in models] == ["first", "second", "org/deep", "aloud", "pictures", "voice"]


async def test_a_chat_model_lists_every_combination_that_it_reads(site: Site) -> None:
    models = {model["id"]: model for model in (await site.send("GET", PATH.format("openai"))).json()}

    options = {one["name"]: one.get("supportedValues", "any") for one in models["second"]["supportedOptions"]}
    assert models["second"]["supportedCapabilities"] == ["text_generation", "chat_history"]
    assert options["inputModalities"] == [
        ["text"],
        ["text", "image"],
        ["text", "document"],
        ["text", "image", "document"],
    ]
    assert (options["outputModalities"], options["temperature"]) == ([["text"]], "any")
    assert "topK" not in options
    assert models["pictures"]["supportedCapabilities"] == ["image_generation"]
    assert models["voice"]["supportedCapabilities"] == ["text_to_speech_conversion"]
    assert models["aloud"]["supportedCapabilities"] == ["text_generation", "chat_history", "speech_generation"]


async def test_a_variant_and_a_preview_stand_behind_what_they_are_of(site: Site) -> None:
    names = [model["id"] for model in (await site.send("GET", PATH.format("sandbox"))).json()]

    assert names[0] == "chat"
    assert "error-429" in names


async def test_a_key_sees_the_models_of_its_scope(site: Site) -> None:
    key = await site.world.key(site.account_id, models=["openai/second"])

    models = (await site.send("GET", PATH.format("openai"), key=key)).json()

    assert [model["id"] for model in models] == ["second"]


async def test_what_is_unknown_and_what_has_no_credential_are_told_apart(site: Site) -> None:
    unknown = await site.send("GET", PATH.format("nobody"))
    unconfigured = await site.send("GET", PATH.format("anthropic"))

    assert told(unknown) == (404, "rest_not_found")
    assert told(unconfigured) == (400, "ai_provider_not_configured")
