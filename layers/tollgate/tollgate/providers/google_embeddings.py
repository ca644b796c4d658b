"""Gemini's embeddings: https://ai.google.dev/api/embeddings ."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest, Vector
from tollgate.contracts.usage import Usage
from tollgate.errors import BadRequest, TollgateError
from tollgate.providers.connection import Connection
from tollgate.providers.embeddings import Traits, plan, prompt_usage, read_vector, unit
from tollgate.providers.google import RULES, headers_of, path_of

TASK_TYPES: Final = frozenset(
    {
        "CLASSIFICATION",
        "CLUSTERING",
        "CODE_RETRIEVAL_QUERY",
        "FACT_VERIFICATION",
        "QUESTION_ANSWERING",
        "RETRIEVAL_DOCUMENT",
        "RETRIEVAL_QUERY",
        "SEMANTIC_SIMILARITY",
    }
)
_DOCUMENT: Final = "RETRIEVAL_DOCUMENT"


class GoogleEmbeddings:
    """Embeddings of Gemini."""

    traits: Traits = Traits(takes=frozenset({"dimensions", "task_type", "title"}), batch=100)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, request: EmbeddingRequest, *, unknown: Iterable[str], is_strict: bool) -> EmbeddingPlan:
        """See `tollgate.providers.protocols.Embeddings`."""
        if request.task_type is not None and request.task_type not in TASK_TYPES:
            raise BadRequest(f"'task_type' must be one of {', '.join(sorted(TASK_TYPES))}.", param="task_type")
        if request.title is not None and request.task_type != _DOCUMENT:
            raise BadRequest(f"'title' needs the 'task_type' {_DOCUMENT}.", param="title")
        return plan(request, self.traits, unknown=unknown, is_strict=is_strict)

    async def embed(self, request: EmbeddingRequest) -> Embedded:
        """See `tollgate.providers.protocols.Embeddings`."""
        answer, _ = await self._connection.post(
            path_of(request.model, "batchEmbedContents"), to_wire(request), headers=headers_of, rules=RULES
        )
        if answer.get("error"):
            raise self._connection.error_in(answer, RULES)
        embedded = from_wire(answer, is_shortened=request.dimensions is not None)
        if embedded is None:
            raise self._connection.invalid("The provider's answer cannot be read.")
        return embedded if embedded.usage is not None else embedded._replace(usage=await self._counted(request))

    async def _counted(self, request: EmbeddingRequest) -> Usage | None:
        """What the texts are in tokens, asked for where the answer does not tell. Counting costs nothing."""
        contents = [{"parts": [{"text": text}]} for text in request.inputs]
        try:
            answer, _ = await self._connection.post(
                path_of(request.model, "countTokens"), {"contents": contents}, headers=headers_of, rules=RULES
            )
        except TollgateError:
            # The vectors are there and are what was asked for.
            return None
        return prompt_usage(answer.get("totalTokens"))


def to_wire(request: EmbeddingRequest) -> dict[str, Any]:
    """Our request as their body."""
    name = request.model.upstream_model
    options: dict[str, Any] = {"model": name if "/" in name else f"models/{name}"}
    if request.task_type is not None:
        options["taskType"] = request.task_type
    if request.title is not None:
        options["title"] = request.title
    if request.dimensions is not None:
        options["outputDimensionality"] = request.dimensions
    return {"requests": [{**options, "content": {"parts": [{"text": text}]}} for text in request.inputs]}


def from_wire(body: Mapping[str, Any], *, is_shortened: bool) -> Embedded | None:
    """Their body as our answer; None where it cannot be read. Only vectors in full have the length one already."""
    embeddings = body.get("embeddings")
    if not isinstance(embeddings, list):
        return None
    vectors: list[Vector] = []
    for embedding in embeddings:
        vector = read_vector(embedding.get("values")) if isinstance(embedding, Mapping) else None
        if vector is None:
            return None
        vectors.append(unit(vector) if is_shortened else vector)
    usage = body.get("usageMetadata")
    return Embedded(vectors, prompt_usage(usage.get("promptTokenCount")) if isinstance(usage, Mapping) else None)
