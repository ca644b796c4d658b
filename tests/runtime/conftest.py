"""The runtime as a process of its own, between a Runtime API and an application."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.runtime.runtime_api_server import PATIENCE_S, RuntimeApiServer

ROOT: Final = Path(__file__).parents[2]
APPS: Final = Path(__file__).parent / "apps"


class Runtime:
    """A running `python -m tollgate_runtime`."""

    def __init__(self, process: asyncio.subprocess.Process, output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def output(self) -> str:
        """What it wrote to its standard output and error so far."""
        return self._output.read_text()

    @property
    def resident_bytes(self) -> int:
        """How much memory it takes."""
        pages = (Path("/proc") / str(self.process.pid) / "statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    async def exit_code(self) -> int:
        """How it ended, when it has."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    def terminate(self) -> None:
        """Ask it to end."""
        self.process.send_signal(signal.SIGTERM)


Start = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def api() -> AsyncIterator[RuntimeApiServer]:
    async with RuntimeApiServer() as server:
        yield server


@pytest.fixture
async def start(api: RuntimeApiServer, tmp_path: Path) -> AsyncIterator[Start]:
    """Start the runtime with an application of tests/runtime/apps, and with further environment variables."""
    processes: list[asyncio.subprocess.Process] = []

    async def start_runtime(handler: str, **environment: Any) -> Runtime:
        output = tmp_path / f"output-{len(processes)}"
        with output.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tollgate_runtime",
                env={
                    "PYTHONPATH": str(ROOT / "layers/runtime"),
                    "AWS_LAMBDA_RUNTIME_API": api.address,
                    "_HANDLER": handler,
                    "LAMBDA_TASK_ROOT": str(APPS),
                    "STAGE": api.stage,
                    **environment,
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        processes.append(process)
        return Runtime(process, output)

    yield start_runtime
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.wait()
