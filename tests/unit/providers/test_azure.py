"""What is Azure's own: addresses of two forms, and deployments under any name."""

from typing import Any

import pytest

from tests.builders import a_body, a_chat_request, a_model
from tests.unit.providers.adapters import KEY
from tests.upstream import Upstream, a_client, a_completion, event_reply, json_reply
from tollgate.contracts.catalogue import Model
from tollgate.errors import NoProviderAvailable, UpstreamInvalid
from tollgate.providers.azure import AzureChat, deployment_of, resource_address
from tollgate.providers.connection import Connection
from tollgate.providers.registry import PROVIDERS

ENDPOINT = "https://ours.openai.azure.com"


def an_adapter(endpoint: str = ENDPOINT, http: Any = None, **environment: str) -> AzureChat:
    async def credential(_fresh: bool) -> str:
        return KEY

    settings = {"AZURE_OPENAI_ENDPOINT": endpoint, **environment}
    return AzureChat(
        Connection(PROVIDERS["azure"], http=http or a_client(), environment=settings, credential=credential)
    )


def a_deployment(**flags: Any) -> Model:
    return a_model(id="azure/gpt-4o", provider="azure", flags=flags)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://ours.openai.azure.com",
        "https://ours.openai.azure.com/",
        "https://ours.openai.azure.com/openai",
        "https://ours.openai.azure.com/openai/",
        "https://ours.openai.azure.com/openai/v1",
        "https://ours.openai.azure.com/openai/v1/",
        "https://ours.openai.azure.com/openai/v1/chat/completions",
        "https://ours.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
    ],
)
def test_a_resource_is_found_from_each_address_that_azure_shows_for_it(endpoint: str) -> None:
    assert resource_address(endpoint) == "https://ours.openai.azure.com"


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("https://gate.example/team-7/openai/v1", "https://gate.example/team-7"),
        ("https://gate.example/team-7/", "https://gate.example/team-7"),
        ("http://openai/openai/v1", "http://openai"),
        ("http://openai:8080", "http://openai:8080"),
        ("", ""),
        ("no-scheme", "no-scheme"),
    ],
)
def test_a_resource_can_be_behind_a_gateway_with_a_path_and_any_name(endpoint: str, address: str) -> None:
    assert resource_address(endpoint) == address


def test_an_address_alone_asks_for_the_newer_form() -> None:
    assert an_adapter().path(a_chat_request(model=a_deployment())) == "/openai/v1/chat/completions"


def test_a_version_of_the_api_asks_for_the_classic_form() -> None:
    path = an_adapter(AZURE_OPENAI_API_VERSION="2024-10-21").path(a_chat_request(model=a_deployment()))

    assert path == "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"


def test_the_version_of_a_model_comes_before_that_of_the_deployment() -> None:
    model = a_deployment(api_version="2025-04-01-preview", deployment="our model/2")

    path = an_adapter(AZURE_OPENAI_API_VERSION="2024-10-21").path(a_chat_request(model=model))

    assert path == "/openai/deployments/our%20model%2F2/chat/completions?api-version=2025-04-01-preview"


@pytest.mark.parametrize(("flags", "name"), [({}, "gpt-4o"), ({"deployment": "support-eu"}, "support-eu")])
def test_the_deployment_is_the_model_unless_it_is_called_otherwise(flags: dict[str, Any], name: str) -> None:
    assert deployment_of(a_deployment(**flags)) == name


@pytest.mark.parametrize("version", ["", "2024-10-21"])
async def test_both_forms_arrive(version: str) -> None:
    async with Upstream(json_reply(a_completion("Hi."))) as upstream, a_client() as http:
        adapter = an_adapter(upstream.url, http, AZURE_OPENAI_API_VERSION=version)
        completion = await adapter.complete(a_chat_request(model=a_deployment(deployment="d")))

        received = upstream.requests[0]
    path = "/openai/deployments/d/chat/completions?api-version=2024-10-21"
    assert received.path == (path if version else "/openai/v1/chat/completions")
    assert received.headers["api-key"] == KEY
    assert received.json["model"] == "d"
    assert completion.choices[0]["message"]["content"] == "Hi."


async def test_without_the_address_of_a_resource_nothing_is_sent() -> None:
    async with a_client() as http:
        with pytest.raises(NoProviderAvailable):
            await an_adapter("", http).complete(a_chat_request(model=a_deployment()))


async def test_a_stream_of_filters_alone_is_no_answer() -> None:
    filters = {"id": "", "model": "", "created": 0, "choices": [], "prompt_filter_results": []}
    late = {**filters, "choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}}]}

    async with Upstream(event_reply([filters, late])) as upstream, a_client() as http:
        with pytest.raises(UpstreamInvalid):
            _ = [delta async for delta in an_adapter(upstream.url, http).stream(a_chat_request())]


def test_the_tier_is_not_sent_since_nobody_knows_its_price() -> None:
    plan = an_adapter().plan(a_body(service_tier="priority"), a_deployment(), is_strict=False)

    assert plan.dropped == ("service_tier",)
