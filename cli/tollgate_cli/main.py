"""The command line."""

import os
from importlib import import_module
from typing import Final

import click

from tollgate import VERSION

# Import paths: a help text should not wait for what only another command needs.
_COMMANDS: Final = {
    "accounts": "tollgate_cli.operator:accounts",
    "bootstrap": "tollgate_cli.deployed:bootstrap",
    "check": "tollgate_cli.check:check",
    "credit": "tollgate_cli.operator:credit",
    "keys": "tollgate_cli.operator:keys",
    "ledger": "tollgate_cli.operator:ledger",
    "models": "tollgate_cli.models:models",
    "sam-local": "tollgate_cli.main:sam_local",
    "secrets": "tollgate_cli.credentials:secrets",
    "serve": "tollgate_cli.serve:serve",
    "up": "tollgate_cli.main:up",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="tollgate")
def main() -> None:
    """Tollgate, a serverless AI gateway: run it here, and operate it anywhere."""


@click.command()
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT", "3000")), show_default="PORT, or 3000")
@click.option("--allow-loopback-webhooks", is_flag=True, help="Let webhooks be on this machine, over http too.")
def up(port: int, *, allow_loopback_webhooks: bool) -> None:
    """Run the whole gateway on 127.0.0.1, without an AWS account, Docker or a key.

    Providers are configured by their usual variables, such as OPENAI_API_KEY, and OPENAI_BASE_URL for another address.
    """
    from tollgate_cli.local.up import up as run  # noqa: PLC0415 - as above

    run(port=port, allows_loopback=allow_loopback_webhooks)


@click.command()
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT", "3000")), show_default="PORT, or 3000")
def sam_local(port: int) -> None:
    """Run what `make build` built under `sam local start-api`, each function in a container of its own.

    `make sam-local` builds first, and finds Docker and the image. AWS is played on this machine, with the same first
    account and keys as `tollgate up` has.
    """
    from tollgate_cli.local.sam import sam_local as run  # noqa: PLC0415 - as above

    run(port=port)


if __name__ == "__main__":
    main()
