"""What a provider can be asked for: one small protocol for each capability; a provider has the ones that it has."""

from collections.abc import AsyncGenerator, Iterable
from typing import Protocol

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest


class Chat(Protocol):
    """A provider that can answer a conversation. It holds no state between calls."""

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """What will be sent of a request, and what left out: decided before any money moves.

        `is_strict` refuses what would else be dropped.

        Raises UnsupportedParameter, BadRequest.
        """
        ...

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer at once.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request.
        """
        ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Answer in pieces. A stream that ends without a finish reason raises; closing it stops the provider.

        Raises as `complete` does, before the first piece or after any.
        """
        ...


class Embeddings(Protocol):
    """A provider that can make vectors of texts. It holds no state between calls."""

    def plan(self, request: EmbeddingRequest, *, unknown: Iterable[str], is_strict: bool) -> EmbeddingPlan:
        """What will be sent of a request, what left out, and what has to come back: decided before any money moves.

        `unknown` are fields that nobody knows; `is_strict` refuses what would else be dropped.

        Raises UnsupportedParameter, BadRequest.
        """
        ...

    async def embed(self, request: EmbeddingRequest) -> Embedded:
        """The vectors of no more texts than the plan has in a batch, in their order.

        Raises UpstreamError, and BadRequest for what the provider finds wrong with the request.
        """
        ...
