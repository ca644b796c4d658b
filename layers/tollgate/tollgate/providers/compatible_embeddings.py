"""Embeddings of vendors that speak OpenAI's language, and what one of them does differently."""

from collections.abc import Iterable, Mapping
from typing import Any

from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest, Vector
from tollgate.contracts.usage import Usage
from tollgate.providers.connection import Connection
from tollgate.providers.embeddings import Traits, plan, prompt_usage, read_vector
from tollgate.providers.refusals import Rule


class CompatibleEmbeddings:
    """Embeddings in OpenAI's language."""

    traits: Traits = Traits(takes=frozenset({"dimensions", "user"}), takes_tokens=True)
    rules: tuple[Rule, ...] = ()
    sends_bytes: bool = True
    """Whether it can be asked for bytes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, request: EmbeddingRequest, *, unknown: Iterable[str], is_strict: bool) -> EmbeddingPlan:
        """See `tollgate.providers.protocols.Embeddings`."""
        return plan(request, self.traits, unknown=unknown, is_strict=is_strict)

    async def embed(self, request: EmbeddingRequest) -> Embedded:
        """See `tollgate.providers.protocols.Embeddings`."""
        answer, _ = await self._connection.post(
            self.path(request), self.to_wire(request), headers=self.headers, rules=self.rules
        )
        return self.from_wire(answer)

    def path(self, request: EmbeddingRequest) -> str:  # noqa: ARG002 - some vendors have the model in it
        """Where the request goes, below the base URL."""
        return "/embeddings"

    def headers(self, key: str) -> Mapping[str, str]:
        """The provider's own headers."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def to_wire(self, request: EmbeddingRequest) -> dict[str, Any]:
        """Our request as their body."""
        body: dict[str, Any] = {"model": request.model.upstream_model, "input": request.inputs}
        if self.sends_bytes:
            body["encoding_format"] = "base64" if request.is_compact else "float"
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        if request.user is not None:
            body["user"] = request.user
        return body

    def from_wire(self, body: Mapping[str, Any]) -> Embedded:
        """Their body as our answer.

        Raises UpstreamError, BadRequest.
        """
        if body.get("error"):
            raise self._connection.error_in(body, self.rules)
        vectors = vectors_from(body.get("data"))
        if vectors is None:
            raise self._connection.invalid("The provider's answer cannot be read.")
        return Embedded(vectors, self.usage_from_wire(body.get("usage")))

    def usage_from_wire(self, usage: Any) -> Usage | None:
        """Their usage as ours; None where it cannot be used."""
        return prompt_usage(usage.get("prompt_tokens")) if isinstance(usage, Mapping) else None


def vectors_from(data: Any) -> list[Vector] | None:
    """The vectors of an answer in the order of the texts, whatever theirs was. None where one cannot be read."""
    if not isinstance(data, list):
        return None
    placed: dict[int, Vector] = {}
    for place, item in enumerate(data):
        if not isinstance(item, Mapping):
            return None
        index, vector = item.get("index", place), read_vector(item.get("embedding"))
        if vector is None or type(index) is not int or index in placed:
            return None
        placed[index] = vector
    if placed.keys() != set(range(len(data))):
        return None
    return [placed[index] for index in range(len(data))]
