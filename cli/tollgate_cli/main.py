"""The command line."""

import os

import click

from tollgate import VERSION
from tollgate_cli import operator


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="tollgate")
def main() -> None:
    """Tollgate, a serverless AI gateway: run it here, and operate it anywhere."""


@main.command()
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT", "3000")), show_default="PORT, or 3000")
def up(port: int) -> None:
    """Run the whole gateway on 127.0.0.1, without an AWS account, Docker or a key.

    Providers are configured by their usual variables, such as OPENAI_API_KEY, and OPENAI_BASE_URL for another address.
    """
    from tollgate_cli.local.up import up as run  # noqa: PLC0415 - a help text should not wait for a server's imports

    run(port=port)


for _command in (operator.accounts, operator.credit, operator.keys, operator.ledger):
    main.add_command(_command)


if __name__ == "__main__":
    main()
