"""Trainings: begun, shown and cancelled. What comes in between is a worker's: `services.jobs.follow_fine_tunes`."""

from decimal import Decimal
from typing import Any, Final

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.wpllm.fine_tunes import (
    CreateFineTuneRequest,
    FineTuningEvent,
    FineTuningEventList,
    FineTuningJob,
    FineTuningJobList,
)
from tollgate.contracts.wpllm.listing import PageQuery
from tollgate.errors import BadRequest, Conflict, FineTuneNotFound, InvalidModelId, ModelNotAllowed, ModelNotFound
from tollgate.ledger.training import training_cost, usd_per_trained_token
from tollgate.ledger.worst_case import fixed
from tollgate.resources import Resources
from tollgate.services.calls import check_price
from tollgate.services.gate import release, reserve
from tollgate.services.training import UNFINISHED, free_files, happened
from tollgate.services.tuned_models import find, look_up, may_use, organization_of
from tollgate.services.wpllm.files import can_be_trained, unknown_file
from tollgate.services.wpllm.models import resolved, unknown_model
from tollgate.stores.files import StoredFile
from tollgate.stores.fine_tunes import StoredJob

_PRIVATE: Final = {"cache-control": "no-store"}
_PURPOSE: Final = "fine-tune"


async def create_fine_tune(request: CreateFineTuneRequest, call: Call, resources: Resources) -> Answer:
    """Have a model trained. What it costs at most is held until it has ended.

    Raises BadRequest, FileNotFound, ModelNotFound, ModelNotAllowed, ModelUnpriced, RateLimited, PaymentRequired,
    GateBusy, GateUnavailable.
    """
    model = await _model(request.model, call, resources)
    if request.validation_file == request.training_file:
        raise BadRequest("'validation_file' must be another file than 'training_file'.", param="validation_file")
    training = await _file(request.training_file, "training_file", call, resources)
    if request.validation_file is not None:
        await _file(request.validation_file, "validation_file", call, resources)
    job = await _admitted(request, model, training, call, resources)
    try:
        await resources.fine_tunes.put(job)
        await _claim_files(job, resources)
    except BaseException:
        # Nobody was told of it.
        await resources.fine_tunes.remove(job)
        await free_files(job, resources)
        await release(job.hold, resources)
        raise
    await happened(job, "created", "The job was created.", job.created_at, resources)
    return Answer(content=shown_job(job), status=202, headers=_PRIVATE)


async def list_fine_tunes(query: PageQuery, call: Call, resources: Resources) -> Answer:
    """The account's jobs, newest first."""
    jobs = await resources.fine_tunes.page(call.caller.account_id, limit=query.limit + 1, after=query.after)
    page = [shown_job(job) for job in jobs[: query.limit]]
    return Answer(content=FineTuningJobList(data=page, has_more=len(jobs) > query.limit), headers=_PRIVATE)


async def get_fine_tune(job_id: str, call: Call, resources: Resources) -> Answer:
    """One job.

    Raises FineTuneNotFound.
    """
    return Answer(content=shown_job(await _find(job_id, call, resources)), headers=_PRIVATE)


async def cancel_fine_tune(job_id: str, call: Call, resources: Resources) -> Answer:
    """End a job that has not ended. What was trained by then is charged, once the provider has stopped.

    Raises FineTuneNotFound; Conflict for a job that has succeeded or failed.
    """
    job = await _find(job_id, call, resources)
    now = int(resources.now().timestamp())
    changes = {"status": "cancelled", "finished_at": now}
    cancelled = await resources.fine_tunes.change(job, changes, only_from=UNFINISHED)
    if cancelled is None:
        job = await _find(job_id, call, resources)
        if job.status != "cancelled":
            raise Conflict(f"The job has {job.status} already.", param="job_id", metadata={"status": job.status})
        return Answer(content=shown_job(job), headers=_PRIVATE)
    await happened(cancelled, "cancelled", "The job was cancelled.", now, resources)
    await free_files(cancelled, resources)
    return Answer(content=shown_job(cancelled), headers=_PRIVATE)


async def list_fine_tune_events(job_id: str, query: PageQuery, call: Call, resources: Resources) -> Answer:
    """What happened to a job, newest first.

    Raises FineTuneNotFound.
    """
    job = await _find(job_id, call, resources)
    events = await resources.fine_tunes.events(job.account_id, job.id, limit=query.limit + 1, after=query.after)
    page = [
        FineTuningEvent(
            id=event.id,
            created_at=event.created_at,
            level=event.level,  # type: ignore[arg-type]
            message=event.message,
            type="metrics" if event.data else "message",
            data={name: _number(value) for name, value in event.data.items()},
        )
        for event in events[: query.limit]
    ]
    return Answer(content=FineTuningEventList(data=page, has_more=len(events) > query.limit), headers=_PRIVATE)


def shown_job(job: StoredJob) -> FineTuningJob:
    """A job as its owner sees it."""
    return FineTuningJob.model_validate(
        {
            "id": job.id,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
            "model": job.model,
            "fine_tuned_model": job.fine_tuned_model,
            "organization_id": organization_of(job.account_id),
            "status": job.status,
            "validation_file": job.validation_file,
            "training_file": job.training_file,
            "hyperparameters": {
                "n_epochs": job.n_epochs,
                "batch_size": job.batch_size,
                "learning_rate_multiplier": float(job.learning_rate_multiplier),
            },
            "result_files": list(job.result_files),
            "trained_tokens": job.trained_tokens,
            "error": job.error,
        }
    )


async def _find(job_id: str, call: Call, resources: Resources) -> StoredJob:
    job = await resources.fine_tunes.get(call.caller.account_id, job_id)
    if job is None:
        shown_id = job_id[:100]
        raise FineTuneNotFound(f"Unknown job '{shown_id}'.", param="job_id", metadata={"id": shown_id})
    return job


async def _model(model_id: str, call: Call, resources: Resources) -> Model:
    named = resolved(model_id)
    await look_up([named], call, resources)
    try:
        model = find(named, call, resources)
    except (InvalidModelId, ModelNotFound) as exc:
        raise unknown_model(model_id, call, resources) from exc
    if not may_use(call, model):
        raise ModelNotAllowed(f"This key may not use '{model.id}'.", param="model")
    if not can_be_trained(model, resources):
        check_price(model)
        raise BadRequest(f"'{model.id}' cannot be trained on this gateway.", param="model")
    return model


async def _file(file_id: str, field: str, call: Call, resources: Resources) -> StoredFile:
    file = await resources.files.get(call.caller.account_id, file_id)
    if file is None:
        raise unknown_file(file_id, field)
    if file.purpose != _PURPOSE:
        raise BadRequest(f"'{field}' has the purpose '{file.purpose}', not '{_PURPOSE}'.", param=field)
    return file


async def _admitted(
    request: CreateFineTuneRequest, model: Model, training: StoredFile, call: Call, resources: Resources
) -> StoredJob:
    """The job, with what it costs at most held for it."""
    wanted = request.hyperparameters
    known = training.dataset or {}
    tokens = int(known["tokens"]) if training.status == "processed" else None
    # Before anybody has looked, no byte of it is more than a token.
    most = int(known["most_tokens"]) if training.status == "processed" else training.size_bytes
    most_tokens = resources.fine_tuning(model).most_tokens(most, tokens) * wanted.n_epochs
    usd_per_token = usd_per_trained_token(model.price) or Decimal(0)
    hold, _ = await reserve(
        fixed(training_cost(most_tokens, usd_per_token)), model=model.id, call=call, resources=resources
    )
    return StoredJob(
        account_id=call.caller.account_id,
        id=resources.new_id("ft"),
        created_at=int(resources.now().timestamp()),
        model=model.id,
        base=model.root or model.id,
        training_file=request.training_file,
        validation_file=request.validation_file,
        n_epochs=wanted.n_epochs,
        batch_size=wanted.batch_size,
        learning_rate_multiplier=Decimal(str(wanted.learning_rate_multiplier)),
        usd_per_token=usd_per_token,
        hold=hold,
        upstream_base=model.upstream_model if model.root else None,
    )


async def _claim_files(job: StoredJob, resources: Resources) -> None:
    """Keep the job's files from being deleted.

    Raises FileNotFound.
    """
    for field in ("training_file", "validation_file"):
        file_id = getattr(job, field)
        if file_id is not None and await resources.files.claim(job.account_id, file_id, job.id) is None:
            raise unknown_file(file_id, field)


def _number(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
