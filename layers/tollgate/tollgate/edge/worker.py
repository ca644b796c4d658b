"""A worker: a job that a schedule starts, or one message of a queue at a time."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tollgate.edge.lambdas import run
from tollgate.edge.observe import log_failure
from tollgate.resources import Resources


class Scheduled:
    """The handler of a job that a schedule starts. A failure is Lambda's to repeat and to alarm about."""

    def __init__(self, job: Callable[[Resources], Awaitable[Any]]) -> None:
        self.job = job
        self._resources: Resources | None = None

    def __call__(self, _event: Any, _context: Any) -> Any:
        """Answer Lambda's own runtime."""
        self._resources = self._resources or Resources.from_environment(os.environ)
        return run(self.job(self._resources))


class Queued:
    """The handler of a job that is done for each message of a queue.

    The messages that come together are worked on at the same time, and only those that failed come again.
    """

    def __init__(self, job: Callable[[Mapping[str, Any], Resources], Awaitable[Any]]) -> None:
        self.job = job
        self._resources: Resources | None = None

    def __call__(self, event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        """Answer Lambda's own runtime.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        """
        self._resources = self._resources or Resources.from_environment(os.environ)
        answer: dict[str, Any] = run(self.work(event, self._resources))
        return answer

    async def work(self, event: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
        """Do the job for each message, and name those for which it failed."""
        records = event["Records"]
        done = await asyncio.gather(*(self._is_done(record, resources) for record in records))
        failed = [record["messageId"] for record, is_done in zip(records, done, strict=True) if not is_done]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    async def _is_done(self, record: Mapping[str, Any], resources: Resources) -> bool:
        try:
            await self.job(json.loads(record["body"]), resources)
        except Exception as exc:  # noqa: BLE001 - the queue gives it to us again, and at last puts it aside
            log_failure("message_failed", exc, message_id=record["messageId"])
            return False
        return True
