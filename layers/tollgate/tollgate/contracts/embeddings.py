"""Texts and their vectors, as services and provider adapters pass them."""

from collections.abc import MutableSequence, Sequence
from typing import NamedTuple

from tollgate.contracts.catalogue import Model
from tollgate.contracts.usage import Usage

Input = str | Sequence[int]
"""A text, or the tokens of one."""
Vector = MutableSequence[float]
"""A list where a provider sent numbers, an array of 32-bit floats where it sent their bytes."""


class EmbeddingRequest(NamedTuple):
    """Texts to be embedded by one model."""

    model: Model
    inputs: Sequence[Input]
    dimensions: int | None = None
    """How long the vectors shall be; None where the model's own length is meant."""
    user: str | None = None
    """The end user, as a keyed hash: never the text that the client sent."""
    task_type: str | None = None
    """What the vectors are for, in Google's words."""
    title: str | None = None
    """The title of the document that the texts are parts of."""
    is_compact: bool = False
    """Whether bytes are wanted where the provider can send them: they are not read as numbers just to be written."""


class EmbeddingPlan(NamedTuple):
    """What will be sent of a request, what is left out, and what has to come back."""

    request: EmbeddingRequest
    dropped: tuple[str, ...] = ()
    length: int | None = None
    """How long the provider's vectors have to be; None where only the provider knows."""
    cut_to: int | None = None
    """How long they are made here."""
    batch: int = 2_048
    """Texts of one call at most."""
    at_once: int = 1
    """Calls that are made at the same time."""


class Embedded(NamedTuple):
    """The vectors, in the order of the texts."""

    vectors: list[Vector]
    usage: Usage | None = None
    """None where the provider said nothing, or nothing usable."""
