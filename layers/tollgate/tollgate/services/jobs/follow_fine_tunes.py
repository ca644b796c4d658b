"""Trainings followed from their files to their bill.

Each step is a conditional write that says where the job comes from, and everything that a step leads to can be done
again: a worker that dies anywhere is followed by one that goes on from there.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from datetime import timedelta
from functools import partial
from typing import Final

from pydantic_core import to_json

from tollgate.contracts.tuning import Tuning, TuningRequest
from tollgate.datasets.examples import Example
from tollgate.datasets.reading import DatasetReader
from tollgate.errors import BadRequest, NotFound, UpstreamError
from tollgate.resources import Resources
from tollgate.services.jobs.fine_tune_ends import conclude, fail, succeed, tell_owner
from tollgate.services.training import (
    adapter_of,
    changed,
    current,
    free_files,
    happened,
    keep_events,
    model_of,
    now_of,
    trained,
)
from tollgate.stores.files import StoredFile
from tollgate.stores.fine_tunes import StoredJob

LEASE_S: Final = 900
"""As long as a worker may run: one that is older belongs to a worker that died."""
LONGEST: Final = timedelta(days=7)
"""A job that takes longer is ended."""
_HOLD_LIFETIME: Final = LONGEST + timedelta(days=2)
_LONGEST_BEGINNING: Final = timedelta(days=1)
"""So long a provider that fails is asked again to begin."""
_AT_ONCE: Final = 4
_INVALID: Final = {"training_file": "invalid_training_file", "validation_file": "invalid_validation_file"}

_GONE: Final = "The model is not offered any more."

_log: Final = logging.getLogger(__name__)


async def follow_fine_tunes(resources: Resources) -> dict[str, int]:
    """Take every open job as far as it goes now. Answers how many were looked at, closed, and failed to be followed."""
    done = {"followed": 0, "closed": 0, "failed": 0}
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(account_id: str, job_id: str) -> None:
        async with turns:
            try:
                is_closed = await follow(account_id, job_id, resources)
            except Exception:  # noqa: BLE001 - the next round tries again, and the others go on
                _log.exception("fine_tune_not_followed", extra={"job_id": job_id, "account_id": account_id})
                done["failed"] += 1
            else:
                done["followed"] += is_closed is not None
                done["closed"] += bool(is_closed)

    async with asyncio.TaskGroup() as group:
        for account_id, job_id in await resources.fine_tunes.open():
            group.create_task(one(account_id, job_id))
    if any(done.values()):
        _log.info("fine_tunes_followed", extra=done)
    return done


async def follow(account_id: str, job_id: str, resources: Resources) -> bool | None:
    """Take one job as far as it goes now; whether nothing is left to do, None where somebody else has it.

    Raises AwsError, AwsUnavailable, UpstreamError.
    """
    now = int(resources.now().timestamp())
    job = await resources.fine_tunes.lease(account_id, job_id, now=now, until=now + LEASE_S)
    if job is None:
        return None
    is_closed = False
    try:
        is_closed = await _advance(job, resources)
    finally:
        if not is_closed:
            await asyncio.shield(resources.fine_tunes.give_up_lease(job))
    return is_closed


async def _advance(job: StoredJob, resources: Resources) -> bool:
    if not job.is_held:
        job = await _keep_hold(job, resources)
    if job.status == "validating_files":
        job = await _begin(job, resources)
    elif not job.has_ended:
        job = await _look(job, resources)
    job = await tell_owner(job, resources)
    return job.has_ended and await conclude(job, resources)


async def _keep_hold(job: StoredJob, resources: Resources) -> StoredJob:
    """Have the hold last as long as the job may; until now it lasted as long as a call does."""
    await resources.accounts.prolong(job.hold, resources.now() + _HOLD_LIFETIME)
    return await changed(job, {"is_held": True}, resources)


async def _begin(job: StoredJob, resources: Resources) -> StoredJob:
    """Have the provider begin, once every file was looked through."""
    files: dict[str, StoredFile] = {}
    for field, code in _INVALID.items():
        if (file_id := getattr(job, field)) is None:
            continue
        file = await resources.files.claim(job.account_id, file_id, job.id)
        if file is None or file.status == "error":
            why = (file.status_details or "") if file else "It is not there any more."
            return await fail(job, code, f"The file cannot be used. {why}".rstrip(), resources, param=field)
        files[field] = file
    if (found := await current(job, resources)).has_ended:
        # It was cancelled, and its files freed, before they were claimed again.
        await free_files(job, resources)
        return found
    if any(file.status == "uploaded" for file in files.values()):
        return job
    tokens = int((files["training_file"].dataset or {})["tokens"])
    job = await changed(job, {"dataset_tokens": tokens}, resources)
    return await _start(job, _request(job, files, tokens, resources), resources)


async def _start(job: StoredJob, request: TuningRequest | None, resources: Resources) -> StoredJob:
    if request is None:
        return await fail(job, "model_not_available", _GONE, resources, param="model")
    try:
        upstream_job = await _started(job, request, resources)
    except (BadRequest, NotFound) as exc:
        return await fail(job, exc.reason, exc.message, resources)
    except UpstreamError as exc:
        if _age(job, resources) < _LONGEST_BEGINNING:
            raise
        return await fail(job, exc.reason, exc.message, resources)
    # Whatever became of the job meanwhile, the provider works on it, and has to be told.
    job = await changed(job, {"upstream_job": upstream_job}, resources)
    queued = await resources.fine_tunes.change(
        job, {"status": "queued", "to_publish": ("model.training.started",)}, only_from=("validating_files",)
    )
    if queued is None:
        return await current(job, resources)
    await happened(queued, "queued", "The files are in order, and the job is queued.", now_of(resources), resources)
    return queued


async def _started(job: StoredJob, request: TuningRequest, resources: Resources) -> str:
    adapter = resources.fine_tuning(request.model)
    if job.was_begun:
        # Somebody began, and did not live to note what the provider calls it.
        if found := await adapter.find(job.id):
            return found
    else:
        await changed(job, {"was_begun": True}, resources)
    return await adapter.start(request, now=resources.now())


async def _look(job: StoredJob, resources: Resources) -> StoredJob:
    """See how far the provider is."""
    adapter = adapter_of(job, resources)
    if adapter is None or job.upstream_job is None:
        return await fail(job, "model_not_available", _GONE, resources)
    try:
        tuning = await adapter.follow(job.upstream_job, now=resources.now())
    except NotFound:
        return await fail(job, "job_lost", "The provider does not know the job any more.", resources)
    await keep_events(job, tuning.events, resources)
    match tuning.status:
        case "succeeded":
            return await succeed(job, tuning, adapter, resources)
        case "failed":
            message = tuning.error_message or "The provider says no more than that it failed."
            return await fail(
                job, tuning.error_code or "training_failed", message, resources, tokens=trained(job, tuning)
            )
        case "cancelled":
            message = "The training was ended at the provider."
            return await fail(job, "cancelled_by_provider", message, resources, tokens=trained(job, tuning))
    if _age(job, resources) > LONGEST:
        return await fail(job, "timed_out", "The training took longer than seven days.", resources)
    return await _goes_on(job, tuning, resources)


async def _goes_on(job: StoredJob, tuning: Tuning, resources: Resources) -> StoredJob:
    if tuning.status == "queued":
        return job
    tokens = max(job.trained_tokens or 0, trained(job, tuning) or 0)
    running = await resources.fine_tunes.change(
        job, {"status": "running", "trained_tokens": tokens}, only_from=("queued", "running")
    )
    if running is None:
        return await current(job, resources)
    if job.status == "queued":
        await happened(running, "running", "The training has begun.", now_of(resources), resources)
    return running


def _request(job: StoredJob, files: dict[str, StoredFile], tokens: int, resources: Resources) -> TuningRequest | None:
    model = model_of(job, resources)
    if model is None:
        return None
    validation = files.get("validation_file")
    return TuningRequest(
        id=job.id,
        model=model,
        training=partial(examples_in, files["training_file"], resources),
        validation=partial(examples_in, validation, resources) if validation else None,
        n_epochs=job.n_epochs,
        batch_size=job.batch_size,
        learning_rate_multiplier=float(job.learning_rate_multiplier),
        tokens=tokens,
    )


async def examples_in(file: StoredFile, resources: Resources) -> AsyncGenerator[bytes, None]:
    """A dataset as providers take it: one conversation a line, in pieces of many lines.

    Raises AwsError, AwsUnavailable.
    """
    read: list[Example] = []
    reader = DatasetReader(read.append)
    pieces = resources.bucket.pieces(file.key)
    try:
        async for piece in pieces:
            await asyncio.to_thread(reader.feed, piece)
            if read:
                yield _lines(read)
                read.clear()
    finally:
        await pieces.aclose()
    reader.close()
    if read:
        yield _lines(read)


def _lines(examples: list[Example]) -> bytes:
    return b"".join(to_json({"messages": example.messages}) + b"\n" for example in examples)


def _age(job: StoredJob, resources: Resources) -> timedelta:
    return timedelta(seconds=now_of(resources) - job.created_at)
