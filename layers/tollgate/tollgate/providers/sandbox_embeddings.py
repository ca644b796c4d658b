"""Vectors without a network: the same text gives the same vector, and texts that share words give near ones.

The upstream name of a model says how it answers:

`embedding`   vectors of length one

and, after `embedding-`:

`no-usage`    the same, and reports no usage
`garbage`     a vector that holds what is no number
`short`       vectors of another length than was asked for
`filter`, `error-<nnn>` and the other errors of `tollgate.providers.sandbox`
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import pairwise
from math import nan
from typing import Final

from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest, Input, Vector
from tollgate.contracts.usage import Usage
from tollgate.providers.connection import Connection
from tollgate.providers.embeddings import Traits, plan, unit, usual_length
from tollgate.providers.sandbox import count_tokens, failure_of, refusal

_WORD: Final = re.compile(r"\w+|[^\w\s]")
_LENGTH: Final = 64
_TRAITS: Final = Traits(
    takes=frozenset({"dimensions", "user", "task_type", "title"}), takes_tokens=True, batch=256, at_once=2
)


class SandboxEmbeddings:
    """Vectors of nobody's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, request: EmbeddingRequest, *, unknown: Iterable[str], is_strict: bool) -> EmbeddingPlan:
        """See `tollgate.providers.protocols.Embeddings`."""
        return plan(request, _TRAITS, unknown=unknown, is_strict=is_strict)

    async def embed(self, request: EmbeddingRequest) -> Embedded:
        """See `tollgate.providers.protocols.Embeddings`."""
        trick = request.model.upstream_model.removeprefix("embedding").removeprefix("-")
        if error := failure_of(trick):
            raise error
        counts = [count_tokens(one) if isinstance(one, str) else len(one) for one in request.inputs]
        window = request.model.context_length
        if window is not None and max(counts) > window:
            raise refusal(400, "This model's maximum context length is exceeded.", "context_length_exceeded")
        length = request.dimensions or usual_length(request.model) or _LENGTH
        vectors = [vector_of(one, length - (trick == "short")) for one in request.inputs]
        if trick == "garbage":
            vectors[0][0] = nan
        return Embedded(vectors, None if trick == "no-usage" else Usage(prompt_tokens=sum(counts)))


def vector_of(text: Input, length: int) -> Vector:
    """A vector of length one: the sum of what stands for each word, each of its beginnings, and each pair of words."""
    vector = [0.0] * length
    for feature in _features(text):
        digest = blake2b(feature.encode(), digest_size=8).digest()
        place = int.from_bytes(digest[:7], "big") % length
        vector[place] += 1.0 if digest[7] % 2 else -1.0
    if not any(vector):
        # Nothing but blanks, or features that cancel each other out: a text has a direction all the same.
        vector[0] = 1.0
    return unit(vector)


def _features(text: Input) -> Iterator[str]:
    words = _WORD.findall(text.lower()) if isinstance(text, str) else [f"#{token}" for token in text]
    for word in words:
        yield word
        if len(word) > 4 and isinstance(text, str):
            yield f"{word[:4]}…"
    for one, other in pairwise(words):
        yield f"{one} {other}"
