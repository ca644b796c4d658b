"""The gateway under `sam local start-api`, for all tests of this folder. `make test-sam-local` sees to Docker first."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from tollgate_cli.local.sam import WIRING, invoke
from tollgate_cli.template import ROOT, Function, Route
from tollgate_runtime.events import body_of

_PATIENCE_S: Final = 300
_LOG_PATIENCE_S: Final = 10


@dataclass(frozen=True)
class Deployed:
    """A gateway in containers."""

    base_url: str
    operator_key: str
    account_id: str
    api_key: str
    client: httpx2.Client
    log: Path

    def send(self, method: str, path: str, *, key: str | None = None, **rest: Any) -> httpx2.Response:
        """A call with the key of the first account, unless another one is named; an empty one sends none."""
        headers = dict(rest.pop("headers", {}))
        wanted = self.api_key if key is None else key
        if wanted:
            headers["authorization"] = f"Bearer {wanted}"
        return self.client.request(method, path, headers=headers, **rest)

    def new_key(self, **body: Any) -> dict[str, Any]:
        """A key of the first account."""
        request = {"name": "test", "account_id": self.account_id, **body}
        made: dict[str, Any] = self.send("POST", "/keys", key=self.operator_key, json=request).json()
        return made

    def call_of(self, function: Function, route: Route, event: Mapping[str, Any]) -> httpx2.Response:
        """The request of a function's event, at any of its routes, as the operator of the first account."""
        path = route.path
        for name, value in (event["pathParameters"] or {}).items():
            path = re.sub(rf"{{{name}\+?}}", re.sub(r"acct_\w+", self.account_id, value), path)
        kept = ("accept", "content-type", "x-http-method-override")
        headers = {name: value for name, value in event["headers"].items() if name.lower() in kept}
        is_override = route in function.stand_ins and route.method == "POST"
        if is_override:
            headers["x-http-method-override"] = function.routes[0].method
        query = event["queryStringParameters"] or {}
        content = None if route.method in {"GET", "HEAD"} or is_override else _body_of(event)
        return self.send(route.method, path, key=self.operator_key, headers=headers, params=query, content=content)

    def answered(self, response: httpx2.Response) -> str:
        """The endpoint that answered, by what its container logged of the request."""
        wanted = response.headers["x-request-id"]
        gives_up_at = time.monotonic() + _LOG_PATIENCE_S
        while time.monotonic() < gives_up_at:
            for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
                # What else a container prints may end without an end of line.
                told = json.loads(line[line.index('{"level"') :]) if wanted in line and '{"level"' in line else {}
                if told.get("message") == "request":
                    return f"{told['family']}/{told['endpoint']}"
            time.sleep(0.05)
        raise AssertionError(f"no container logged the request {wanted}")

    def invoke(self, function: Function, event: Path) -> Any:
        """What a function that no route leads to returns for an event."""
        command = invoke(_SAM, WIRING, function.name, event)
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The gateway that `make build` made."""
    home = tmp_path_factory.mktemp("sam_local")
    log = home / "log"
    access = home / ".tollgate" / "local.json"
    with log.open("wb") as out, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        process = subprocess.Popen(
            [sys.executable, "-m", "tollgate_cli.main", "sam-local", "--port", str(port)],
            cwd=home,
            env=_environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(access, process, log)
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
                yield Deployed(**json.loads(access.read_text(encoding="utf-8")), client=client, log=log)
        finally:
            process.terminate()
            process.wait(timeout=_PATIENCE_S)


_SAM: Final = str(ROOT / ".venv-sam" / "bin" / "sam")


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(_SAM).parent}{os.pathsep}{os.environ['PATH']}"}


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    gives_up_at = time.monotonic() + _PATIENCE_S
    while not file.exists():
        told = log.read_text(encoding="utf-8", errors="replace")[-4000:]
        if process.poll() is not None or time.monotonic() > gives_up_at:
            pytest.fail(f"`tollgate sam-local` is not up: {told}")
        time.sleep(0.1)


def _body_of(event: Mapping[str, Any]) -> bytes | None:
    return body_of(dict(event)) if event["body"] else None
