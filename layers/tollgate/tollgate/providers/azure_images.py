"""Images of Azure OpenAI: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/dall-e ."""

from typing import Any, ClassVar

from tollgate.contracts.catalogue import Model
from tollgate.contracts.pictures import ImageRequest
from tollgate.providers.azure import AzureChat, deployment_of, path_of
from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.compatible_images import StreamingImages


class AzureImages(StreamingImages):
    """Images of deployments in the operator's own resource."""

    vendor: ClassVar[type[CompatibleChat]] = AzureChat

    def path_of(self, model: Model) -> str:
        """Where the request goes: see `tollgate.providers.azure`."""
        return path_of("images/generations", model, self._connection.environment)

    def to_wire(self, request: ImageRequest) -> dict[str, Any]:
        """Our request, to a deployment."""
        return {**super().to_wire(request), "model": deployment_of(request.model)}
