"""The layer as it is built, run by AWS's own runtime emulator, which comes with the SAM CLI."""

import asyncio
import base64
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError

import pytest

from tests.runtime.builders import an_event
from tests.runtime.process import APPS, ROOT
from tests.runtime.runtime_api_server import PATIENCE_S

DELIMITER: Final = b"\0" * 8

Invoke = Callable[[Any], Awaitable[bytes]]
Emulate = Callable[[str], Awaitable[Invoke]]


@pytest.fixture
def emulator(tmp_path: Path) -> Path:
    name = f"aws-lambda-rie-{'arm64' if platform.machine() in {'aarch64', 'arm64'} else 'x86_64'}"
    found = sorted(ROOT.glob(f".venv-sam/lib/python3*/site-packages/samcli/local/rapid/{name}"))
    if not found:
        pytest.fail(f"{name} is in the SAM CLI's environment, which is not there: run 'make .venv-sam/ready'.")
    copy = tmp_path / "aws-lambda-rie"
    shutil.copyfile(found[0], copy)
    copy.chmod(0o755)
    return copy


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    folder = tmp_path / "opt"
    subprocess.run(
        ["make", "-C", ROOT / "layers/runtime", "build-RuntimeLayer", f"ARTIFACTS_DIR={folder}"],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
async def emulate(emulator: Path, layer: Path, tmp_path: Path) -> AsyncIterator[Emulate]:
    """Start the emulator with an application of tests/runtime/apps."""
    processes: list[asyncio.subprocess.Process] = []

    async def start(handler: str) -> Invoke:
        port, runtime_api_port = _free_ports(2)
        command = [
            *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime_api_port}"),
            # As AWS_LAMBDA_EXEC_WRAPPER is called: with the command that it stands in for. The handler comes last.
            *(str(layer / "tollgate-runtime"), sys.executable, "/var/runtime/bootstrap.py", handler),
        ]
        with (tmp_path / "emulator.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                emulator,
                *command,
                env={"PATH": os.environ["PATH"], "LAMBDA_TASK_ROOT": str(APPS), "AWS_LAMBDA_FUNCTION_NAME": "tried"},
                stdout=log,
                stderr=log,
                cwd=tmp_path,
            )
        processes.append(process)
        await _until_open(port)

        async def invoke(event: Any) -> bytes:
            return await asyncio.to_thread(_post, port, json.dumps(event).encode())

        return invoke

    yield start
    for process in processes:
        process.terminate()
        await process.wait()


async def test_a_streamed_answer_passes_with_its_prelude(emulate: Emulate) -> None:
    invoke = await emulate("apps.many_headers")

    prelude, _, payload = (await invoke(an_event())).partition(DELIMITER)

    assert payload == b"text"
    assert json.loads(prelude) == {
        "statusCode": 207,
        "headers": {"content-type": "text/plain; charset=utf-8", "x-name": "Zoë"},
        "multiValueHeaders": {"x-tag": ["one", "two"]},
        "cookies": ["a=1; Path=/", "b=2"],
    }


async def test_binary_bodies_pass_in_both_directions(emulate: Emulate) -> None:
    invoke = await emulate("apps.echo")
    content = bytes(range(256)) * 2_000

    answer = await invoke(an_event("POST", body=base64.b64encode(content).decode(), isBase64Encoded=True))

    assert answer.partition(DELIMITER)[2] == content


async def test_errors_are_reported_and_the_next_request_is_served(emulate: Emulate) -> None:
    invoke = await emulate("apps.fails_midway")

    refused = json.loads(await invoke({"source": "aws.events"}))
    cut = await invoke(an_event())
    well = await invoke(an_event(path="/well"))

    assert refused["errorType"] == "NotARequest"
    assert cut.endswith(DELIMITER + b"so far ")
    assert well.endswith(DELIMITER + b"hello")


async def test_an_application_that_cannot_be_loaded_is_reported(emulate: Emulate) -> None:
    invoke = await emulate("raises_at_import.app")

    answer = json.loads(await invoke(an_event()))

    assert (answer["errorType"], answer["errorMessage"]) == ("LookupError", "no configuration")
    assert len(answer["stackTrace"]) == 1


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports


async def _until_open(port: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


def _post(port: int, body: bytes) -> bytes:
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=PATIENCE_S) as answer:
            content: bytes = answer.read()
    except HTTPError as exc:
        # The emulator's status when the process has ended; the body is the report all the same.
        with exc:
            content = exc.read()
    return content
