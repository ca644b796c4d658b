"""`tollgate up`: the gateway on this machine, ready to be called."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from textwrap import wrap
from typing import Any, Final

import click
import httpx2
import uvicorn
from msgspec.structs import replace

from tollgate.contracts.caller import Call, Caller
from tollgate.contracts.operate.accounts import CreateAccountRequest, CreateCreditRequest
from tollgate.contracts.router.keys import CreateKeyRequest
from tollgate.operator_files import BadFile
from tollgate.providers.registry import Provider
from tollgate.resources import Resources
from tollgate.services.operate.accounts import create_account, create_credit
from tollgate.services.router.keys import create_key
from tollgate_cli.local.access import Access, LocalState, access_file, state_file
from tollgate_cli.local.gateway import LocalGateway, load_handler, run_every
from tollgate_cli.local.messages import Messages
from tollgate_cli.local.state import (
    CREDENTIALS,
    REGION,
    MotoServer,
    create_state,
    physical_name,
    resolve,
    speaks,
)
from tollgate_cli.template import Template, read_template

FIRST_CREDIT_USD: Final = Decimal(10)
_SERVICES: Final = ("dynamodb", "s3", "sqs", "secretsmanager")
# What a deployment does every minute, nobody wants to wait for here.
_HASTE: Final = 30
_VARIABLES: Final = {"secretsmanager": "SECRETS_MANAGER"}
# Parameters of the template that a local environment may have words of its own for.
_OVERRIDDEN: Final = (
    "CORS_ORIGINS",
    "GATE_MODEL_LISTING",
    "MODEL_NAMESPACE",
    "PUFFER_API",
    "PUFFER_UPSTREAM_STATUS",
    "TIME_ZONE",
    "MAINTENANCE",
)


def local_environment(
    template: Template, environment: Mapping[str, str], in_process: Callable[[], str], say: Callable[[str], None]
) -> dict[str, str]:
    """The environment that the functions see: what the template gives them, and where AWS is played."""
    parameters = {name: template.parameter(name) for name in template.raw["Parameters"]}
    parameters |= {"Sandbox": environment.get("SANDBOX", "on")}
    variables: dict[str, str] = {}
    for function in template.functions.values():
        for name, value in function.environment.items():
            text = resolve(value, parameters)
            if variables.setdefault(name, text) != text:
                raise ValueError(f"{name} has two values in the template, and one process has room for one")
    for name in _OVERRIDDEN:
        variables[name] = environment.get(name, variables[name])
    given = environment.get("AWS_ENDPOINT_URL")
    for service in _SERVICES:
        variable = f"AWS_ENDPOINT_URL_{_VARIABLES.get(service, service.upper())}"
        url = environment.get(variable) or given
        if url and not speaks(service, url):
            say(f"{url} does not answer for {service}, which is played in this process instead.")
            url = None
        variables[variable] = url or in_process()
    return {
        **{name: value for name, value in environment.items() if name not in {"AWS_PROFILE", "AWS_SESSION_TOKEN"}},
        **(CREDENTIALS if "AWS_ACCESS_KEY_ID" not in environment else {}),
        "AWS_REGION": environment.get("AWS_REGION", REGION),
        **variables,
    }


def create_local_state(template: Template, environment: Mapping[str, str]) -> None:
    """Make what the template says, where that environment has AWS played."""
    create_state(template, lambda service: environment[f"AWS_ENDPOINT_URL_{_VARIABLES.get(service, service.upper())}"])


async def open_first_account(resources: Resources, base_url: str) -> Access:
    """An account with some money, a key that may do all but operate, and one that may do all."""
    operator = Call(request_id="up", caller=Caller(key_id="up", capabilities=frozenset({"operate"})))
    account = (await create_account(CreateAccountRequest(name="local"), resources)).content
    await create_credit(account.id, CreateCreditRequest(amount=float(FIRST_CREDIT_USD), id="first"), resources)  # type: ignore[arg-type]
    texts = []
    for name, scopes in (("local operator", ["operate", "full"]), ("local", ["full"])):
        request = CreateKeyRequest(name=name, scopes=scopes, account_id=account.id)
        texts.append((await create_key(request, operator, resources)).content.key)
    return Access(base_url=base_url, operator_key=texts[0], account_id=account.id, api_key=texts[1])


def write_access(access: Access, environment: Mapping[str, str]) -> None:
    """Say how to reach the gateway and its state. Who finds the file of the access finds a gateway that is ready."""
    LocalState(
        endpoint_url=environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"],
        region=environment["AWS_REGION"],
        provider_secret=environment["PROVIDER_SECRET"],
    ).write()
    access.write()


def remove_access() -> None:
    """Say it no longer."""
    for file in (access_file(), state_file()):
        file.unlink(missing_ok=True)


def up(*, port: int, allows_loopback: bool = False, quiet: bool = False) -> None:
    """Run until interrupted. Webhooks may be on this machine only where `allows_loopback` says so."""
    say = _say if not quiet else _nothing
    listener = _listen(port)
    template = read_template()
    servers: list[MotoServer] = []

    def in_process() -> str:
        if not servers:
            say("Starting DynamoDB, S3, SQS and Secrets Manager in this process ...")
            servers.append(MotoServer())
        return servers[0].url

    environment = local_environment(template, os.environ, in_process, say)
    try:
        create_local_state(template, environment)
        asyncio.run(_serve(template, environment, listener, say, allows_loopback=allows_loopback))
    finally:
        listener.close()
        for server in servers:
            server.stop()


async def _serve(
    template: Template,
    environment: Mapping[str, str],
    listener: socket.socket,
    say: Callable[[str], None],
    *,
    allows_loopback: bool,
) -> None:
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    resources = replace(Resources.from_environment(environment), allows_loopback=allows_loopback)
    try:
        providers = resources.providers.values()
        models = sum(1 for model in resources.catalogue.all() if model.enabled)
    except BadFile as exc:
        await resources.close()
        raise click.ClickException(f"This file cannot be used: {exc}") from exc
    gateway = LocalGateway(template, resources, on_request=_print_request)
    config = uvicorn.Config(
        gateway, log_level="error", access_log=False, timeout_graceful_shutdown=5, server_header=False
    )
    server = _Server(config)
    workers = [
        asyncio.create_task(run_every(function.schedule_s / _HASTE, _job(load_handler(function, "handler"), resources)))
        for function in template.functions.values()
        if function.schedule_s is not None
    ]
    workers += [asyncio.create_task(messages.run()) for messages in queues_of(template, resources)]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await _until_ready(base_url)
        access = await open_first_account(resources, base_url)
        write_access(access, environment)
        greet(access, environment, models, providers, say)
        await serving
    finally:
        remove_access()
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await resources.close()


class _Server(uvicorn.Server):
    """uvicorn, stopped by the first interrupt without a word about it."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        if sig == signal.SIGINT:
            click.echo("\nStopping ...", err=True)
        super().handle_exit(sig, frame)
        # uvicorn would raise the signal again after its own shutdown, and end in a traceback.
        self._captured_signals.clear()


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=1024)
    except OSError as exc:
        raise click.ClickException(f"Port {port} on 127.0.0.1 is taken. Choose another one: PORT=3001 make up") from exc


async def _until_ready(base_url: str) -> None:
    # The port listens already, so the question waits there until somebody answers.
    async with httpx2.AsyncClient(trust_env=False) as client:
        response = await client.get(f"{base_url}/v1/health")
    if response.status_code != 200:
        raise click.ClickException(f"The gateway is not healthy: {response.text}")


def queues_of(template: Template, resources: Resources) -> list[Messages]:
    """The queues that functions are behind."""
    return [
        Messages(resources.sqs, physical_name(function.queue), load_handler(function, "handler").work, resources)
        for function in template.functions.values()
        if function.queue is not None
    ]


def _job(handler: Any, resources: Resources) -> Callable[[], Any]:
    return lambda: handler.job(resources)


def greet(
    access: Access,
    environment: Mapping[str, str],
    models: int,
    providers: Collection[Provider],
    say: Callable[[str], None],
) -> None:
    """Print how to reach the gateway, what it offers, and a first call."""
    reached = [row for row in providers if row.is_elsewhere]
    configured = [row.name for row in reached if row.is_configured(environment)]
    missing = [setting for row in reached for setting in row.missing(environment)]
    say("")
    say(click.style(f"Tollgate is up: {access.base_url}", bold=True))
    say(f"  account    {access.account_id}, ${FIRST_CREDIT_USD} to spend")
    say(f"  key        {access.api_key}")
    say(f"  operator   {access.operator_key}")
    say(f"  models     {models}, listed by GET /v1/models; reference at {access.base_url}/docs")
    say(f"  providers  {', '.join(['Sandbox', *configured] if environment.get('SANDBOX') == 'on' else configured)}")
    if missing:
        advice = f"not configured: set {', '.join(missing)}, or use `tollgate secrets set`"
        for line in wrap(advice, 100):
            say(f"             {line}")
    say("")
    say("Try it:")
    say("")
    say(f"  curl -N {access.base_url}/v1/chat/completions \\")
    say(f"    -H 'Authorization: Bearer {access.api_key}' -H 'Content-Type: application/json' \\")
    say("""    -d '{"model":"sandbox/chat","stream":true,"messages":[{"role":"user","content":"Hello!"}]}'""")
    say("")
    say("Ctrl-C stops it; nothing is kept.")


def _print_request(method: str, path: str, status: int, took_s: float) -> None:
    colour = "green" if status < 400 else "yellow" if status < 500 else "red"
    click.echo(f"{method:7}{path}  {click.style(str(status), fg=colour)}  {took_s * 1000:.0f} ms")


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


def _nothing(_line: str) -> None:
    pass
