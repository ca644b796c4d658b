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
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import click
import httpx2

from tollgate.providers.registry import PROVIDERS
from tollgate.resources import Resources
from tollgate_cli.local.access import Access
from tollgate_cli.local.state import REGION, MotoServer
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
WIRING: Final = BUILT / "local.json"
"""The template that `sam local` is given."""
_PATIENCE_S: Final = 180
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
_LAYERS: Final = BUILT / "layers"
_BYTES: Final = frozenset(
    {
        *("application/octet-stream", "application/zip", "image/jpeg", "image/png", "image/webp"),
        # With the parameters that they are answered with: nothing else is compared.
        *("text/css; charset=utf-8", "text/javascript; charset=utf-8"),
        *("audio/aac", "audio/flac", "audio/mpeg", "audio/ogg", "audio/pcm", "audio/wav"),
    }
)
"""What endpoints answer in bytes: what is no text, and text that is zipped."""
_METHODS: Final = ("delete", "get", "head", "options", "patch", "post", "put")
_ANY: Final = "x-amazon-apigateway-any-method"


def sam_local(*, port: int) -> None:
    """Run until interrupted. `sam` is looked for on the path, and Docker where its own variables say."""
    sam = _needed("sam", "It comes with `make sam-local`.")
    _needed("docker", "Install Docker, or run `make sam-local` as root on Debian.")
    if not (BUILT / "template.yaml").is_file():
        raise click.ClickException("Nothing has been built: run `make build` first.")
    # Whoever stops this process leaves no containers behind. A shell's background commands begin deaf to interrupts.
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.default_int_handler)
    template = read_template()
    server = _aws_that_containers_reach()
    process: subprocess.Popen[bytes] | None = None
    try:
        environment = local_environment(template, os.environ, lambda: server.url, click.echo)
        # In a container a function thinks that it is on Lambda, and looks for its figures in CloudWatch.
        environment = {"AWS_ENDPOINT_URL_CLOUDWATCH": server.url, **environment}
        create_local_state(template, environment)
        wiring = write_wiring(template, environment)
        process = subprocess.Popen(start_api(sam, wiring, port), env=environment, stdin=subprocess.DEVNULL)
        base_url = f"http://127.0.0.1:{port}"
        _wait_for(base_url, process)
        asyncio.run(_open(base_url, environment))
        process.wait()
    except KeyboardInterrupt:
        click.echo("\nStopping ...", err=True)
    finally:
        remove_access()
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=_PATIENCE_S)
        server.stop()


def write_wiring(template: Template, environment: Mapping[str, str]) -> Path:
    """The built template as `sam local` needs it, in a file beside it."""
    built = read_template(BUILT / "template.yaml").raw
    layers = {
        name: _published(BUILT / layer["Properties"]["ContentUri"])
        for name, layer in built["Resources"].items()
        if layer["Type"] == "AWS::Serverless::LayerVersion"
    }
    path = WIRING
    path.write_text(
        json.dumps(wired(built, template, variables=function_variables(template, environment), layers=layers)),
        encoding="utf-8",
    )
    return path


def wired(
    built: Mapping[str, Any], template: Template, *, variables: Mapping[str, str], layers: Mapping[str, str]
) -> dict[str, Any]:
    """A built template whose functions see these variables and layers, and whose API is served as API Gateway would.

    `sam local` sets no variable that the template does not have. It makes the image of a function anew where a layer is
    of the template itself, which takes seconds for each, and once where it is published. API Gateway prefers a method
    of its own to one for all methods, and `sam local` takes either, so no path has both. API Gateway passes on the
    bytes of a stream as they are; `sam local` has no streams, and decodes base64 only of types that are binary ones.
    """
    common = built["Globals"]["Function"]
    gateway = built["Resources"]["Gateway"]
    properties = gateway["Properties"]
    definition = properties["DefinitionBody"]
    taken = _methods_of(template)
    paths = {path: _without(methods, taken.get(path, frozenset())) for path, methods in definition["paths"].items()}
    binary = {*properties["BinaryMediaTypes"], *(name.replace("/", "~1") for name in _BYTES)}
    served = {**properties, "BinaryMediaTypes": sorted(binary), "DefinitionBody": {**definition, "paths": paths}}
    told: dict[str, Any] = _with_layers(
        {
            **built,
            "Globals": {**built["Globals"], "Function": {**common, "Environment": {"Variables": dict(variables)}}},
            "Resources": {
                **{name: resource for name, resource in built["Resources"].items() if name not in layers},
                "Gateway": {**gateway, "Properties": served},
            },
        },
        layers,
    )
    return told


def _with_layers(node: Any, layers: Mapping[str, str]) -> Any:
    match node:
        case {"Ref": str(name)} if name in layers:
            return layers[name]
        case dict():
            return {key: _with_layers(value, layers) for key, value in node.items()}
        case list():
            return [_with_layers(value, layers) for value in node]
    return node


def _published(folder: Path) -> str:
    """The ARN of a built layer, put where `sam local` keeps those that it has downloaded."""
    content = sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    version = int(content.hexdigest()[:12], 16)
    arn = f"arn:aws:lambda:{REGION}:000000000000:layer:{folder.name}:{version}"
    copy = _LAYERS / f"{folder.name}-{version}-{sha256(arn.encode()).hexdigest()[:10]}"
    if not copy.exists():
        shutil.copytree(folder, copy)
    return arn


def _methods_of(template: Template) -> dict[str, frozenset[str]]:
    routes = [route for function in template.functions.values() for route in (*function.routes, *function.stand_ins)]
    return {path: frozenset(route.method.lower() for route in routes if route.path == path) for path in template.paths}


def _without(methods: Mapping[str, Any], taken: frozenset[str]) -> dict[str, Any]:
    """The methods of a path, with all that are not taken in place of the one for all."""
    if not taken:
        return dict(methods)
    own = {name: method for name, method in methods.items() if name != _ANY}
    return {**own, **dict.fromkeys((name for name in _METHODS if name not in taken), methods[_ANY])}


def function_variables(template: Template, environment: Mapping[str, str]) -> dict[str, str]:
    """What functions are told: the template's variables, where AWS is played, and the settings of providers."""
    declared = {name for function in template.functions.values() for name in function.environment}
    told = {
        name: value
        for name, value in environment.items()
        if (name in declared or name.startswith("AWS_ENDPOINT_URL_")) and name != "AWS_LAMBDA_EXEC_WRAPPER"
    }
    settings = {name: value for name, value in environment.items() if name not in told and _is_of_a_provider(name)}
    given = json.loads(environment.get("PROVIDER_SETTINGS") or "{}")
    return {**told, "PROVIDER_SETTINGS": json.dumps({**given, **settings})}


def _is_of_a_provider(name: str) -> bool:
    """Whether a variable is a provider's, as `OPENAI_ORG_ID` is with `OPENAI_API_KEY`; those of AWS itself are not."""
    keys = {row.key_setting for row in PROVIDERS.values()}
    stems = {key.partition("_")[0] + "_" for key in keys if key} - {"AWS_"}
    return name in keys or name.startswith(tuple(stems))


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


def start_api(sam: str, wiring: Path, port: int) -> list[str]:
    """The command that serves that template."""
    return [
        sam,
        "local",
        "start-api",
        *_options(wiring),
        "--port",
        str(port),
        "--warm-containers",
        "LAZY",
        "--no-watch",
    ]


def invoke(sam: str, wiring: Path, function: str, event: Path) -> list[str]:
    """The command that runs one of its functions with an event, such as a worker, to which no route leads."""
    return [sam, "local", "invoke", function, *_options(wiring), "--event", str(event)]


def _options(wiring: Path) -> list[str]:
    architecture = _ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    return [
        *("--template", str(wiring), "--parameter-overrides", f"Architecture={architecture}"),
        *("--skip-pull-image", "--layer-cache-basedir", str(_LAYERS)),
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
