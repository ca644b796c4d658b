"""The runtime between a Runtime API and an application."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.process import APPS, ROOT, Runtime, Start
from tests.runtime.runtime_api_server import RuntimeApiServer


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
