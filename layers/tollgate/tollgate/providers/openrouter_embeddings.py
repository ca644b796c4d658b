"""Embeddings through OpenRouter: https://openrouter.ai/docs/api/reference/embeddings ."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tollgate.contracts.embeddings import EmbeddingRequest
from tollgate.contracts.usage import Usage
from tollgate.providers.compatible_embeddings import CompatibleEmbeddings
from tollgate.providers.openrouter import RULES, cost_in, headers_of, preferences
from tollgate.providers.refusals import Rule


class OpenRouterEmbeddings(CompatibleEmbeddings):
    """Embeddings of OpenRouter."""

    rules: tuple[Rule, ...] = RULES

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and who the operator says that is asking."""
        return headers_of(key, self._connection.environment)

    def to_wire(self, request: EmbeddingRequest) -> dict[str, Any]:
        """Our request, and whom the operator lets it ask.

        Raises NoProviderAvailable where the operator's setting is no JSON object.
        """
        return {**super().to_wire(request), **preferences(self._connection)}

    def usage_from_wire(self, usage: Any) -> Usage | None:
        """Their count, and what they take for the call."""
        read = super().usage_from_wire(usage)
        return read and replace(read, upstream_cost_usd=cost_in(usage))
