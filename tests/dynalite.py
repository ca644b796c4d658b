"""A DynamoDB server in a process of its own, whose conditional writes are atomic: the place to prove them."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_ROOT: Final = Path(__file__).resolve().parents[1]
_PATIENCE_S: Final = 20


class Dynalite:
    """The server, as long as the `with` block lasts."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = _ROOT / "node_modules/dynalite/cli.js"
        assert program.exists(), "dynalite is not installed: run `make test`, or `npm ci` in the project"
        command = ["node", str(program), "--host", "127.0.0.1", "--port", str(self._port), "--createTableMs", "0"]
        # `node` may be a script that starts the real one: a group of its own lets both be ended.
        self._process = subprocess.Popen(
            [*command, "--deleteTableMs", "0"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        gives_up_at = time.monotonic() + _PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, "dynalite ended at once"
                assert time.monotonic() < gives_up_at, "dynalite does not answer"
                time.sleep(0.05)
            else:
                return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=_PATIENCE_S)
