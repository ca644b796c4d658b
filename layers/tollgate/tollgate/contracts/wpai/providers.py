"""Providers and models as they are listed."""

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from tollgate.contracts.rest import CamelShape


class ProviderMetadata(CamelShape):
    """A provider."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9\-_]+$")]
    name: str
    description: str | None
    type: Literal["cloud", "server", "client"]
    """Where it runs."""
    credentials_url: str | None
    """Where its credentials are made."""
    authentication_method: Literal["api_key"] | None
    logo_path: str | None
    """Always `null`."""


class ProviderList(RootModel[list[ProviderMetadata]]):
    """All providers, in their order."""


class SupportedOption(CamelShape):
    """An option of a prompt that a model takes."""

    name: str
    """The name of a field of `modelConfig`, or `inputModalities`."""
    supported_values: list[Any] | None = None
    """The values that it takes; without them, any."""


class ModelMetadata(CamelShape):
    """A model."""

    id: str
    """Its name at the provider, as `modelId` takes it."""
    name: str
    supported_capabilities: list[str]
    """What it can do."""
    supported_options: list[SupportedOption]
    """What a prompt for it can ask for."""


class ModelList(RootModel[list[ModelMetadata]]):
    """The models of a provider, the preferred one first."""
