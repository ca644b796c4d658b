"""Embeddings of OpenAI itself: https://platform.openai.com/docs/api-reference/embeddings ."""

from collections.abc import Mapping

from tollgate.providers.compatible_embeddings import CompatibleEmbeddings
from tollgate.providers.openai import RULES, headers_of
from tollgate.providers.refusals import Rule


class OpenAIEmbeddings(CompatibleEmbeddings):
    """Embeddings of OpenAI itself."""

    rules: tuple[Rule, ...] = RULES

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and for whom it shall act."""
        return headers_of(key, self._connection.environment)
