"""The gateway under `sam local start-api`: each function in a container like Lambda's, over AWS played on this machine.

What SAM's local API Gateway leaves out is told in docs/operating.md.
"""

import asyncio
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import httpx2

from tollgate.providers.registry import PROVIDERS
from tollgate.resources import Resources
from tollgate_cli.local.access import Access
from tollgate_cli.local.state import MotoServer
from tollgate_cli.local.up import (
    create_local_state,
    greet,
    local_environment,
    open_first_account,
    remove_access,
    write_access,
)
from tollgate_cli.template import ROOT, Template, read_template

BUILT: Final = ROOT / ".aws-sam" / "build"
_PATIENCE_S: Final = 180
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
_TEXT: Final = ("text/", "application/json")


def sam_local(*, port: int) -> None:
    """Run until interrupted. `sam` is looked for on the path, and Docker where its own variables say."""
    sam = _needed("sam", "It comes with `make sam-local`.")
    _needed("docker", "Install Docker, or run `make sam-local` as root on Debian.")
    if not (BUILT / "template.yaml").is_file():
        raise click.ClickException("Nothing has been built: run `make build` first.")
    # Whoever stops this process is to leave no containers behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    template = read_template()
    server = _aws_that_containers_reach()
    process: subprocess.Popen[bytes] | None = None
    try:
        environment = local_environment(template, os.environ, lambda: server.url, click.echo)
        create_local_state(template, environment)
        wiring = write_wiring(template, environment)
        process = subprocess.Popen(_command(sam, wiring, port), env=environment, stdin=subprocess.DEVNULL)
        base_url = f"http://127.0.0.1:{port}"
        _wait_for(base_url, process)
        asyncio.run(_open(base_url, environment))
        process.wait()
    except KeyboardInterrupt:
        click.echo("\nStopping ...", err=True)
    finally:
        remove_access()
        if process is not None:
            process.terminate()
            process.wait(timeout=_PATIENCE_S)
        server.stop()


def write_wiring(template: Template, environment: Mapping[str, str]) -> Path:
    """The built template with what containers need to be told: `sam local` sets no variable that is not in it."""
    path = BUILT / "local.json"
    built = read_template(BUILT / "template.yaml").raw
    path.write_text(json.dumps(wired(built, function_variables(template, environment))), encoding="utf-8")
    return path


def wired(built: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """A template whose functions see these variables, and whose API hands on bytes of every type that is answered.

    API Gateway passes the bytes of a stream on as they are; `sam local` has no streams, and decodes an answer's base64
    only where its type is among the binary ones.
    """
    common = built["Globals"]["Function"]
    gateway = built["Resources"]["Gateway"]
    binary = [*gateway["Properties"]["BinaryMediaTypes"], *(name.replace("/", "~1") for name in _binary_answers())]
    return {
        **built,
        "Globals": {**built["Globals"], "Function": {**common, "Environment": {"Variables": dict(variables)}}},
        "Resources": {
            **built["Resources"],
            "Gateway": {**gateway, "Properties": {**gateway["Properties"], "BinaryMediaTypes": sorted(set(binary))}},
        },
    }


def function_variables(template: Template, environment: Mapping[str, str]) -> dict[str, str]:
    """What functions are told: the template's variables, where AWS is played, and the settings of providers."""
    declared = {name for function in template.functions.values() for name in function.environment}
    told = {
        name: value
        for name, value in environment.items()
        if (name in declared or name.startswith("AWS_ENDPOINT_URL_")) and name != "AWS_LAMBDA_EXEC_WRAPPER"
    }
    stems = tuple(f"{row.key_setting.partition('_')[0]}_" for row in PROVIDERS.values() if row.key_setting)
    settings = {name: value for name, value in environment.items() if name.startswith(stems) and name not in told}
    given = json.loads(environment.get("PROVIDER_SETTINGS") or "{}")
    return {**told, "PROVIDER_SETTINGS": json.dumps({**given, **settings})}


def _binary_answers() -> set[str]:
    """Media types of the answers that are no text."""
    document = json.loads((ROOT / "layers/tollgate/tollgate/documents/openapi.json").read_text(encoding="utf-8"))
    return {
        media_type
        for methods in document["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for media_type in answer.get("content", {})
        if not media_type.startswith(_TEXT)
    }


def _aws_that_containers_reach() -> MotoServer:
    """AWS, played on the address of this machine in Docker's network."""
    question = ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]
    asked = subprocess.run(question, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise click.ClickException(f"Docker does not answer: {asked.stderr.strip()}")
    try:
        return MotoServer(asked.stdout.strip())
    except OSError as exc:
        raise click.ClickException(f"Docker's network has no address on this machine: {exc}") from exc


def _command(sam: str, wiring: Path, port: int) -> list[str]:
    architecture = _ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    return [
        *(sam, "local", "start-api", "--template", str(wiring), "--port", str(port)),
        *("--skip-pull-image", "--warm-containers", "LAZY", "--no-watch"),
        *("--parameter-overrides", f"Architecture={architecture}"),
    ]


def _wait_for(base_url: str, process: subprocess.Popen[bytes]) -> None:
    gives_up_at = time.monotonic() + _PATIENCE_S
    while time.monotonic() < gives_up_at:
        if process.poll() is not None:
            raise click.ClickException(f"sam local start-api ended with the exit code {process.returncode}.")
        try:
            answer = httpx2.get(f"{base_url}/v1/health", timeout=60, trust_env=False)
        except httpx2.TransportError:
            time.sleep(0.2)
            continue
        if answer.status_code == 200:
            return
        raise click.ClickException(f"The gateway is not healthy: {answer.text}")
    raise click.ClickException(f"sam local start-api was not ready after {_PATIENCE_S} seconds.")


async def _open(base_url: str, environment: Mapping[str, str]) -> None:
    resources = Resources.from_environment(environment)
    try:
        access: Access = await open_first_account(resources, base_url)
        models = sum(1 for model in resources.catalogue.all() if model.enabled)
        write_access(access, environment)
        greet(access, environment, models, resources.providers.values(), click.echo)
        sys.stdout.flush()
    finally:
        await resources.close()


def _needed(program: str, advice: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise click.ClickException(f"{program} was not found. {advice}")
    return path
