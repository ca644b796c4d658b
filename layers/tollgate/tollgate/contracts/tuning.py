"""Training of a model as rooms pass it to each other: what a provider is asked, and what it tells."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NamedTuple

from tollgate.contracts.catalogue import Model

Examples = Callable[[], AsyncIterator[bytes]]
"""A dataset, one conversation a line: JSON with `messages`, each of a `role` and a `content`. It can be read again."""


class TuningRequest(NamedTuple):
    """What to train, and with what."""

    id: str
    """Our id of the job, under which the provider's one is found again."""
    model: Model
    training: Examples
    validation: Examples | None
    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    tokens: int
    """About how many the examples have."""


class TuningEvent(NamedTuple):
    """Something that the provider tells of a job."""

    id: str
    created_at: int
    """Unix seconds."""
    level: str
    """`info`, `warn` or `error`."""
    message: str
    data: Mapping[str, Any]
    """What was measured; empty for mere words."""


class Tuning(NamedTuple):
    """How far a job is."""

    status: str
    """`queued`, `running`, `succeeded`, `failed` or `cancelled`."""
    trained_tokens: int | None = None
    """As far as the provider tells."""
    progress: float | None = None
    """The part of the training that is done, from 0 to 1, where the provider tells it."""
    upstream_model: str | None = None
    """What the provider calls the model that came of it."""
    result_files: tuple[str, ...] = ()
    """The provider's ids of files with what was measured."""
    events: tuple[TuningEvent, ...] = ()
    error_code: str = ""
    error_message: str = ""
