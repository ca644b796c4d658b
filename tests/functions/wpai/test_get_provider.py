"""GET /wp-ai/v1/providers/{id}."""

import pytest

from tests.functions.conftest import Site
from tests.functions.wpai.conftest import told

PATH = "/wp-ai/v1/providers"


@pytest.mark.parametrize("path", ["openai", "openai/", "%6Fpenai"])
async def test_a_provider_is_found_by_its_id_decoded_once(site: Site, path: str) -> None:
    assert (await site.send("GET", f"{PATH}/{path}")).json()["name"] == "OpenAI"


@pytest.mark.parametrize("provider_id", ["nobody", "OpenAI", "%256Fpenai"])
async def test_an_unknown_one_and_one_in_another_case_are_not_found(site: Site, provider_id: str) -> None:
    response = await site.send("GET", f"{PATH}/{provider_id}")

    assert told(response) == (404, "rest_not_found")
    assert response.json()["message"] == "AI provider not found."
