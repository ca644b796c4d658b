"""How trainings end: the model named, the results kept, the bill settled, the files freed, the owner told."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tollgate.contracts.tuning import Tuning
from tollgate.errors import NotFound, UpstreamError
from tollgate.ledger.training import training_cost
from tollgate.providers.protocols import FineTuning
from tollgate.resources import Resources
from tollgate.services.events import publish
from tollgate.services.file_contents import content_key, delete_content
from tollgate.services.gate import Bill, release, settle
from tollgate.services.training import (
    UNFINISHED,
    adapter_of,
    changed,
    current,
    derived_id,
    free_files,
    happened,
    keep_events,
    now_of,
    trained,
)
from tollgate.services.tuned_models import name_of
from tollgate.services.wpllm.fine_tunes import shown_job
from tollgate.stores.files import StoredFile
from tollgate.stores.fine_tunes import StoredJob, TunedModel

_PATIENCE: Final = timedelta(days=1)
"""So long a provider that does not answer is told to stop."""
_TOLD: Final[Mapping[str, str]] = {"succeeded": "model.training.completed", "failed": "model.training.failed"}
_WORDS: Final[Mapping[str, str]] = {
    "succeeded": "The job has succeeded.",
    "failed": "The job has failed.",
    "cancelled": "The job was cancelled.",
}

_log: Final = logging.getLogger(__name__)


async def succeed(job: StoredJob, tuning: Tuning, adapter: FineTuning, resources: Resources) -> StoredJob:
    """Keep what was measured, give the model its name, and say that the job has succeeded, unless it has ended.

    Raises UpstreamError, AwsError, AwsUnavailable.
    """
    results = await _keep_results(job, tuning, adapter, resources)
    name = await _claim_name(job, tuning, resources)
    tokens = trained(job, tuning)
    succeeded = await resources.fine_tunes.change(
        job,
        {
            "status": "succeeded",
            "finished_at": now_of(resources),
            "fine_tuned_model": name,
            "upstream_model": tuning.upstream_model,
            "trained_tokens": job.dataset_tokens * job.n_epochs if tokens is None else tokens,
            "result_files": tuple(file.id for file in results),
            "is_stopped": True,
            "to_publish": (*job.to_publish, _TOLD["succeeded"]),
        },
        only_from=UNFINISHED,
    )
    if succeeded is not None:
        return succeeded
    # It was cancelled before: of what it would have had, nothing stays.
    await resources.fine_tunes.free_name(job.account_id, name)
    for file in results:
        await resources.files.mark_deleted(file.account_id, file.id)
        await delete_content(file, resources)
    return await current(job, resources)


async def fail(
    job: StoredJob,
    code: str,
    message: str,
    resources: Resources,
    *,
    param: str | None = None,
    tokens: int | None = None,
) -> StoredJob:
    """Say that a job has failed, and why, unless it has ended. `tokens` were trained, as far as is known now."""
    changes: dict[str, Any] = {
        "status": "failed",
        "finished_at": now_of(resources),
        "error": {"code": code, "message": message[:1000], "param": param},
        "to_publish": (*job.to_publish, _TOLD["failed"]),
    }
    if tokens is not None:
        changes["trained_tokens"] = tokens
    return await resources.fine_tunes.change(job, changes, only_from=UNFINISHED) or await current(job, resources)


async def conclude(job: StoredJob, resources: Resources) -> bool:
    """Deal with all that the end of a job leads to; whether nothing is left to be done.

    Raises UpstreamError, AwsError, AwsUnavailable.
    """
    at = job.finished_at or now_of(resources)
    level = "error" if job.status == "failed" else "info"
    message = f"{_WORDS[job.status]} {job.error['message']}" if job.error else _WORDS[job.status]
    await happened(job, job.status, message, at, resources, level=level)
    await free_files(job, resources)
    if not job.is_stopped:
        job = await _stop(job, resources)
    if not job.is_settled:
        if not await _settle(job, resources):
            # Everything else waits for the bill.
            return False
        job = await changed(job, {"is_settled": True}, resources)
    if job.fine_tuned_model is not None:
        await resources.fine_tunes.mark_ready(job.account_id, job.fine_tuned_model)
    job = await tell_owner(job, resources)
    await resources.fine_tunes.close(job)
    return True


async def tell_owner(job: StoredJob, resources: Resources) -> StoredJob:
    """Publish what the owner of a job is still to be told of: each event at least once."""
    while job.to_publish:
        told = shown_job(job).model_dump(mode="json")
        await publish(resources, job.account_id, job.to_publish[0], told)
        job = await changed(job, {"to_publish": job.to_publish[1:]}, resources)
    return job


async def _stop(job: StoredJob, resources: Resources) -> StoredJob:
    """Have the provider stop, and see what it has trained by then."""
    adapter = adapter_of(job, resources)
    tokens = job.trained_tokens
    if adapter is not None and job.was_begun:
        try:
            # Somebody may have begun, and not lived to note what the provider calls it.
            upstream_job = job.upstream_job or await adapter.find(job.id)
            tuning = await adapter.cancel(upstream_job, now=resources.now()) if upstream_job else Tuning("cancelled")
        except NotFound:
            _log.warning("fine_tune_lost", extra={"job_id": job.id})
        except UpstreamError:
            if now_of(resources) - (job.finished_at or 0) < _PATIENCE.total_seconds():
                raise
            _log.exception("fine_tune_not_stopped", extra={"job_id": job.id})
        else:
            await keep_events(job, tuning.events, resources)
            if (last := trained(job, tuning)) is not None:
                tokens = max(tokens or 0, last)
    return await changed(job, {"is_stopped": True, "trained_tokens": tokens}, resources)


async def _settle(job: StoredJob, resources: Resources) -> bool:
    """Charge what was trained, never more than is held for it; nothing for nothing. False where it did not come off."""
    cost = training_cost(job.trained_tokens or 0, job.usd_per_token)
    if not cost:
        return await release(job.hold, resources)
    bill = Bill(
        cost_usd=cost,
        usage={"trained_tokens": job.trained_tokens or 0},
        outcome={"succeeded": "completed", "failed": "upstream_error"}.get(job.status, "cancelled"),
        model=job.model,
        is_estimated=False,
        details={"job_id": job.id, "n_epochs": job.n_epochs},
    )
    return await settle(job.hold, bill, resources)


async def _keep_results(job: StoredJob, tuning: Tuning, adapter: FineTuning, resources: Resources) -> list[StoredFile]:
    files = []
    for number, upstream_id in enumerate(tuning.result_files):
        content = await adapter.read_result(upstream_id)
        file_id = derived_id("file", f"{job.id}{number or ''}")
        file = StoredFile(
            account_id=job.account_id,
            id=file_id,
            filename="step_metrics.csv",
            purpose="fine-tune-results",
            size_bytes=len(content),
            created_at=now_of(resources),
            key=content_key(job.account_id, file_id),
            status="processed",
        )
        await resources.bucket.put(file.key, content, "text/csv")
        await resources.files.put(file)
        files.append(file)
    return files


async def _claim_name(job: StoredJob, tuning: Tuning, resources: Resources) -> str:
    """The first name of the account's that no other job has; the same one for the same job."""
    number = 0
    while True:
        number += 1
        model = TunedModel(
            id=name_of(job.base, job.account_id, number),
            job_id=job.id,
            base=job.base,
            parent=job.model,
            upstream_model=tuning.upstream_model or "",
            created_at=now_of(resources),
        )
        if await resources.fine_tunes.claim_name(job.account_id, model):
            return model.id
