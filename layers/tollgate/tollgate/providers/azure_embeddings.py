"""Embeddings of deployments in the operator's own Azure resource."""

from collections.abc import Mapping
from typing import Any

from tollgate.contracts.embeddings import EmbeddingRequest
from tollgate.providers.azure import RULES, deployment_of, path_of, resource_address
from tollgate.providers.compatible_embeddings import CompatibleEmbeddings
from tollgate.providers.connection import Connection
from tollgate.providers.refusals import Rule


class AzureEmbeddings(CompatibleEmbeddings):
    """Embeddings of deployments in the operator's own resource."""

    rules: tuple[Rule, ...] = RULES

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        connection.base_url = resource_address(connection.base_url)

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, under Azure's own name."""
        return {"api-key": key}

    def path(self, request: EmbeddingRequest) -> str:
        """Where the request goes."""
        return path_of("embeddings", request.model, self._connection.environment)

    def to_wire(self, request: EmbeddingRequest) -> dict[str, Any]:
        """Our request, to a deployment."""
        return {**super().to_wire(request), "model": deployment_of(request.model)}
