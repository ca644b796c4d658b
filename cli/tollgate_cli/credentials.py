"""The providers' credentials: names and values in the one secret of a deployed stack, or of the gateway up here."""

import json
import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, Self

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from tollgate.payments import SETTINGS
from tollgate.providers.registry import PROVIDERS
from tollgate.stores.vectors import SETTINGS as VECTOR_SETTINGS
from tollgate_cli.deployed import outputs_of
from tollgate_cli.local.access import LocalState
from tollgate_cli.local.state import CREDENTIALS
from tollgate_cli.tables import print_table

_USUAL_STACK: Final = "tollgate"

KNOWN: Final[Mapping[str, str]] = {
    **{row.key_setting: row.name for row in PROVIDERS.values() if row.key_setting},
    **SETTINGS,
    **VECTOR_SETTINGS,
}
"""Settings that may be in the secret, and whose they are."""

_stack_option = click.option(
    "--stack", help="The name of a deployed stack.  [the gateway that is up here, else the stack 'tollgate']"
)


class SecretStore(NamedTuple):
    """The secret of a gateway. It is one JSON object, so a change of one name reads and writes all of it."""

    client: Any
    name: str
    where: str
    is_local: bool

    @classmethod
    def find(cls, stack: str | None) -> Self:
        """The secret of a stack; of the gateway that is up here where no stack is named.

        Raises click.ClickException.
        """
        local = LocalState.read() if stack is None else None
        if local is None:
            stack = stack or _USUAL_STACK
            name = outputs_of(stack)["ProviderSecret"]
            return cls(boto3.client("secretsmanager"), name, f"the stack '{stack}'", is_local=False)
        own = {} if "AWS_ACCESS_KEY_ID" in os.environ else {name.lower(): value for name, value in CREDENTIALS.items()}
        client = boto3.client("secretsmanager", endpoint_url=local.endpoint_url, region_name=local.region, **own)
        return cls(client, local.provider_secret, "the gateway that is up here", is_local=True)

    def read(self) -> dict[str, str]:
        """Every name and its value.

        Raises click.ClickException.
        """
        try:
            text = self.client.get_secret_value(SecretId=self.name)["SecretString"]
        except (BotoCoreError, ClientError) as exc:
            raise click.ClickException(f"The secret of {self.where} cannot be read: {exc}") from exc
        try:
            values = json.loads(text or "{}")
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise click.ClickException(f"The secret of {self.where} ({self.name}) is no JSON object. Put '{{}}' there.")
        return values

    def write(self, values: Mapping[str, str]) -> None:
        """Put these values in place of all that are there.

        Raises click.ClickException.
        """
        try:
            self.client.put_secret_value(SecretId=self.name, SecretString=json.dumps(values))
        except (BotoCoreError, ClientError) as exc:
            raise click.ClickException(f"The secret of {self.where} cannot be written: {exc}") from exc


@click.group()
def secrets() -> None:
    """Credentials of the providers."""


@secrets.command("set")
@click.argument("name")
@click.option("--value", help="The credential; it stays in the history of your shell.  [standard input, else a prompt]")
@_stack_option
def set_secret(name: str, value: str | None, stack: str | None) -> None:
    """Set the credential NAME, such as OPENAI_API_KEY."""
    _check_name(name, KNOWN)
    store = SecretStore.find(stack)
    values = store.read()
    store.write({**values, name: _checked(name, _given(name) if value is None else value)})
    click.echo(f"{name} is set in {store.where}.")
    if store.is_local:
        click.echo("It is gone when that stops, and a variable of this name that it was started with goes before it.")
    else:
        click.echo("It is used at once where there was none or the old one is refused, else within five minutes.")


@secrets.command("list")
@_stack_option
def list_secrets(stack: str | None) -> None:
    """List the names that are set. Values are never shown."""
    if names := sorted(SecretStore.find(stack).read()):
        print_table(("name", "provider"), [(name, KNOWN.get(name)) for name in names])
    else:
        click.echo("There are none.")


@secrets.command("unset")
@click.argument("name")
@_stack_option
def unset_secret(name: str, stack: str | None) -> None:
    """Take the credential NAME away."""
    store = SecretStore.find(stack)
    values = store.read()
    if name not in values:
        raise click.ClickException(f"{name} is not set in {store.where}.{_guess(name, values)}")
    store.write({other: value for other, value in values.items() if other != name})
    click.echo(f"{name} is no longer set in {store.where}.")
    if not store.is_local:
        click.echo("Functions that have read it may use it for five minutes more.")


def _check_name(name: str, known: Mapping[str, str]) -> None:
    if name not in known:
        hint = _guess(name, known) or f" There are {', '.join(sorted(known))}."
        raise click.ClickException(f"No provider has a setting '{name}'.{hint}")


def _guess(name: str, known: Mapping[str, str]) -> str:
    guesses = get_close_matches(name.upper(), sorted(known), n=1)
    return f" Did you mean '{guesses[0]}'?" if guesses else ""


def _given(name: str) -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt(name, hide_input=True)
        return typed
    return sys.stdin.read()


def _checked(name: str, value: str) -> str:
    value = value.strip()
    if not value:
        raise click.ClickException(f"The value of {name} is empty. To take it away: tollgate secrets unset {name}")
    if not (value.isascii() and value.isprintable()):
        raise click.ClickException(f"The value of {name} has characters that no header can have. Was it shortened?")
    return value
