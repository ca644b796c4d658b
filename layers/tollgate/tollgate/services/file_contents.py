"""What is in files: where it is kept, looked through after it was uploaded, deleted after its file was."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from tollgate.datasets.reading import Dataset, DatasetReader
from tollgate.resources import Resources
from tollgate.services.tuned_models import organization_of
from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.files import StoredFile

LEASE_S: Final = 900
"""As long as a worker may run: one that is older belongs to a worker that died."""

_log: Final = logging.getLogger(__name__)


def content_key(account_id: str, file_id: str) -> str:
    """Where the content of a file is in the bucket."""
    return f"files/{organization_of(account_id)}/{file_id}"


async def ask_for_validation(file: StoredFile, resources: Resources) -> None:
    """Have a worker look through a file now. Should the request be lost, the sweeper finds the file all the same."""
    if not resources.settings.files_queue:
        return
    try:
        await resources.files_queue.send({"account_id": file.account_id, "file_id": file.id})
    except (AwsError, AwsUnavailable):
        _log.warning("validation_not_queued", extra={"file_id": file.id}, exc_info=True)


async def validate_queued_file(message: Mapping[str, Any], resources: Resources) -> bool:
    """Look through the file that a message is about.

    Raises AwsError, AwsUnavailable.
    """
    return await validate_file(message["account_id"], message["file_id"], resources)


async def validate_file(account_id: str, file_id: str, resources: Resources) -> bool:
    """Look through a file, and write down what was found; False where there was nothing to do.

    Whoever looks has a lease of the file; a failure gives it back.

    Raises AwsError, AwsUnavailable.
    """
    now = int(resources.now().timestamp())
    file = await resources.files.lease(account_id, file_id, now=now, until=now + LEASE_S)
    if file is None:
        return False
    try:
        dataset = await read_dataset(file, resources)
    except BaseException:
        await asyncio.shield(resources.files.give_up_lease(file))
        raise
    status = "processed" if dataset.is_good else "error"
    found = replace(file, status=status, status_details=dataset.details, dataset=_report(dataset))
    return await resources.files.finish(found)


async def read_dataset(file: StoredFile, resources: Resources) -> Dataset:
    """What is in a file. It is read as it comes, and never held.

    Raises AwsError, AwsUnavailable.
    """
    reader = DatasetReader()
    pieces = resources.bucket.pieces(file.key)
    try:
        async for piece in pieces:
            # Parsing takes its time, and others are served in the meantime.
            await asyncio.to_thread(reader.feed, piece)
            if reader.has_seen_enough:
                break
    finally:
        await pieces.aclose()
    return reader.close()


async def delete_content(file: StoredFile, resources: Resources) -> None:
    """Delete what a file that was marked as deleted had in it, then the last trace of it.

    Raises AwsError, AwsUnavailable.
    """
    await resources.bucket.delete(file.key)
    await resources.files.forget(file.account_id, file.id)


async def sweep_files(resources: Resources) -> dict[str, int]:
    """Look through every file that nobody looked through, and delete contents that were left behind.

    Answers how many files were validated, deleted, and failed; those come again.
    """
    done = {"validated": 0, "deleted": 0, "failed": 0}
    for account_id, file_id in await resources.files.waiting("validation"):
        try:
            done["validated"] += await validate_file(account_id, file_id, resources)
        except (AwsError, AwsUnavailable):
            _log.exception("file_not_validated", extra={"file_id": file_id})
            done["failed"] += 1
    for account_id, file_id in await resources.files.waiting("deletion"):
        if file := await resources.files.get_deleted(account_id, file_id):
            try:
                await delete_content(file, resources)
                done["deleted"] += 1
            except (AwsError, AwsUnavailable):
                _log.exception("file_not_deleted", extra={"file_id": file_id})
                done["failed"] += 1
    if any(done.values()):
        _log.info("files_swept", extra=done)
    return done


def _report(dataset: Dataset) -> Mapping[str, Any]:
    return {
        "format": dataset.format,
        "examples": dataset.examples,
        "tokens": dataset.tokens,
        "most_tokens": dataset.most_tokens,
        "longest_example_tokens": dataset.longest_tokens,
        "duplicates": dataset.duplicates,
        "blank_lines": dataset.blank_lines,
        "problems": [problem._asdict() for problem in dataset.problems],
        "problem_count": dataset.problem_count,
    }
