"""GET /wp-ai/v1/providers/{id}/models/{model}."""

import pytest

from tests.functions.conftest import Site
from tests.functions.wpai.conftest import told

PATH = "/wp-ai/v1/providers/openai/models"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("first", "first"), ("org/deep", "org/deep"), ("org%2Fdeep", "org/deep"), ("first/", "first")],
)
async def test_a_model_is_found_by_its_name_slashes_and_all(site: Site, path: str, expected: str) -> None:
    assert (await site.send("GET", f"{PATH}/{path}")).json()["id"] == expected


@pytest.mark.parametrize("path", ["nothing", "gpt-4o", "First"])
async def test_an_unknown_or_disabled_one_is_not_found(site: Site, path: str) -> None:
    response = await site.send("GET", f"{PATH}/{path}")

    assert told(response) == (404, "rest_not_found")
    assert response.json()["message"] == "AI model not found."


async def test_a_provider_without_a_credential_is_told_first(site: Site) -> None:
    response = await site.send("GET", PATH.replace("openai", "anthropic") + "/nothing")

    assert told(response) == (400, "ai_provider_not_configured")
