"""Embeddings of Amazon and Cohere on Bedrock, which has no one language for them: InvokeModel takes each model's own.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest
from tollgate.errors import BadRequest, ContextLengthExceeded
from tollgate.providers.bedrock_access import RULES, Access, path_of
from tollgate.providers.connection import Connection
from tollgate.providers.embeddings import Traits, plan, prompt_usage, read_vector
from tollgate.providers.refusals import Rule

# Cohere's models want to be told what a vector is for; to be searched is what most are.
COHERE_TASKS: Final = {
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
    "RETRIEVAL_DOCUMENT": "search_document",
    "RETRIEVAL_QUERY": "search_query",
}
_TITAN: Final = Traits(batch=1, at_once=8)
_COHERE: Final = Traits(takes=frozenset({"dimensions", "task_type"}), batch=96)
_TOKENS_HEADER: Final = "x-amzn-bedrock-input-token-count"


class BedrockEmbeddings:
    """Embeddings of models on Bedrock."""

    rules: tuple[Rule, ...] = (
        Rule(ContextLengthExceeded, frozenset({400}), texts=("too many input tokens", "too many tokens")),
        *RULES,
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._access = Access(connection)

    def plan(self, request: EmbeddingRequest, *, unknown: Iterable[str], is_strict: bool) -> EmbeddingPlan:
        """See `tollgate.providers.protocols.Embeddings`."""
        if is_cohere(request.model) and request.task_type is not None and request.task_type not in COHERE_TASKS:
            raise BadRequest(
                f"'task_type' of '{request.model.id}' must be one of {', '.join(sorted(COHERE_TASKS))}.",
                param="task_type",
            )
        traits = _COHERE if is_cohere(request.model) else _TITAN
        return plan(request, traits, unknown=unknown, is_strict=is_strict)

    async def embed(self, request: EmbeddingRequest) -> Embedded:
        """See `tollgate.providers.protocols.Embeddings`."""
        path, wire = path_of(request.model, "invoke"), to_wire(request)
        answer, headers = await self._connection.post(
            path, wire, headers=self._access.headers(path, wire), rules=self.rules
        )
        embedded = from_wire(answer, headers.get(_TOKENS_HEADER))
        if embedded is None:
            if "__type" in answer or "message" in answer:
                raise self._connection.error_in(answer, self.rules)
            raise self._connection.invalid("The provider's answer cannot be read.")
        return embedded


def is_cohere(model: Model) -> bool:
    """Whether a model, or a profile of it, is one of Cohere's."""
    return "cohere." in model.upstream_model


def to_wire(request: EmbeddingRequest) -> dict[str, Any]:
    """Our request as the model's own body."""
    if is_cohere(request.model):
        task = COHERE_TASKS[request.task_type or "RETRIEVAL_DOCUMENT"]
        body: dict[str, Any] = {"texts": request.inputs, "input_type": task, "truncate": "NONE"}
        body["embedding_types"] = ["float"]
        if request.dimensions is not None:
            body["output_dimension"] = request.dimensions
        return body
    body = {"inputText": request.inputs[0]}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    return body


def from_wire(body: Mapping[str, Any], tokens: str | None = None) -> Embedded | None:
    """Their body as our answer; None where it cannot be read. `tokens` is what the headers say of them."""
    embeddings = body.get("embeddings")
    if isinstance(embeddings, Mapping):
        embeddings = embeddings.get("float")
    if embeddings is None:
        embeddings = [body.get("embedding")]
    if not isinstance(embeddings, list):
        return None
    vectors = [vector for vector in map(read_vector, embeddings) if vector is not None]
    if len(vectors) != len(embeddings):
        return None
    counted = body.get("inputTextTokenCount")
    if counted is None and tokens is not None and tokens.isascii() and tokens.isdecimal():
        counted = int(tokens)
    return Embedded(vectors, prompt_usage(counted))
