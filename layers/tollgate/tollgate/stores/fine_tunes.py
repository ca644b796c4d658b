"""Trainings: the jobs, what happened to each, and the names of the models that came of them.

A job changes by conditional writes alone, each of which names the states that it may come from, so that one that has
ended never changes again. It is `open` until all of its consequences are dealt with, its bill among them: whatever a
worker did not live to finish is found through the index `by_open`.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from msgspec import Struct, field

from tollgate.contracts.accounts import Hold
from tollgate.contracts.tuning import TuningEvent
from tollgate.stores.account_items import hold_item, hold_of
from tollgate.stores.leases import give_up, lease
from tollgate.stores.table import ConditionFailed, Item, Table

SCHEMA: Final = 1
ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
_INDEX: Final = "by_open"
_OPEN: Final = "yes"


class StoredJob(Struct, frozen=True):
    """One job. Times are Unix seconds."""

    account_id: str
    id: str
    created_at: int
    model: str
    """The id of the model that is trained."""
    base: str
    """The id of the model of the catalogue that it began with."""
    training_file: str
    validation_file: str | None
    n_epochs: int
    batch_size: int
    learning_rate_multiplier: Decimal
    usd_per_token: Decimal
    hold: Hold
    status: str = "validating_files"
    finished_at: int | None = None
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    result_files: tuple[str, ...] = ()
    error: Mapping[str, Any] | None = None
    dataset_tokens: int = 0
    """About how many one pass has; 0 until the file was looked through."""
    upstream_base: str | None = None
    """What the provider calls the model that is trained, where that is not the catalogue's."""
    upstream_job: str | None = None
    upstream_model: str | None = None
    was_begun: bool = False
    """Whether the provider may know the job."""
    is_held: bool = False
    """Whether its money is set aside for as long as it may take."""
    is_stopped: bool = False
    """Whether the provider does not work on it any more."""
    is_settled: bool = False
    to_publish: tuple[str, ...] = ()
    """Events that its owner is still to be told of."""
    leased_by: str = ""
    """The token of who deals with it, or has done so last."""

    @property
    def has_ended(self) -> bool:
        """Whether it will not change again."""
        return self.status in ENDED


class StoredEvent(Struct, frozen=True):
    """Something that happened to a job."""

    id: str
    created_at: int
    level: str
    message: str
    data: Mapping[str, Any] = field(default_factory=dict)


class TunedModel(Struct, frozen=True):
    """A model that came of a job."""

    id: str
    job_id: str
    base: str
    """The model of the catalogue that it began with."""
    parent: str
    """The model that was trained."""
    upstream_model: str
    created_at: int
    is_ready: bool = False
    """Whether its job is known to have succeeded."""


class FineTunes:
    """The table of trainings."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put(self, job: StoredJob) -> None:
        """Store a new job, which is open."""
        await self._table.create({**_job_item(job), "open": _OPEN}, key="id")

    async def remove(self, job: StoredJob) -> None:
        """Remove a job that came to nothing before its owner was told of it."""
        await self._table.delete(_place(job.account_id, job.id))

    async def get(self, account_id: str, job_id: str) -> StoredJob | None:
        """A job of an account, strongly consistent."""
        item = await self._table.get(_place(account_id, job_id)) if job_id.startswith("ft_") else None
        return _job(item) if item else None

    async def page(self, account_id: str, *, limit: int, after: str | None = None) -> list[StoredJob]:
        """Jobs of an account, newest first, of which the first is older than the one with the id `after`."""
        items = await self._newest(account_id, "ft_", after or "ft_~", limit)
        return [_job(item) for item in items if item["id"] != after][:limit]

    async def open(self) -> list[tuple[str, str]]:
        """Account and id of jobs that are not dealt with yet, the oldest first."""
        items = await self._table.query("#open = :yes", values={":yes": _OPEN}, names={"#open": "open"}, index=_INDEX)
        return [(item["account_id"], item["id"]) for item in items]

    async def lease(self, account_id: str, job_id: str, *, now: int, until: int) -> StoredJob | None:
        """Take on an open job; None where it is not open any more, or somebody else has it."""
        try:
            item = await lease(
                self._table,
                _place(account_id, job_id),
                now=now,
                until=until,
                condition="attribute_exists(#open)",
                names={"#open": "open"},
            )
        except ConditionFailed:
            return None
        return _job(item)

    async def give_up_lease(self, job: StoredJob) -> None:
        """Leave a job to whoever comes next."""
        await give_up(self._table, _place(job.account_id, job.id), job.leased_by)

    async def change(
        self, job: StoredJob, changes: Mapping[str, Any], *, only_from: Collection[str] | None = None
    ) -> StoredJob | None:
        """Change fields of a job; None where it is in none of the states `only_from` any more.

        Without states it changes in any: what is noted of a job that has ended is what was done about its end.
        """
        fields = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
        values = {f":{name}": value for name, value in fields.items()}
        condition = "attribute_exists(id)"
        if only_from is not None:
            states = sorted(only_from)
            values |= {f":from{number}": state for number, state in enumerate(states)}
            condition += f" AND #status IN ({', '.join(f':from{number}' for number in range(len(states)))})"
        names = {f"#{name}": name for name in fields} | ({"#status": "status"} if only_from is not None else {})
        try:
            item = await self._table.update(
                _place(job.account_id, job.id),
                "SET " + ", ".join(f"#{name} = :{name}" for name in fields),
                values=values,
                names=names,
                condition=condition,
                returning="ALL_NEW",
            )
        except ConditionFailed as exc:
            if exc.item is None or any(exc.item.get(name) != value for name, value in fields.items()):
                return None
            # Everything is as it should be: an attempt before this one did it, and its answer was lost.
            item = exc.item
        return _job(item)

    async def close(self, job: StoredJob) -> None:
        """Note that nothing is left to be done about a job."""
        await self._table.update(
            _place(job.account_id, job.id),
            "REMOVE #open, leased_until",
            names={"#open": "open"},
            condition="attribute_exists(id)",
        )

    async def put_event(self, job: StoredJob, event: TuningEvent) -> None:
        """Note what happened; the same a second time changes nothing."""
        await self._table.put(
            {
                "account_id": job.account_id,
                "id": f"event#{job.id}#{event.id}",
                "schema": SCHEMA,
                "created_at": event.created_at,
                "level": event.level,
                "message": event.message,
                "data": {name: _storable(value) for name, value in event.data.items()},
            }
        )

    async def events(self, account_id: str, job_id: str, *, limit: int, after: str | None = None) -> list[StoredEvent]:
        """What happened to a job, newest first, of which the first is older than the one with the id `after`."""
        prefix = f"event#{job_id}#"
        items = await self._newest(account_id, prefix, prefix + (after or "~"), limit)
        found = [
            StoredEvent(
                id=item["id"].removeprefix(prefix),
                created_at=int(item["created_at"]),
                level=item["level"],
                message=item["message"],
                data=item["data"],
            )
            for item in items
        ]
        return [event for event in found if event.id != after][:limit]

    async def claim_name(self, account_id: str, model: TunedModel) -> bool:
        """Give a name to what came of a job, however often; False where another job has it."""
        try:
            await self._table.put(
                _model_item(account_id, model),
                condition="attribute_not_exists(id)",
                key=_place(account_id, f"model#{model.id}"),
            )
        except ConditionFailed as exc:
            return exc.item is not None and exc.item["job_id"] == model.job_id
        return True

    async def free_name(self, account_id: str, model_id: str) -> None:
        """Take a name back that a job was not to have after all."""
        await self._table.delete(_place(account_id, f"model#{model_id}"))

    async def mark_ready(self, account_id: str, model_id: str) -> None:
        """Note that the job behind a model has succeeded, so that nobody has to look."""
        with suppress(ConditionFailed):
            await self._table.update(
                _place(account_id, f"model#{model_id}"),
                "SET is_ready = :yes",
                values={":yes": True},
                condition="attribute_exists(id)",
            )

    async def model(self, account_id: str, model_id: str) -> TunedModel | None:
        """The model of that name, once its job has succeeded."""
        item = await self._table.get(_place(account_id, f"model#{model_id}"))
        return await self._succeeded(item) if item else None

    async def models(self, account_id: str) -> list[TunedModel]:
        """Every model that the account has trained, by name."""
        items = await self._table.query(
            "account_id = :account AND begins_with(id, :prefix)", values={":account": account_id, ":prefix": "model#"}
        )
        found = [await self._succeeded(item) for item in items]
        return [model for model in found if model is not None]

    async def _succeeded(self, item: Item) -> TunedModel | None:
        model = _model(item)
        if model.is_ready:
            return model
        job = await self.get(item["account_id"], model.job_id)
        return model if job is not None and job.status == "succeeded" else None

    async def _newest(self, account_id: str, first: str, last: str, limit: int) -> list[Item]:
        return await self._table.query(
            "account_id = :account AND id BETWEEN :first AND :last",
            values={":account": account_id, ":first": first, ":last": last},
            newest_first=True,
            limit=limit + 1,
        )


def _place(account_id: str, item_id: str) -> Item:
    return {"account_id": account_id, "id": item_id}


_PLAIN: Final = (
    "account_id",
    "id",
    "model",
    "base",
    "training_file",
    "validation_file",
    "learning_rate_multiplier",
    "usd_per_token",
    "status",
    "fine_tuned_model",
    "error",
    "upstream_base",
    "upstream_job",
    "upstream_model",
    "was_begun",
    "is_held",
    "is_stopped",
    "is_settled",
)
_WHOLE: Final = ("created_at", "finished_at", "n_epochs", "batch_size", "trained_tokens", "dataset_tokens")
_LISTS: Final = ("result_files", "to_publish")


def _job_item(job: StoredJob) -> Item:
    return {
        **{name: getattr(job, name) for name in (*_PLAIN, *_WHOLE, *_LISTS)},
        "schema": SCHEMA,
        "hold": {**hold_item(job.hold), "id": job.hold.id},
    }


def _job(item: Item) -> StoredJob:
    fields: dict[str, Any] = {name: item[name] for name in _PLAIN}
    fields |= {name: None if item[name] is None else int(item[name]) for name in _WHOLE}
    fields |= {name: tuple(item[name]) for name in _LISTS}
    fields["hold"] = hold_of(item["account_id"], item["hold"]["id"], item["hold"])
    return StoredJob(**fields, leased_by=item.get("leased_by", ""))


def _storable(value: Any) -> Any:
    """What was measured, exact; what is no number, such as the loss of a training that diverged, as its text."""
    if not isinstance(value, float):
        return value
    return Decimal(str(value)) if isfinite(value) else str(value)


def _model_item(account_id: str, model: TunedModel) -> Item:
    return {
        "account_id": account_id,
        "id": f"model#{model.id}",
        "schema": SCHEMA,
        "job_id": model.job_id,
        "base": model.base,
        "parent": model.parent,
        "upstream_model": model.upstream_model,
        "created_at": model.created_at,
        "is_ready": model.is_ready,
    }


def _model(item: Item) -> TunedModel:
    return TunedModel(
        id=item["id"].removeprefix("model#"),
        job_id=item["job_id"],
        base=item["base"],
        parent=item["parent"],
        upstream_model=item["upstream_model"],
        created_at=int(item["created_at"]),
        is_ready=item["is_ready"],
    )
