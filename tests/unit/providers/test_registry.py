"""The table of providers."""

import subprocess
import sys
from importlib import import_module

import pytest

from tollgate.providers.registry import PROVIDERS, Provider


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.id)
def test_every_adapter_that_is_named_exists(provider: Provider) -> None:
    for capability, path in provider.can.items():
        module, _, name = path.partition(":")
        adapter = getattr(import_module(f"tollgate.providers.{module}"), name)

        assert callable(adapter), capability


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.id)
def test_a_provider_that_needs_a_key_says_where_it_is(provider: Provider) -> None:
    assert bool(provider.key_setting) or not provider.is_key_needed
    assert not provider.base_url.endswith("/")


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.id)
def test_a_providers_own_setting_for_its_address_goes_before_all_others(provider: Provider) -> None:
    environment = {provider.base_url_setting: "http://127.0.0.1:8791/v1/", "OLLAMA_HOST": "elsewhere"}

    assert provider.address(environment) == "http://127.0.0.1:8791/v1"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1:11434", "http://127.0.0.1:11434/api"),
        ("http://127.0.0.1:8791", "http://127.0.0.1:8791/api"),
        ("http://127.0.0.1:8791/", "http://127.0.0.1:8791/api"),
        ("gpu.internal", "http://gpu.internal:11434/api"),
        ("https://ollama.com", "https://ollama.com/api"),
        ("http://gpu.internal", "http://gpu.internal/api"),
        ("https://gpu.internal/ollama/api/", "https://gpu.internal/ollama/api"),
        ("0.0.0.0", "http://127.0.0.1:11434/api"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080/api"),
        ("[::]:8080", "http://127.0.0.1:8080/api"),
        ("[::1]:8080", "http://[::1]:8080/api"),
        (":8080", "http://127.0.0.1:8080/api"),
        ('"gpu.internal:80" ', "http://gpu.internal:80/api"),
        ("gpu.internal:port", "gpu.internal:port"),
        ("http://[::1", "http://[::1"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_host_is_read_as_ollamas_own_programs_read_it(host: str, address: str) -> None:
    assert PROVIDERS["ollama"].address({"OLLAMA_HOST": host}) == address


@pytest.mark.parametrize(
    ("provider", "environment", "is_configured"),
    [
        ("openai", {"OPENAI_API_KEY": "sk-1"}, True),
        ("openai", {"OPENAI_BASE_URL": "http://127.0.0.1:8791/v1"}, False),
        ("bedrock", {}, False),
        ("bedrock", {"BEDROCK": "off"}, False),
        ("bedrock", {"BEDROCK": "on"}, True),
        ("bedrock", {"AWS_BEARER_TOKEN_BEDROCK": "key"}, True),
        ("ollama", {}, False),
        ("ollama", {"OLLAMA_API_KEY": "sk-1"}, False),
        ("ollama", {"OLLAMA_HOST": "127.0.0.1"}, True),
        ("ollama", {"OLLAMA_BASE_URL": "http://127.0.0.1:11434/api"}, True),
    ],
)
def test_a_provider_is_configured_by_its_key_or_by_the_address_of_its_server(
    provider: str, environment: dict[str, str], is_configured: bool
) -> None:
    assert PROVIDERS[provider].is_configured(environment) is is_configured


def test_a_provider_names_the_variables_that_it_needs() -> None:
    assert {name: PROVIDERS[name].missing({}) for name in ("openai", "azure", "ollama", "vllm", "sandbox")} == {
        "openai": ("OPENAI_API_KEY",),
        "azure": ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"),
        "ollama": ("OLLAMA_HOST",),
        "vllm": ("VLLM_BASE_URL",),
        "sandbox": (),
    }


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.id)
def test_loading_one_adapter_loads_no_other_and_no_sdk(provider: Provider) -> None:
    others = {path.partition(":")[0] for row in PROVIDERS.values() if row is not provider for path in row.can.values()}
    own = {path.partition(":")[0] for path in provider.can.values()}
    program = (
        f"import sys; [__import__('tollgate.providers.' + name) for name in {sorted(own)}]; "
        f"print([name for name in sys.modules if name in {{'boto3', 'openai', 'pydantic'}}"
        f" or name in {{'tollgate.providers.' + other for other in {sorted(others - own)}}}])"
    )

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"


def test_no_two_providers_share_a_setting() -> None:
    settings = [name for row in PROVIDERS.values() for name in (row.base_url_setting, row.key_setting) if name]

    assert len(set(settings)) == len(settings)
