"""The table of providers."""

import subprocess
import sys
from importlib import import_module
from typing import Final

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


_SHARED: Final = {
    "",
    "compatible",
    "connection",
    "events",
    "hints",
    "parameters",
    "reasoning",
    "refusals",
    "registry",
    "tool_ids",
}


@pytest.mark.parametrize("module", ["azure", "deepseek", "openai", "openrouter", "rows", "xai"])
def test_loading_one_adapter_of_openais_language_loads_no_other(module: str) -> None:
    code = f"import sys, tollgate.providers.{module}; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    ours = {name.removeprefix("tollgate.providers").lstrip(".") for name in loaded if "tollgate.providers" in name}
    assert ours <= {*_SHARED, module}
    assert not {"boto3", "openai", "pydantic"} & set(loaded)


def test_no_two_providers_share_a_setting() -> None:
    settings = [name for row in PROVIDERS.values() for name in (row.base_url_setting, row.key_setting) if name]

    assert len(set(settings)) == len(settings)
