"""Embeddings of deployments in the operator's own Azure resource."""

from typing import Any

from tollgate.contracts.embeddings import EmbeddingRequest
from tollgate.providers.azure import AzureResource, deployment_of, path_of
from tollgate.providers.compatible_embeddings import CompatibleEmbeddings


class AzureEmbeddings(AzureResource, CompatibleEmbeddings):
    """Embeddings of deployments in the operator's own resource."""

    def path(self, request: EmbeddingRequest) -> str:
        """Where the request goes."""
        return path_of("embeddings", request.model, self._connection.environment)

    def to_wire(self, request: EmbeddingRequest) -> dict[str, Any]:
        """Our request, to a deployment."""
        return {**super().to_wire(request), "model": deployment_of(request.model)}
