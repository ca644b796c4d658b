"""Texts made into vectors: planned, held for, sent in as many calls as the provider needs, checked, and billed.

Every family of APIs comes through here, and differs only in how it reads the texts and writes the vectors.
"""

import asyncio
from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from tollgate.auth.keys import hash_user
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import Plan
from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest, Input, Vector
from tollgate.contracts.usage import Usage
from tollgate.errors import ContextLengthExceeded, ModelUnpriced, UpstreamInvalid
from tollgate.ledger.bounds import TOKENS_PER_ITEM, estimate_tokens
from tollgate.ledger.prices import cost_of
from tollgate.ledger.worst_case import WorstCase, candidate_of
from tollgate.providers.embeddings import unit
from tollgate.providers.protocols import Embeddings
from tollgate.resources import Resources
from tollgate.services.calls import ModelCall, admit, find_model


class Texts(NamedTuple):
    """What a family wants embedded, by which model."""

    model: str
    inputs: Sequence[Input]
    """At least one, and none of them empty."""
    dimensions: int | None = None
    user: str | None = None
    task_type: str | None = None
    title: str | None = None
    unknown: tuple[str, ...] = ()
    """Fields of the request that nobody knows."""
    is_strict: bool = False
    """Whether what the model does not take is refused rather than dropped."""
    is_compact: bool = False
    """Whether the vectors are wanted as bytes, where the provider can send them so."""


class Embedder:
    """Texts that have been admitted: the worst case of all of them is held, and what is embedded of them is charged.

    `call` has the usage and cost so far. `length` is how long the vectors will be, None where only the provider knows.
    """

    def __init__(self, adapter: Embeddings, request: EmbeddingRequest, planned: EmbeddingPlan, call: ModelCall) -> None:
        self.call = call
        self._adapter = adapter
        self._request = request
        self._planned = planned

    @property
    def length(self) -> int | None:
        """How long the vectors will be."""
        return self._planned.cut_to or self._planned.length

    def fit(self, length: int) -> None:
        """Ask for vectors of that length where they would have another one.

        Raises BadRequest where the model has none of that length.
        """
        if length != self.length:
            self._planned = self._adapter.plan(self._request._replace(dimensions=length), unknown=(), is_strict=False)

    async def embed(self, inputs: Sequence[Input]) -> list[Vector]:
        """The vectors of some of the texts, in their order.

        Raises UpstreamError, BadRequest.
        """
        planned = self._planned._replace(request=self._planned.request._replace(inputs=inputs))
        done: dict[int, Embedded] = {}
        embedded = await self.call.ask(lambda: embed_all(self._adapter, planned, done))
        usage = self.call.usage + (embedded.usage or Usage())
        self.call.came_to(cost_of(usage, self.call.model.price), usage=usage)
        if planned.cut_to is None:
            return embedded.vectors
        return [unit(vector[: planned.cut_to]) for vector in embedded.vectors]


async def embed(texts: Texts, call: Call, resources: Resources) -> tuple[list[Vector], ModelCall]:
    """The vectors of the texts in their order, and the call with its usage and cost.

    No other model is asked when this one fails: the vectors of two models do not compare.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    embedder = await admit_texts(texts, call, resources)
    return await embedder.embed(texts.inputs), embedder.call


async def admit_texts(texts: Texts, call: Call, resources: Resources) -> Embedder:
    """Hold what embedding the texts costs at most. They may then be embedded in parts.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    model = find_model(texts.model, "embedding", call, resources)
    if model.price.unit != "token":
        raise ModelUnpriced(f"'{model.id}' has a price for each {model.price.unit}, and embeddings are paid by tokens.")
    adapter = resources.embeddings(model)
    request = EmbeddingRequest(
        model=model,
        inputs=texts.inputs,
        dimensions=texts.dimensions,
        user=hash_user(call.caller.account_id, texts.user) if texts.user else None,
        task_type=texts.task_type,
        title=texts.title,
        is_compact=texts.is_compact,
    )
    planned = adapter.plan(request, unknown=texts.unknown, is_strict=texts.is_strict)
    worst = candidate_of(model.price, prompt_tokens=most_tokens(planned.request), max_output_tokens=0)
    admitted = await admit(
        model, Plan(body={}, dropped=planned.dropped), WorstCase((worst,), is_capped_by_client=True), call, resources
    )
    return Embedder(adapter, request, planned, admitted)


def most_tokens(request: EmbeddingRequest) -> int:
    """The most tokens that the texts can be: their bytes and what a provider adds, and no more than the model reads.

    Raises ContextLengthExceeded where tokens are more than that.
    """
    window = request.model.context_length
    extra_bytes = len((request.title or "").encode())
    total = 0
    for place, one in enumerate(request.inputs):
        size = _bytes_of(one) if isinstance(one, str) else len(one)
        if window is not None and not isinstance(one, str) and size > window:
            raise ContextLengthExceeded(
                f"'{request.model.id}' reads at most {window} tokens at once (received {size}).",
                param=f"input[{place}]" if len(request.inputs) > 1 else "input",
            )
        bound = size + TOKENS_PER_ITEM + extra_bytes if isinstance(one, str) else size
        total += bound if window is None else min(bound, window)
    return total


async def embed_all(adapter: Embeddings, planned: EmbeddingPlan, done: dict[int, Embedded]) -> Embedded:
    """The vectors of all texts, in as many calls as the provider needs, and what all of them used.

    One failure fails all, and stops the others. `done` holds what has come, by its place, for another attempt.

    Raises as the adapter does, and UpstreamInvalid for vectors that make no sense.
    """
    request, batch = planned.request, planned.batch
    starts = range(0, len(request.inputs), batch)
    left = iter([start for start in starts if start not in done])

    async def embed_what_is_left() -> None:
        for start in left:
            part = request._replace(inputs=request.inputs[start : start + batch])
            embedded = await adapter.embed(part)
            _check(embedded.vectors, part, planned)
            done[start] = embedded if embedded.usage is not None else embedded._replace(usage=_estimate(part))

    tasks = [asyncio.ensure_future(embed_what_is_left()) for _ in range(min(planned.at_once, len(starts)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    vectors = [vector for start in starts for vector in done[start].vectors]
    if len({len(vector) for vector in vectors}) > 1:
        raise _nonsense(request.model, "vectors of different lengths")
    return Embedded(vectors, sum((done[start].usage or Usage() for start in starts), Usage()))


def _check(vectors: Sequence[Vector], part: EmbeddingRequest, planned: EmbeddingPlan) -> None:
    if len(vectors) != len(part.inputs):
        raise _nonsense(part.model, f"{len(vectors)} vectors for {len(part.inputs)} texts")
    expected = planned.length
    for vector in vectors:
        if expected is not None and len(vector) != expected:
            raise _nonsense(part.model, f"a vector of {len(vector)} dimensions where {expected} were expected")
        # Not a number, and what is beyond all numbers, spoil a sum.
        if not isfinite(sum(vector)):
            raise _nonsense(part.model, "a vector with what is no number")


def _nonsense(model: Model, what: str) -> UpstreamInvalid:
    return UpstreamInvalid(
        f"The provider answered with {what}.", provider=model.provider, metadata={"provider": model.provider}
    )


def _estimate(part: EmbeddingRequest) -> Usage:
    counts = (estimate_tokens(_bytes_of(one)) if isinstance(one, str) else len(one) for one in part.inputs)
    return Usage(prompt_tokens=sum(counts), is_estimated=True)


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
