"""Answers for people to read."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click


def print_answer(answer: Mapping[str, Any]) -> None:
    """Print a list as a table, and anything else line by line."""
    rows = answer.get("items") or answer.get("data")
    if rows is None and ("items" in answer or "data" in answer):
        click.echo("There are none.")
    elif rows is not None:
        _print_rows(rows)
    else:
        width = max(len(name) for name in answer)
        for name, value in answer.items():
            if name != "object":
                click.echo(f"{name:<{width}}  {_text(value)}")
        if "key" in answer:
            click.echo(click.style("Keep the key: it is not shown again.", bold=True), err=True)


_COLUMNS = {
    "api_key": ("id", "name", "hint", "status", "scopes", "usage", "limit", "last_used_at"),
    "ledger_entry": ("created_at", "type", "amount_exact", "balance_after_exact", "model", "outcome", "key_id"),
}


def _print_rows(rows: list[Mapping[str, Any]]) -> None:
    columns = _COLUMNS.get(rows[0].get("object", ""), tuple(rows[0]))
    print_table(columns, [[row.get(column) for column in columns] for row in rows])


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under the names of their columns, bold on a terminal; what is not there is a dash."""
    cells = [columns, *([_text(value) for value in row] for row in rows)]
    widths = [max(len(line[number]) for line in cells) for number in range(len(columns))]
    for number, line in enumerate(cells):
        text = "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        click.echo(click.style(text, bold=number == 0) if os.isatty(1) else text)


def _text(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return "-"
        case list():
            return ",".join(_text(one) for one in value)
        case dict():
            return " ".join(f"{name}={inner}" for name, inner in value.items() if inner is not None) or "-"
    return str(value)
