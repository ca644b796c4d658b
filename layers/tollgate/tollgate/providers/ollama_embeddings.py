"""Ollama's embeddings: https://docs.ollama.com/api/embed ."""

from collections.abc import Iterable, Mapping
from typing import Any

from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest
from tollgate.errors import ContextLengthExceeded
from tollgate.providers.connection import Connection
from tollgate.providers.embeddings import Traits, plan, prompt_usage, read_vector
from tollgate.providers.ollama import RULES, headers, keep_alive
from tollgate.providers.refusals import Rule


class OllamaEmbeddings:
    """Embeddings of a model that runs on the operator's own machine."""

    # Its memory holds so many texts, and it works on one call after the other.
    traits: Traits = Traits(batch=64, at_once=1)
    rules: tuple[Rule, ...] = (
        Rule(ContextLengthExceeded, frozenset({400, 500}), texts=("exceeds the context length", "exceeds maximum")),
        *RULES,
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, request: EmbeddingRequest, *, unknown: Iterable[str], is_strict: bool) -> EmbeddingPlan:
        """See `tollgate.providers.protocols.Embeddings`."""
        return plan(request, self.traits, unknown=unknown, is_strict=is_strict)

    async def embed(self, request: EmbeddingRequest) -> Embedded:
        """See `tollgate.providers.protocols.Embeddings`."""
        body = {**to_wire(request), **keep_alive(self._connection.environment)}
        answer, _ = await self._connection.post("/embed", body, headers=headers, rules=self.rules)
        if answer.get("error"):
            raise self._connection.error_in(answer, self.rules)
        embedded = from_wire(answer)
        if embedded is None:
            raise self._connection.invalid("The provider's answer cannot be read.")
        return embedded


def to_wire(request: EmbeddingRequest) -> dict[str, Any]:
    """Our request as their body."""
    # What does not fit is else cut off in silence.
    body: dict[str, Any] = {"model": request.model.upstream_model, "input": request.inputs, "truncate": False}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    if request.model.context_length is not None:
        body["options"] = {"num_ctx": request.model.context_length}
    return body


def from_wire(body: Mapping[str, Any]) -> Embedded | None:
    """Their body as our answer; None where it cannot be read."""
    embeddings = body.get("embeddings")
    if not isinstance(embeddings, list):
        return None
    vectors = [vector for vector in map(read_vector, embeddings) if vector is not None]
    if len(vectors) != len(embeddings):
        return None
    return Embedded(vectors, prompt_usage(body.get("prompt_eval_count")))
