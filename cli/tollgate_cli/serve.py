"""The gateway of a deployed stack in one process, for loads that are cheaper in containers than on Lambda.

The same functions, over the stack's own tables, bucket, queues and secrets. The stack's workers go on on Lambda.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

import boto3
import click
import uvicorn
from botocore.exceptions import BotoCoreError, ClientError

from tollgate.resources import Resources
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.local.state import resolve
from tollgate_cli.template import Template, read_template

_GRACE_S: Final = 120
"""So long streams may go on when the process is asked to stop."""


@click.command()
@click.option("--stack", help="Read the names of what it uses off this stack; else off the environment.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen: 0.0.0.0 in a container.")
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT", "3000")), show_default="PORT, or 3000")
@click.option("--behind-proxy", is_flag=True, help="Believe X-Forwarded-For and -Proto: only behind a load balancer.")
@click.option("--print-environment", is_flag=True, help="Print the variables that --stack finds, and end.")
def serve(stack: str | None, host: str, port: int, *, behind_proxy: bool, print_environment: bool) -> None:
    """Serve the gateway of a deployed stack from this process.

    It runs every endpoint, the authorizer and streams, with the AWS credentials that it finds: of a task, an instance
    or a profile. They have to be allowed what the functions' roles are allowed together. With --stack, also
    cloudformation:DescribeStacks and ListStackResources, unless the variables that --print-environment prints are in
    the environment.
    """
    template = read_template()
    found = environment_of_stack(stack, template) if stack else {}
    if print_environment:
        for name, value in sorted(found.items()):
            click.echo(f"{name}={value}")
        return
    environment = {**found, **os.environ}
    region = environment.get("AWS_REGION") or boto3.session.Session().region_name
    missing = [name for name in _needed(template) if not environment.get(name)]
    if missing:
        raise click.ClickException(f"Name a stack with --stack, or set {', '.join(missing)}.")
    if not region:
        raise click.ClickException("Set AWS_REGION.")
    listener = _listen(host, port)
    resources = Resources.from_environment({**environment, "AWS_REGION": region})
    click.echo(f"Serving on http://{host}:{listener.getsockname()[1]}", err=True)
    asyncio.run(_run(template, resources, listener, behind_proxy=behind_proxy))


def environment_of_stack(stack: str, template: Template) -> dict[str, str]:
    """What the functions of a deployed stack find in their environment.

    Raises ClickException.
    """
    client = boto3.client("cloudformation")
    try:
        (described,) = client.describe_stacks(StackName=stack)["Stacks"]
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
        made = [one for page in pages for one in page["StackResourceSummaries"]]
    except (BotoCoreError, ClientError) as exc:
        raise click.ClickException(f"The stack '{stack}' cannot be read: {exc}") from exc
    names = {name: template.parameter(name) for name in template.raw["Parameters"]}
    names |= {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", ())}
    names |= {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in made if "PhysicalResourceId" in one}
    names["AWS::StackName"] = described["StackName"]
    variables: dict[str, str] = {}
    for function in template.functions.values():
        variables |= {name: resolve(value, names) for name, value in function.environment.items()}
    return {name: value for name, value in variables.items() if not name.startswith("AWS_LAMBDA_")}


def _needed(template: Template) -> list[str]:
    """The variables that name something of the stack."""
    resources = template.raw["Resources"]
    found = {
        name
        for function in template.functions.values()
        for name, value in function.environment.items()
        if isinstance(value, Mapping) and value.get("Ref") in resources
    }
    return sorted(found)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as exc:
        raise click.ClickException(f"Cannot listen at {host}:{port}: {exc.strerror}.") from exc


async def _run(template: Template, resources: Resources, listener: socket.socket, *, behind_proxy: bool) -> None:
    config = uvicorn.Config(
        LocalGateway(template, resources),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        **_forwarding(behind_proxy=behind_proxy),
    )
    try:
        await uvicorn.Server(config).serve(sockets=[listener])
    finally:
        await resources.close()


def _forwarding(*, behind_proxy: bool) -> dict[str, Any]:
    # Whoever sends the header could otherwise choose the address that they are counted under.
    return {"proxy_headers": behind_proxy, "forwarded_allow_ips": "*" if behind_proxy else ""}
