"""Trainings of nobody's: done in seconds, without a network, and the same for the same files.

The clock is all that moves them: everything about a job is in its id. The upstream name of the model says how it ends:
`cut` fails in the middle, `filter`, `error-<nnn>` and the other errors of `tollgate.providers.sandbox` do not begin,
and any other succeeds, under its own name.
"""

import re
from datetime import datetime
from typing import Final, NamedTuple

from tollgate.contracts.tuning import Tuning, TuningEvent, TuningRequest
from tollgate.errors import NotFound
from tollgate.providers.connection import Connection
from tollgate.providers.sandbox import failure_of

QUEUED_S: Final = 1.0
RUNNING_S: Final = 3.0
_STEPS: Final = 12
_ID: Final = re.compile(r"sandbox-ft\|(\d+)\|(\d+)\|(.*)")
_RESULT: Final = "sandbox-result"


class _Job(NamedTuple):
    began_ms: int
    tokens: int
    trick: str

    @property
    def id(self) -> str:
        return f"sandbox-ft|{self.began_ms}|{self.tokens}|{self.trick}"


class SandboxTuning:
    """Training of nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def most_tokens(self, bound: int, tokens: int | None) -> int:
        """See `tollgate.providers.protocols.FineTuning`."""
        return bound if tokens is None else tokens

    async def find(self, our_id: str) -> str | None:  # noqa: ARG002 - the protocol's
        """See `tollgate.providers.protocols.FineTuning`. Nobody remembers a job that was not noted."""
        return None

    async def start(self, request: TuningRequest, *, now: datetime) -> str:
        """See `tollgate.providers.protocols.FineTuning`."""
        if error := failure_of(request.model.upstream_model):
            raise error
        for examples in filter(None, (request.training, request.validation)):
            async for _ in examples():
                pass
        tokens = request.tokens * request.n_epochs
        return _Job(int(now.timestamp() * 1000), tokens, request.model.upstream_model).id

    async def follow(self, job_id: str, *, now: datetime) -> Tuning:
        """See `tollgate.providers.protocols.FineTuning`."""
        job = _read(job_id)
        progress = _progress(job, now)
        if progress is None:
            return Tuning("queued")
        events = tuple(_step(job, number) for number in range(1, int(progress * _STEPS) + 1))
        tokens = int(job.tokens * progress)
        if job.trick == "cut" and progress >= 0.5:
            return Tuning(
                "failed",
                job.tokens // 2,
                events=events[: _STEPS // 2],
                error_code="training_diverged",
                error_message="The loss grew beyond all bounds.",
            )
        if progress < 1:
            return Tuning("running", tokens, progress, events=events)
        return Tuning("succeeded", job.tokens, 1, job.trick, (_RESULT,), events)

    async def cancel(self, job_id: str, *, now: datetime) -> Tuning:
        """See `tollgate.providers.protocols.FineTuning`."""
        tuning = await self.follow(job_id, now=now)
        if tuning.status in {"succeeded", "failed"}:
            return tuning
        return tuning._replace(status="cancelled", trained_tokens=tuning.trained_tokens or 0)

    async def read_result(self, file_id: str) -> bytes:
        """See `tollgate.providers.protocols.FineTuning`."""
        if file_id != _RESULT:
            raise NotFound("There is no such file.")
        rows = [f"{number},{_loss(number):.4f}" for number in range(1, _STEPS + 1)]
        return "\n".join(["step,train_loss", *rows, ""]).encode()


def _read(job_id: str) -> _Job:
    match = _ID.fullmatch(job_id)
    if match is None:
        raise NotFound("There is no such job.")
    return _Job(int(match[1]), int(match[2]), match[3])


def _progress(job: _Job, now: datetime) -> float | None:
    """The part that is done, from 0 to 1; None before it has begun."""
    elapsed_s = now.timestamp() - job.began_ms / 1000 - QUEUED_S
    return None if elapsed_s < 0 else min(elapsed_s / RUNNING_S, 1.0)


def _step(job: _Job, number: int) -> TuningEvent:
    at = int(job.began_ms / 1000 + QUEUED_S + RUNNING_S * number / _STEPS)
    data = {"step": number, "total_steps": _STEPS, "train_loss": _loss(number)}
    return TuningEvent(f"step-{number:03d}", at, "info", f"Step {number}/{_STEPS}", data)


def _loss(number: int) -> float:
    return round(2 / (number + 1), 4)
