"""A deployed stack, reached with the AWS credentials of whoever runs the command."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from tollgate.contracts.caller import Call, Caller
from tollgate.contracts.operate.accounts import CreateAccountRequest
from tollgate.contracts.router.keys import CreateKeyRequest
from tollgate.resources import Resources
from tollgate.services.operate.accounts import create_account
from tollgate.services.router.keys import create_key

_VARIABLES = {
    "AccountsTable": "ACCOUNTS_TABLE",
    "KeysTable": "KEYS_TABLE",
    "LedgerTable": "LEDGER_TABLE",
    "PepperSecret": "PEPPER_SECRET",
    "ProviderSecret": "PROVIDER_SECRET",
}


def outputs_of(stack: str) -> Mapping[str, str]:
    """The outputs of a stack."""
    try:
        (found,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as exc:
        raise click.ClickException(f"The stack '{stack}' cannot be read: {exc}") from exc
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}


@click.command()
@click.option("--stack", default="tollgate", show_default=True, help="The name of the deployed stack.")
@click.option("--account-name", default="operator", show_default=True, help="What the first account is called.")
def bootstrap(stack: str, account_name: str) -> None:
    """Open the first account of a deployed stack and make its operator's key.

    Everything else is done with that key. Run it once; it needs your AWS credentials, with leave to write the stack's
    tables and to read the secret under which keys are hashed.
    """
    outputs = outputs_of(stack)
    region = boto3.session.Session().region_name
    environment = {**os.environ, **{variable: outputs[name] for name, variable in _VARIABLES.items()}}
    account_id, key = asyncio.run(_bootstrap({**environment, "AWS_REGION": region or "us-east-1"}, account_name))
    click.echo(f"url       {outputs['Url']}")
    click.echo(f"account   {account_id}")
    click.echo(f"operator  {key}")
    click.echo(click.style("Keep the key: it is not shown again.", bold=True), err=True)


async def _bootstrap(environment: Mapping[str, str], account_name: str) -> tuple[str, str]:
    resources = Resources.from_environment(environment)
    try:
        account: Any = (await create_account(CreateAccountRequest(name=account_name), resources)).content
        request = CreateKeyRequest(name="operator", scopes=["operate", "full"], account_id=account.id)
        owner = Call(request_id="bootstrap", caller=Caller(key_id="owner", capabilities=frozenset({"operate"})))
        made: Any = (await create_key(request, owner, resources)).content
    finally:
        await resources.close()
    return account.id, made.key
