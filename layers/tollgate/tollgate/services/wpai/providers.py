"""Providers and their models, as far as the key may know them."""

from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.errors import NotFound, ProviderNotConfigured
from tollgate.providers.registry import Provider
from tollgate.resources import Resources
from tollgate.services.wpai.metadata import (
    Metadata,
    configured_providers,
    model_metadata,
    models_of,
    name_of,
    provider_metadata,
)


async def list_providers(resources: Resources) -> list[Metadata]:
    """Every provider that the gateway knows, configured or not."""
    return [provider_metadata(provider) for provider in _providers(resources)]


async def get_provider(provider_id: str, resources: Resources) -> Metadata:
    """One provider.

    Raises NotFound.
    """
    return provider_metadata(_provider(provider_id, resources))


async def list_provider_models(provider_id: str, call: Call, resources: Resources) -> list[Metadata]:
    """The models of a provider that the key may use, the preferred one first.

    Raises NotFound, ProviderNotConfigured, UpstreamError.
    """
    return [model_metadata(model) for model in await _models(provider_id, call, resources)]


async def get_provider_model(provider_id: str, model_id: str, call: Call, resources: Resources) -> Metadata:
    """One model of a provider. There may be slashes in its name.

    Raises NotFound, ProviderNotConfigured, UpstreamError.
    """
    for model in await _models(provider_id, call, resources):
        if name_of(model) == model_id:
            return model_metadata(model)
    raise NotFound("AI model not found.")


def _providers(resources: Resources) -> list[Provider]:
    # A deployment without the sandbox does not tell of it.
    return [
        provider
        for provider in resources.providers.values()
        if resources.settings.is_sandbox_on or provider.is_elsewhere
    ]


def _provider(provider_id: str, resources: Resources) -> Provider:
    for provider in _providers(resources):
        if provider.id == provider_id:
            return provider
    raise NotFound("AI provider not found.")


async def _models(provider_id: str, call: Call, resources: Resources) -> list[Model]:
    _provider(provider_id, resources)
    if provider_id not in await configured_providers(resources):
        raise ProviderNotConfigured("AI provider not configured - missing API credentials.")
    return models_of(provider_id, call, resources)
