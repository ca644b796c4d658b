"""A worker: a job that a schedule starts, or one message of a queue at a time."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from tollgate.edge.lambdas import run
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
