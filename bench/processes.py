"""Functions as Lambda would start them: a fresh process, the layers as they are built, nothing of this environment."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.runtime_api import RuntimeApi

ROOT: Final = Path(__file__).resolve().parents[1]
WORK: Final = ROOT / ".bench"
PYTHON: Final = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")
_RUNTIME: Final = "tollgate_runtime"
_TEMPLATE: Final = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""What the template sets that matters here."""
_LAYERS: Final = {"tollgate": "TollgateLayer", "runtime": "RuntimeLayer"}


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to write a function."""

    name: str
    title: str
    folder: Path
    handler: str
    packages: tuple[Path, ...]
    runtime: str
    """The module that is the runtime: `awslambdaric` or `tollgate_runtime`."""
    environment: Mapping[str, str] = field(default_factory=dict)


def _site_packages() -> Path:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return ROOT / ".venv-bench" / "lib" / version / "site-packages"


def _ours() -> tuple[Path, ...]:
    return (WORK / "tollgate" / "python", WORK / "runtime" / "python")


def direct() -> Variant:
    """A handler that makes the calls of a chat completion, and does nothing else."""
    return Variant("direct", "The same calls, nothing else", ROOT / "bench" / "direct", "app.app", _ours(), _RUNTIME)


def variants() -> dict[str, Variant]:
    """What is measured beside each other."""
    ours = _ours()
    usual = (_site_packages(),)
    empty, floor = ROOT / "bench" / "empty", ROOT / "bench" / "floor"
    chat = ROOT / "functions" / "router" / "create_chat_completion"
    return {
        variant.name: variant
        for variant in (
            Variant("empty", "Empty handler, Lambda's own runtime", empty, "app.handler", usual, "awslambdaric"),
            Variant("empty_asgi", "Empty ASGI app, our runtime", empty, "app.app", ours, _RUNTIME),
            Variant("floor", "pydantic, httpx2, one call", floor, "app.app", ours, _RUNTIME, _TEMPLATE),
            Variant("chat", "POST /v1/chat/completions", chat, "app.app", ours, _RUNTIME, _TEMPLATE),
            Variant("usual", "The usual stack", ROOT / "bench" / "usual", "app.handler", usual, "awslambdaric"),
        )
    }


def build_layers() -> None:
    """Build the layers as `sam build` does, with bytecode for the Python that measures."""
    for name, target in _LAYERS.items():
        folder = WORK / name
        folder.mkdir(parents=True, exist_ok=True)
        command = ["make", "-s", "-C", str(ROOT / "layers" / name), f"build-{target}", f"ARTIFACTS_DIR={folder}"]
        subprocess.run([*command, f"LAMBDA_PYTHON={PYTHON}"], check=True)
    # What pip has not compiled, the first run of a function would.
    subprocess.run([PYTHON, "-m", "compileall", "-q", str(_site_packages())], check=False, stdout=subprocess.DEVNULL)


class Process:
    """A running function."""

    def __init__(self, api: RuntimeApi, process: asyncio.subprocess.Process, started_at: float) -> None:
        self.api = api
        self.started_at = started_at
        self._process = process

    @property
    def resident_mb(self) -> float:
        """Its resident memory now."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    async def stop(self) -> None:
        """End it."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def running(variant: Variant, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """Start a function and stop it in the end."""
    async with RuntimeApi() as api:
        packages = [str(variant.folder), *map(str, variant.packages)]
        started_at = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            PYTHON,
            *(
                ["-m", variant.runtime, variant.handler]
                if variant.runtime == "awslambdaric"
                else ["-m", variant.runtime]
            ),
            cwd=variant.folder,
            env={
                **_lambda(variant, api),
                "PYTHONPATH": os.pathsep.join(packages),
                **variant.environment,
                **environment,
            },
            stdout=asyncio.subprocess.DEVNULL,
        )
        function = Process(api, process, started_at)
        try:
            yield function
        finally:
            await function.stop()


def import_s(modules: Sequence[str]) -> float:
    """How long a fresh process takes to import modules of the chat function, in seconds."""
    chat = variants()["chat"]
    environment = {
        "PYTHONPATH": os.pathsep.join(map(str, (chat.folder, *chat.packages))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    began = time.perf_counter()
    # As the runtime does it, and without taking everything down in the end.
    code = f"import gc, os; gc.disable(); import {', '.join(modules)}; os._exit(0)"
    subprocess.run([PYTHON, "-c", code], env=environment, check=True)
    return time.perf_counter() - began


def _lambda(variant: Variant, api: RuntimeApi) -> dict[str, str]:
    """The environment that Lambda gives a function."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "_HANDLER": variant.handler,
        "LAMBDA_TASK_ROOT": str(variant.folder),
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def event(body: Any) -> dict[str, Any]:
    """A chat call as API Gateway hands it on, past the authorizer."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "*/*",
        "Host": "gateway.example.com",
        "User-Agent": "bench",
    }
    path = "/v1/chat/completions"
    return {
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": "POST",
            "path": f"/live{path}",
            "stage": "live",
            "requestId": "8c8e4c9e-0000-4000-8000-000000000000",
            "identity": {"sourceIp": "192.0.2.1"},
            "authorizer": {"account_id": "acct_1", "key_id": "key_1", "capabilities": "prompt_ai"},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
