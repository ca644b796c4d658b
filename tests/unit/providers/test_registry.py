"""The table of providers."""

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
