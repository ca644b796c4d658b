"""Training by OpenAI, through its SDK: https://platform.openai.com/docs/api-reference/fine-tuning .

The SDK is slow to import and no part of the shared layer: only the worker that follows trainings has it.
"""

import asyncio
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tollgate.contracts.tuning import Examples, Tuning, TuningEvent, TuningRequest
from tollgate.errors import ConnectFailed, NotFound, TollgateError, UpstreamError
from tollgate.providers.connection import Connection
from tollgate.providers.openai import RULES, headers_of

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

T = TypeVar("T")

_JOB: Final = "tollgate_job"
_STATUS: Final[Mapping[str, str]] = {
    "validating_files": "queued",
    "queued": "queued",
    "running": "running",
    "paused": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_STEP: Final = re.compile(r"Step (\d+)/(\d+)")
_MOST_EVENTS: Final = 100
_TIMEOUT_S: Final = 600.0
_ENDED: Final = frozenset({400, 404, 409, 422})
"""What cancelling a job that has ended is answered with."""


class OpenAITuning:
    """Trainings of OpenAI itself."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def most_tokens(self, bound: int, tokens: int | None) -> int:  # noqa: ARG002 - it counts by itself
        """See `tollgate.providers.protocols.FineTuning`."""
        return bound

    async def find(self, our_id: str) -> str | None:
        """See `tollgate.providers.protocols.FineTuning`."""
        page = await self._ask(lambda client: _awaited(client.fine_tuning.jobs.list(metadata={_JOB: our_id})))
        # A server that does not filter answers with all of them.
        return next((job.id for job in page.data if (job.metadata or {}).get(_JOB) == our_id), None)

    async def start(self, request: TuningRequest, *, now: datetime) -> str:  # noqa: ARG002 - it has a clock
        """See `tollgate.providers.protocols.FineTuning`."""
        training = await self._upload(f"{request.id}.jsonl", request.training)
        validation = (
            await self._upload(f"{request.id}-validation.jsonl", request.validation) if request.validation else None
        )
        job = await self._ask(lambda client: client.fine_tuning.jobs.create(**to_wire(request, training, validation)))
        return job.id

    async def follow(self, job_id: str, *, now: datetime) -> Tuning:  # noqa: ARG002 - as above
        """See `tollgate.providers.protocols.FineTuning`."""
        job = await self._ask(lambda client: client.fine_tuning.jobs.retrieve(job_id))
        return from_wire(job, await self._events(job_id))

    async def cancel(self, job_id: str, *, now: datetime) -> Tuning:
        """See `tollgate.providers.protocols.FineTuning`."""
        try:
            job = await self._ask(lambda client: client.fine_tuning.jobs.cancel(job_id))
        except TollgateError as exc:
            if isinstance(exc, UpstreamError) and exc.upstream_status not in _ENDED:
                raise
            # It has ended by itself, or is unknown, which following it tells.
            return await self.follow(job_id, now=now)
        return from_wire(job, await self._events(job_id))

    async def read_result(self, file_id: str) -> bytes:
        """See `tollgate.providers.protocols.FineTuning`."""
        response = await self._ask(lambda client: client.files.content(file_id))
        return csv_in(response.content)

    async def _events(self, job_id: str) -> "list[FineTuningJobEvent]":
        page = await self._ask(lambda client: _awaited(client.fine_tuning.jobs.list_events(job_id, limit=_MOST_EVENTS)))
        return list(page.data)

    async def _upload(self, name: str, examples: Examples) -> str:
        with TemporaryFile() as file:
            async for piece in examples():
                await asyncio.to_thread(file.write, piece)
            file.seek(0)
            stored = await self._ask(lambda client: client.files.create(file=(name, file), purpose="fine-tune"))
        return stored.id

    async def _ask(self, send: "Callable[[AsyncOpenAI], Awaitable[T]]") -> T:
        from openai import APIConnectionError, APIStatusError, APITimeoutError, AuthenticationError  # noqa: PLC0415

        key = await self._connection.key()
        try:
            try:
                return await send(self._client(key))
            except AuthenticationError:
                # The operator may have changed the secret since it was read.
                if (fresh := await self._connection.key(fresh=True)) == key:
                    raise
                return await send(self._client(fresh))
        except APIStatusError as exc:
            raise self._refusal(exc) from exc
        except APITimeoutError as exc:
            raise self._connection.too_slow() from exc
        except APIConnectionError as exc:
            facts = {"provider": self._connection.provider.id}
            raise ConnectFailed("The provider cannot be reached.", provider=facts["provider"], metadata=facts) from exc

    def _client(self, key: str) -> "AsyncOpenAI":
        from openai import AsyncOpenAI  # noqa: PLC0415 - slow, and needed by nobody else

        headers = headers_of(key, self._connection.environment)
        return AsyncOpenAI(
            api_key=key,
            base_url=self._connection.base_url,
            default_headers=headers,
            http_client=self._connection.http,
            timeout=_TIMEOUT_S,
        )

    def _refusal(self, error: "APIStatusError") -> TollgateError:
        body = error.body if isinstance(error.body, dict) and "error" in error.body else {"error": error.body}
        refusal = self._connection.refusal(error.status_code, error.response.headers, body, RULES)
        if error.status_code == 404:
            return NotFound(refusal.message)
        return refusal


def to_wire(request: TuningRequest, training_file: str, validation_file: str | None) -> dict[str, Any]:
    """Our request as their body."""
    hyperparameters = {
        "n_epochs": request.n_epochs,
        "batch_size": request.batch_size,
        "learning_rate_multiplier": request.learning_rate_multiplier,
    }
    body = {
        "model": request.model.flags.get("tuning_model") or request.model.upstream_model,
        "training_file": training_file,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        "metadata": {_JOB: request.id},
    }
    return {**body, "validation_file": validation_file} if validation_file else body


def from_wire(job: "FineTuningJob", events: "Iterable[FineTuningJobEvent]") -> Tuning:
    """Their job and its events as ours."""
    told = sorted((_event(event) for event in events), key=lambda event: event.created_at)
    steps = [progress for event in told if (progress := _progress(event)) is not None]
    return Tuning(
        # A state that is new to us is none of the last ones.
        status=_STATUS.get(job.status, "running"),
        trained_tokens=job.trained_tokens,
        progress=1.0 if job.status == "succeeded" else max(steps, default=None),
        upstream_model=job.fine_tuned_model,
        result_files=tuple(job.result_files or ()),
        events=tuple(told),
        error_code=(job.error.code or "") if job.error else "",
        error_message=(job.error.message or "") if job.error else "",
    )


def csv_in(content: bytes) -> bytes:
    """The table in a file of results, which comes in base64.

    https://platform.openai.com/docs/guides/supervised-fine-tuning
    """
    if b"," in content:
        return content
    try:
        return b64decode(content, validate=True)
    except NotBase64:
        return content


def _event(event: "FineTuningJobEvent") -> TuningEvent:
    data = event.data if isinstance(event.data, Mapping) else {}
    measured = {
        str(name): value
        for name, value in data.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return TuningEvent(event.id, event.created_at, event.level, event.message[:500], measured)


def _progress(event: TuningEvent) -> float | None:
    """How far a training was when it told of a step."""
    step, steps = event.data.get("step"), event.data.get("total_steps")
    if not steps and (match := _STEP.search(event.message)):
        step, steps = int(match[1]), int(match[2])
    return min(step / steps, 1.0) if step and steps else None


async def _awaited(page: Awaitable[T]) -> T:
    return await page
