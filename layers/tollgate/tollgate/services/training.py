"""What everybody who changes a training needs: the job as it is now, its model, its files freed, its history kept."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from msgspec.structs import replace

from tollgate.contracts.catalogue import Model
from tollgate.contracts.tuning import Tuning, TuningEvent
from tollgate.errors import BadRequest, NoProviderAvailable, NotFound
from tollgate.providers.protocols import FineTuning
from tollgate.resources import Resources
from tollgate.stores.fine_tunes import ENDED, StoredJob

LAST: Final = 9_999_999
"""The rank of what comes after every step."""
UNFINISHED: Final = frozenset({"validating_files", "queued", "running"})


async def changed(job: StoredJob, changes: Mapping[str, Any], resources: Resources) -> StoredJob:
    """The job with something noted about it, whatever its state."""
    return await resources.fine_tunes.change(job, changes) or job


async def current(job: StoredJob, resources: Resources) -> StoredJob:
    """The job as it is stored now."""
    return await resources.fine_tunes.get(job.account_id, job.id) or job


def now_of(resources: Resources) -> int:
    """The time in Unix seconds."""
    return int(resources.now().timestamp())


def model_of(job: StoredJob, resources: Resources) -> Model | None:
    """The model that a job trains, as its provider calls it; None where the operator offers it no longer."""
    try:
        base = resources.catalogue.find(job.base)
    except (BadRequest, NotFound):
        return None
    return replace(base, upstream_model=job.upstream_base) if job.upstream_base else base


def adapter_of(job: StoredJob, resources: Resources) -> FineTuning | None:
    """Who trains the model of a job; None where the operator offers it no longer."""
    model = model_of(job, resources)
    try:
        return None if model is None else resources.fine_tuning(model)
    except NoProviderAvailable:
        return None


def trained(job: StoredJob, tuning: Tuning) -> int | None:
    """How many tokens were trained, as the provider says or else by how far it is."""
    if tuning.trained_tokens is not None:
        return tuning.trained_tokens
    return None if tuning.progress is None else round(job.dataset_tokens * job.n_epochs * tuning.progress)


async def free_files(job: StoredJob, resources: Resources) -> None:
    """Let the job's files be deleted again."""
    for file_id in (job.training_file, job.validation_file):
        if file_id is not None:
            await resources.files.free(job.account_id, file_id, job.id)


async def happened(
    job: StoredJob, what: str, message: str, at: int, resources: Resources, *, level: str = "info"
) -> None:
    """Note that something happened to a job, for its list of events. The same at the same time is noted once.

    `what` tells one thing from another; `at` is Unix seconds.
    """
    rank = LAST if what in ENDED else 0
    await resources.fine_tunes.put_event(job, TuningEvent(event_id(at, what, rank), at, level, message, {}))


async def keep_events(job: StoredJob, events: tuple[TuningEvent, ...], resources: Resources) -> None:
    """Note what a provider tells of a job; what was noted before changes nothing."""
    for event in events:
        step = event.data.get("step")
        rank = int(step) if isinstance(step, int | float) and step > 0 else 0
        event_key = event_id(event.created_at, event.id, rank)
        await resources.fine_tunes.put_event(job, event._replace(id=event_key))


def event_id(created_at: int, what: str, rank: int = 0) -> str:
    """An id that sorts by time, within a second by rank, and is the same for the same event."""
    return f"ftevent_{created_at:010d}{min(rank, LAST):07d}{sha256(what.encode()).hexdigest()[:12]}"


def derived_id(prefix: str, of: str) -> str:
    """An id that is the same however often something is made of another thing."""
    return f"{prefix}_{of.partition('_')[2]}{sha256(of.encode()).hexdigest()[:6].upper()}"
