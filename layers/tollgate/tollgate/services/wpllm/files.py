"""Files: kept, shown, sent directly to the bucket, and deleted."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.wpllm.files import (
    MAX_FILE_BYTES,
    MAX_FORM_FILE_BYTES,
    CreateFileRequest,
    DatasetReport,
    DeletedFile,
    FileList,
    FileListQuery,
    FileObject,
    StartedUpload,
    StartUploadRequest,
    TrainingEstimate,
)
from tollgate.errors import BadRequest, Conflict, FileNotFound, TooLarge
from tollgate.ledger.money import shown
from tollgate.ledger.training import training_cost, usd_per_trained_token
from tollgate.resources import Resources
from tollgate.services.file_contents import ask_for_validation, content_key, delete_content
from tollgate.services.tuned_models import may_use, organization_of
from tollgate.stores import files as store

_PRIVATE: Final = {"cache-control": "no-store"}
_MEDIA_TYPE: Final = "application/octet-stream"
UPLOAD_LIFETIME_S: Final = 3_600
CONTENT_LIFETIME_S: Final = 300
"""How long the address works that a large file's content is read from."""
# As text in JSON, which is how Lambda hands it on, it can be six times as long, and no more than 6 MiB.
_LARGEST_INLINE_BYTES: Final = 1_000_000
_USUAL_EPOCHS: Final = 3
_MOST_ESTIMATES: Final = 20


async def create_file(request: CreateFileRequest, call: Call, resources: Resources) -> Answer:
    """Keep a file as it was sent. What is wrong with its lines is found out afterwards.

    Raises TooLarge.
    """
    content = request.file.content
    if len(content) > MAX_FORM_FILE_BYTES:
        raise TooLarge(
            f"The file has {len(content)} bytes, more than {MAX_FORM_FILE_BYTES}. {request.too_large_hint}",
            param="file",
            metadata={"limit_bytes": MAX_FORM_FILE_BYTES, "received_bytes": len(content)},
        )
    file = _new_file(request.file.name, request.purpose, len(content), call, resources)
    await resources.bucket.put(file.key, content, _MEDIA_TYPE)
    await resources.files.put(file)
    call.later.append(partial(ask_for_validation, file, resources))
    return Answer(content=_shown(file), status=201, headers=_PRIVATE)


async def start_upload(request: StartUploadRequest, call: Call, resources: Resources) -> Answer:
    """Lend an address of the bucket that takes exactly the bytes that were announced."""
    file = _new_file(request.filename, request.purpose, request.bytes, call, resources)
    expires_at = file.created_at + UPLOAD_LIFETIME_S
    upload_key = f"uploads/{organization_of(file.account_id)}/{file.id}"
    await resources.files.put_upload(store.StartedUpload(file, upload_key, expires_at))
    headers = {"content-length": str(file.size_bytes), "content-type": _MEDIA_TYPE}
    url = resources.bucket.presigned(upload_key, UPLOAD_LIFETIME_S, method="PUT", headers=headers)
    content = StartedUpload(id=file.id, url=url, headers=headers, expires_at=expires_at)
    return Answer(content=content, status=201, headers=_PRIVATE)


async def finish_upload(file_id: str, call: Call, resources: Resources) -> Answer:
    """Keep what was sent to the bucket as a file, which nobody can write over any more; the same answer every time.

    Raises FileNotFound, Conflict.
    """
    account_id = call.caller.account_id
    if file := await resources.files.get(account_id, file_id):
        return Answer(content=_shown(file), headers=_PRIVATE)
    upload = await resources.files.get_upload(account_id, file_id)
    if upload is None or upload.expires_at < resources.now().timestamp():
        raise _unknown(file_id)
    file = upload.file
    found = await resources.bucket.head(upload.upload_key)
    if found is None or found[0] != file.size_bytes:
        raise Conflict(
            "The bytes that were announced have not arrived. Send them to the upload's address first.",
            metadata={"status": "uploading", "bytes": file.size_bytes, "received_bytes": found[0] if found else 0},
        )
    if not await resources.bucket.copy(upload.upload_key, file.key, tag=found[1]):
        raise Conflict("The file changed while it was taken over. Try again.", metadata={"status": "uploading"})
    await resources.files.put(file)
    call.later.append(partial(ask_for_validation, file, resources))
    call.later.append(partial(resources.bucket.delete, upload.upload_key))
    call.later.append(partial(resources.files.delete_upload, account_id, file_id))
    return Answer(content=_shown(file), headers=_PRIVATE)


async def list_files(query: FileListQuery, call: Call, resources: Resources) -> Answer:
    """The account's files, newest first."""
    files = await resources.files.page(
        call.caller.account_id, limit=query.limit + 1, after=query.after, purpose=query.purpose
    )
    page = [_shown(file) for file in files[: query.limit]]
    return Answer(content=FileList(data=page, has_more=len(files) > query.limit), headers=_PRIVATE)


async def get_file(file_id: str, call: Call, resources: Resources) -> Answer:
    """One file, with what was found in it and what training with it would cost.

    Raises FileNotFound.
    """
    file = await _find(file_id, call, resources)
    shown_file = _shown(file)
    if shown_file.dataset is not None and file.status == "processed":
        shown_file.dataset.estimates = _estimates(shown_file.dataset.tokens, call, resources)
    return Answer(content=shown_file, headers=_PRIVATE)


async def get_file_content(file_id: str, call: Call, resources: Resources) -> Answer:
    """The bytes of a file: the answer itself, or an address to get them from where they are many, or no text.

    Raises FileNotFound.
    """
    file = await _find(file_id, call, resources)
    content = b""
    if file.size_bytes <= _LARGEST_INLINE_BYTES:
        content = await resources.bucket.get(file.key) or b""
        if not content:
            raise _unknown(file_id)
    if not _is_text(content):
        url = resources.bucket.presigned(file.key, CONTENT_LIFETIME_S)
        return Answer(content=b"", status=302, headers={**_PRIVATE, "location": url}, media_type=_MEDIA_TYPE)
    media_type = "text/csv" if file.filename.endswith(".csv") else "text/plain"
    return Answer(content=content, headers=_PRIVATE, media_type=f"{media_type}; charset=utf-8")


async def delete_file(file_id: str, call: Call, resources: Resources) -> DeletedFile:
    """Delete a file and its content.

    Raises FileNotFound; Conflict while a job uses it.
    """
    account_id = call.caller.account_id
    try:
        file = await resources.files.mark_deleted(account_id, file_id) if file_id.startswith("file_") else None
    except store.FileInUse as exc:
        jobs = sorted(exc.jobs)
        raise Conflict(
            "The file is used by a job that has not ended.", param="file_id", metadata={"used_by": jobs}
        ) from exc
    if file is None:
        raise _unknown(file_id)
    # Should this fail, the sweeper does it: the file is out of sight already.
    call.later.append(partial(delete_content, file, resources))
    return DeletedFile(id=file.id)


def _is_text(content: bytes) -> bool:
    # API Gateway would send any other bytes on in base64.
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return bool(content)


def unknown_file(file_id: str, field: str) -> FileNotFound:
    """The answer for a file that does not exist, or is another account's; `field` is where it was named."""
    shown_id = file_id[:100]
    return FileNotFound(f"Unknown file '{shown_id}'.", param=field, metadata={"id": shown_id, "field": field})


def _unknown(file_id: str) -> FileNotFound:
    return unknown_file(file_id, "file_id")


async def _find(file_id: str, call: Call, resources: Resources) -> store.StoredFile:
    file = await resources.files.get(call.caller.account_id, file_id)
    if file is None:
        raise _unknown(file_id)
    return file


def _new_file(name: str, purpose: str, size_bytes: int, call: Call, resources: Resources) -> store.StoredFile:
    if size_bytes > MAX_FILE_BYTES:
        raise BadRequest(f"A file has at most {MAX_FILE_BYTES} bytes.", param="bytes")
    file_id = resources.new_id("file")
    return store.StoredFile(
        account_id=call.caller.account_id,
        id=file_id,
        filename=name,
        purpose=purpose,
        size_bytes=size_bytes,
        created_at=int(resources.now().timestamp()),
        key=content_key(call.caller.account_id, file_id),
    )


def _shown(file: store.StoredFile) -> FileObject:
    return FileObject(
        id=file.id,
        bytes=file.size_bytes,
        created_at=file.created_at,
        filename=file.filename,
        purpose=file.purpose,  # type: ignore[arg-type]
        status=file.status,  # type: ignore[arg-type]
        status_details=file.status_details,
        dataset=_report(file.dataset) if file.dataset else None,
    )


def _report(stored: Mapping[str, Any]) -> DatasetReport:
    counts = ("examples", "tokens", "longest_example_tokens", "duplicates", "blank_lines", "problem_count")
    problems = [{"line": int(one["line"]), "message": one["message"]} for one in stored["problems"]]
    report = {name: int(stored[name]) for name in counts} | {"problems": problems, "estimates": []}
    return DatasetReport.model_validate({**report, "format": stored["format"]})


def _estimates(tokens: int, call: Call, resources: Resources) -> list[TrainingEstimate]:
    # Those of which it is known that they can be trained.
    models = [
        model
        for model in resources.catalogue.all()
        if model.enabled and model.price.rates.training is not None and can_be_trained(model, resources)
    ]
    return [
        TrainingEstimate(
            model=model.id,
            n_epochs=_USUAL_EPOCHS,
            tokens=tokens * _USUAL_EPOCHS,
            cost=shown(training_cost(tokens * _USUAL_EPOCHS, usd_per_token)),
        )
        for model in models
        if may_use(call, model) and (usd_per_token := usd_per_trained_token(model.price)) is not None
    ][:_MOST_ESTIMATES]


def can_be_trained(model: Model, resources: Resources) -> bool:
    """Whether a model may be trained, for a price. Which of its models it trains, a provider knows best itself."""
    provider = resources.providers.get(model.provider)
    return (
        model.type == "chat"
        and provider is not None
        and "fine_tune" in provider.can
        and model.flags.get("fine_tuning", True)
        and usd_per_trained_token(model.price) is not None
    )
