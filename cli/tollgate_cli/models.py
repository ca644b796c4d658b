"""What a gateway offers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from tollgate_cli.client import Gateway, print_json, with_gateway
from tollgate_cli.tables import print_table

_COLUMNS: Final = ("model", "type", "context", "input", "output", "for", "provider", "configured")
_CONFIGURED: Final = {True: "yes", False: "no", None: "?"}
_SHORT: Final = {1_000_000: "1M ", 1_000: "1k ", 1: ""}


@click.command()
@click.option("--provider", help="Models of this provider only.")
@click.option("--type", "kind", help="Models of this kind only: chat, embedding, image, speech, transcription.")
@click.option("--configured", is_flag=True, help="Only models whose provider is configured on the gateway.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as it came.")
@with_gateway
def models(gateway: Gateway, *, provider: str | None, kind: str | None, configured: bool, as_json: bool) -> None:
    """List the models that a gateway offers, with their prices in US dollars."""
    found = [
        model
        for model in offered(gateway)
        if provider in {None, model["provider"]}
        and kind in {None, model["type"]}
        and (model["available"] or not configured)
    ]
    if as_json:
        print_json({"object": "list", "data": found})
    elif found:
        print_table(_COLUMNS, [row_of(model) for model in found])
    else:
        click.echo("There are none.")


def offered(gateway: Gateway) -> Sequence[Mapping[str, Any]]:
    """The models of a gateway, by id, as `GET /v1/models` has them."""
    answer = gateway.send("GET", "/v1/models")
    # An older gateway says neither.
    return [{"provider": model["owned_by"], "available": None, **model} for model in answer["data"]]


def row_of(model: Mapping[str, Any]) -> list[Any]:
    """A model as a line of the table: the values of its columns."""
    pricing = model["pricing"]
    per = pricing["per"]
    unit = pricing["unit"] if per == 1 else pricing["unit"] + "s"
    return [
        model["id"],
        model["type"],
        model["context_length"],
        _price(pricing["input"]),
        _price(pricing["output"]),
        _SHORT.get(per, f"{per} ") + unit,
        model["provider"],
        _CONFIGURED[model["available"]],
    ]


def _price(usd: float | None) -> str | None:
    return None if usd is None else f"{usd:.9f}".rstrip("0").removesuffix(".")
