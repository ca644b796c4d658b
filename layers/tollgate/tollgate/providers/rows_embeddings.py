"""Embeddings of vendors that are rows."""

from collections.abc import Mapping
from typing import Any

from tollgate.contracts.embeddings import EmbeddingRequest
from tollgate.providers.compatible_embeddings import CompatibleEmbeddings
from tollgate.providers.connection import Connection
from tollgate.providers.embeddings import Traits
from tollgate.providers.rows import ACCENTS


class RowEmbeddings(CompatibleEmbeddings):
    """Embeddings of a vendor that is a row."""

    # Not all of them know the parameter, and some refuse what they do not know.
    sends_bytes = False

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._accent = ACCENTS[connection.provider.dialect or "open"]
        self.rules = self._accent.rules
        self.traits = Traits(
            takes=frozenset({"dimensions"} | (self._accent.dialect.takes & {"user"})),
            takes_tokens=self._accent.embeds_tokens,
        )

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and what the operator wants sent along."""
        return {**self._connection.provider.headers, **super().headers(key)}

    def to_wire(self, request: EmbeddingRequest) -> dict[str, Any]:
        """Our request with the vendor's names, with what a model has to be sent besides."""
        body = {**request.model.flags.get("sends", {}), **super().to_wire(request)}
        return {self._accent.names.get(name, name): value for name, value in body.items()}
