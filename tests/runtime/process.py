"""The runtime as a process of its own."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.runtime.runtime_api_server import PATIENCE_S

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
