"""Files: what is known of each. Their contents are in the bucket.

An item waits for a worker as long as it has `waiting_for`: `validation`, or `deletion`, of which only the bucket's
object is left. So whatever a worker did not live to finish is found through the index `by_waiting`.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct

from tollgate.stores.leases import give_up, lease
from tollgate.stores.table import ConditionFailed, Item, Table

SCHEMA: Final = 1
_INDEX: Final = "by_waiting"
_UPLOAD: Final = "upload#"
_MOST_AT_ONCE: Final = 100


class FileInUse(Exception):
    """Jobs that have not ended use the file; `jobs` are their ids."""

    def __init__(self, jobs: frozenset[str]) -> None:
        super().__init__("the file is in use")
        self.jobs = jobs


class StoredFile(Struct, frozen=True):
    """One file. `created_at` is Unix seconds; `dataset` is the report on its content."""

    account_id: str
    id: str
    filename: str
    purpose: str
    size_bytes: int
    created_at: int
    key: str
    """Where its content is in the bucket."""
    status: str = "uploaded"
    status_details: str | None = None
    dataset: Mapping[str, Any] | None = None
    leased_by: str = ""
    """The token of who validates it, or has done so last."""


class StartedUpload(Struct, frozen=True):
    """A file that somebody is about to send to the bucket."""

    file: StoredFile
    upload_key: str
    """Where it arrives."""
    expires_at: int


class Files:
    """The files table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put(self, file: StoredFile) -> None:
        """Store a new file; one that is there already stays as it is. What is `uploaded` waits for its validation."""
        waiting = {"waiting_for": "validation"} if file.status == "uploaded" else {}
        await self._table.create({**_item(file), **waiting}, key="id")

    async def get(self, account_id: str, file_id: str) -> StoredFile | None:
        """A file of an account, strongly consistent."""
        item = await self._table.get(_place(account_id, file_id)) if file_id.startswith("file_") else None
        return _file(item) if item is not None and item["status"] != "deleted" else None

    async def page(
        self, account_id: str, *, limit: int, after: str | None = None, purpose: str | None = None
    ) -> list[StoredFile]:
        """Files of an account, newest first, of which the first is older than the one with the id `after`."""
        found: list[StoredFile] = []
        last = after
        while len(found) < limit:
            items = await self._table.query(
                "account_id = :account AND id BETWEEN :first AND :last",
                values={":account": account_id, ":first": "file_", ":last": last or "file_~"},
                newest_first=True,
                limit=_MOST_AT_ONCE,
            )
            found += [
                _file(item)
                for item in items
                if item["id"] != last and item["status"] != "deleted" and purpose in {None, item["purpose"]}
            ]
            if len(items) < _MOST_AT_ONCE:
                break
            last = items[-1]["id"]
        return found[:limit]

    async def claim(self, account_id: str, file_id: str, job_id: str) -> StoredFile | None:
        """Keep a file for a job, however often; None where there is no such file."""
        try:
            item = await self._table.update(
                _place(account_id, file_id),
                "ADD used_by :jobs",
                values={":jobs": {job_id}, ":deleted": "deleted"},
                names={"#status": "status"},
                condition="attribute_exists(id) AND #status <> :deleted",
                returning="ALL_NEW",
            )
        except ConditionFailed:
            return None
        return _file(item)

    async def free(self, account_id: str, file_id: str, job_id: str) -> None:
        """End what `claim` began, however often."""
        with suppress(ConditionFailed):
            await self._table.update(
                _place(account_id, file_id),
                "DELETE used_by :jobs",
                values={":jobs": {job_id}},
                condition="attribute_exists(id)",
            )

    async def mark_deleted(self, account_id: str, file_id: str) -> StoredFile | None:
        """Take a file out of sight, unless a job uses it; None where there is no such file.

        Raises FileInUse.
        """
        try:
            item = await self._table.update(
                _place(account_id, file_id),
                "SET #status = :deleted, waiting_for = :deletion",
                values={":deleted": "deleted", ":deletion": "deletion"},
                names={"#status": "status"},
                condition="attribute_exists(id) AND #status <> :deleted AND attribute_not_exists(used_by)",
                returning="ALL_NEW",
            )
        except ConditionFailed as exc:
            if exc.item is None or exc.item["status"] == "deleted":
                return None
            raise FileInUse(frozenset(exc.item.get("used_by", ()))) from exc
        return _file(item)

    async def forget(self, account_id: str, file_id: str) -> None:
        """Remove a file that was marked as deleted, now that its content is gone."""
        with suppress(ConditionFailed):
            await self._table.delete(
                _place(account_id, file_id),
                condition="#status = :deleted",
                values={":deleted": "deleted"},
                names={"#status": "status"},
            )

    async def lease(self, account_id: str, file_id: str, *, now: int, until: int) -> StoredFile | None:
        """Take on the validation of a file; None where there is nothing to do, or somebody else does it."""
        try:
            item = await lease(
                self._table,
                _place(account_id, file_id),
                now=now,
                until=until,
                condition="#status = :uploaded",
                names={"#status": "status"},
                values={":uploaded": "uploaded"},
            )
        except ConditionFailed:
            return None
        return _file(item)

    async def give_up_lease(self, file: StoredFile) -> None:
        """Leave the validation to whoever comes next."""
        await give_up(self._table, _place(file.account_id, file.id), file.leased_by)

    async def finish(self, file: StoredFile) -> bool:
        """Write down what a validation found; False where there was nothing more to find."""
        try:
            await self._table.update(
                _place(file.account_id, file.id),
                "SET #status = :status, status_details = :details, dataset = :dataset REMOVE waiting_for, leased_until",
                values={
                    ":status": file.status,
                    ":details": file.status_details,
                    ":dataset": file.dataset,
                    ":uploaded": "uploaded",
                },
                names={"#status": "status"},
                condition="#status = :uploaded",
            )
        except ConditionFailed:
            return False
        return True

    async def waiting(self, what: str) -> list[tuple[str, str]]:
        """Account and id of the files that wait for `validation` or `deletion`, the oldest first."""
        items = await self._table.query("waiting_for = :what", values={":what": what}, index=_INDEX)
        return [(item["account_id"], item["id"]) for item in items]

    async def get_deleted(self, account_id: str, file_id: str) -> StoredFile | None:
        """A file of which only its content may be left."""
        item = await self._table.get(_place(account_id, file_id))
        return _file(item) if item is not None and item["status"] == "deleted" else None

    async def put_upload(self, upload: StartedUpload) -> None:
        """Note an upload that begins."""
        item = _item(upload.file)
        await self._table.put(
            {
                **item,
                "id": _UPLOAD + upload.file.id,
                "upload_key": upload.upload_key,
                "expires_at": upload.expires_at,
            }
        )

    async def get_upload(self, account_id: str, file_id: str) -> StartedUpload | None:
        """An upload that began."""
        item = await self._table.get(_place(account_id, _UPLOAD + file_id))
        if item is None:
            return None
        file = _file({**item, "id": file_id})
        return StartedUpload(file, item["upload_key"], int(item["expires_at"]))

    async def delete_upload(self, account_id: str, file_id: str) -> None:
        """Forget an upload."""
        await self._table.delete(_place(account_id, _UPLOAD + file_id))


def _place(account_id: str, file_id: str) -> Item:
    return {"account_id": account_id, "id": file_id}


def _item(file: StoredFile) -> Item:
    return {
        "account_id": file.account_id,
        "id": file.id,
        "schema": SCHEMA,
        "filename": file.filename,
        "purpose": file.purpose,
        "bytes": file.size_bytes,
        "created_at": file.created_at,
        "key": file.key,
        "status": file.status,
        "status_details": file.status_details,
        "dataset": file.dataset,
    }


def _file(item: Item) -> StoredFile:
    return StoredFile(
        account_id=item["account_id"],
        id=item["id"],
        filename=item["filename"],
        purpose=item["purpose"],
        size_bytes=int(item["bytes"]),
        created_at=int(item["created_at"]),
        key=item["key"],
        status=item["status"],
        status_details=item["status_details"],
        dataset=item["dataset"],
        leased_by=item.get("leased_by", ""),
    )
