"""An operator's commands: accounts, credits, keys and the ledger of a gateway, deployed or local."""

import json
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click
import httpx2

from tollgate_cli.local.access import access_file

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway and the key to work on it with."""

    url: str
    key: str

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Make a call; what goes wrong is told in the gateway's words."""
        headers = {"authorization": f"Bearer {self.key}"}
        try:
            response = httpx2.request(method, self.url + path, headers=headers, json=body, timeout=30)
        except httpx2.TransportError as exc:
            raise click.ClickException(f"{self.url} does not answer: {exc}") from exc
        try:
            answer = response.json()
        except ValueError as exc:
            raise click.ClickException(f"{self.url} answered {response.status_code}, and no JSON.") from exc
        if response.status_code >= 400:
            error = answer.get("error", {})
            raise click.ClickException(f"{error.get('message', answer)} ({error.get('code', response.status_code)})")
        return answer


def for_gateway(command: F) -> F:
    """Give a command the options that say which gateway it is for."""

    @click.option("--url", envvar="TOLLGATE_URL", help="Address of the gateway.  [TOLLGATE_URL; else the local one]")
    @click.option("--key", envvar="TOLLGATE_KEY", help="An operator's key.  [TOLLGATE_KEY; else that of the local one]")
    @click.option("--json", "as_json", is_flag=True, help="Print the answer as it came.")
    @wraps(command)
    def wrapped(url: str | None, key: str | None, *, as_json: bool, **rest: Any) -> None:
        answer = command(gateway=_gateway(url, key), **rest)
        if as_json:
            click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        else:
            _print(answer)

    return wrapped  # type: ignore[return-value]


@click.group()
def accounts() -> None:
    """Accounts: who pays."""


@accounts.command("create")
@click.argument("name")
@for_gateway
def create_account(gateway: Gateway, name: str) -> Any:
    """Open an account called NAME, with a balance of zero."""
    return gateway.send("POST", "/accounts", {"name": name})


@accounts.command("show")
@click.argument("account_id")
@for_gateway
def show_account(gateway: Gateway, account_id: str) -> Any:
    """Show an account and its money."""
    return gateway.send("GET", f"/accounts/{account_id}")


@click.command()
@click.argument("account_id")
@click.argument("amount", type=float)
@click.option("--id", "credit_id", help="Your own id of the credit: the same id is applied once.  [a fresh one]")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["topup", "credit", "subscription", "refund", "adjustment", "coupon"]),
    default="topup",
    show_default=True,
)
@for_gateway
def credit(gateway: Gateway, account_id: str, amount: float, credit_id: str | None, kind: str) -> Any:
    """Add AMOUNT US dollars to an account, or take it with a negative adjustment."""
    body = {"amount": amount, "id": credit_id or f"cli-{uuid.uuid4()}", "type": kind}
    return gateway.send("POST", f"/accounts/{account_id}/credits", body)


@click.command()
@click.argument("account_id")
@click.option("--limit", default=20, show_default=True, help="How many entries, newest first.")
@for_gateway
def ledger(gateway: Gateway, account_id: str, limit: int) -> Any:
    """Show what changed the balance of an account."""
    return gateway.send("GET", f"/accounts/{account_id}/ledger?limit={limit}")


@click.group()
def keys() -> None:
    """API keys."""


@keys.command("list")
@for_gateway
def list_keys(gateway: Gateway) -> Any:
    """List the keys of the account that your own key belongs to."""
    return gateway.send("GET", "/keys?limit=100")


@keys.command("create")
@click.argument("name")
@click.option("--account", "account_id", help="Whose key it is.  [the account of your own key]")
@click.option(
    "--scope", "scopes", multiple=True, help="inference, read, full or a capability; may be repeated.  [inference]"
)
@click.option("--model", "models", multiple=True, help="A model id or provider/* that it may use; many may be given.")
@click.option("--limit", type=float, help="US dollars that it may spend.  [no limit]")
@click.option("--reset", type=click.Choice(["daily", "weekly", "monthly"]), help="When the limit starts anew.  [never]")
@click.option("--expires-at", help="When it ends, as in 2027-01-31T00:00:00Z.  [never]")
@for_gateway
def create_key(gateway: Gateway, name: str, **wishes: Any) -> Any:
    """Make a key called NAME. Its text is shown now and never again."""
    body = {
        "name": name,
        "account_id": wishes["account_id"],
        "scopes": list(wishes["scopes"]) or None,
        "models": list(wishes["models"]) or None,
        "limit": wishes["limit"],
        "limit_reset": wishes["reset"],
        "expires_at": wishes["expires_at"],
    }
    return gateway.send("POST", "/keys", {name: value for name, value in body.items() if value is not None})


@keys.command("disable")
@click.argument("key_id")
@for_gateway
def disable_key(gateway: Gateway, key_id: str) -> Any:
    """Switch a key off; `enable` switches it on again."""
    return gateway.send("PATCH", f"/keys/{key_id}", {"status": 0})


@keys.command("enable")
@click.argument("key_id")
@for_gateway
def enable_key(gateway: Gateway, key_id: str) -> Any:
    """Switch a key on again."""
    return gateway.send("PATCH", f"/keys/{key_id}", {"status": 1})


@keys.command("delete")
@click.argument("key_id")
@click.confirmation_option(prompt="This cannot be undone. Delete the key?")
@for_gateway
def delete_key(gateway: Gateway, key_id: str) -> Any:
    """Revoke a key for good."""
    return gateway.send("DELETE", f"/keys/{key_id}")


def _gateway(url: str | None, key: str | None) -> Gateway:
    file = access_file()
    local = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    url, key = url or local.get("base_url"), key or local.get("operator_key")
    if not url or not key:
        raise click.ClickException(
            "No gateway: start one here with `make up`, or name one with --url and --key (TOLLGATE_URL, TOLLGATE_KEY)."
        )
    return Gateway(url.rstrip("/"), key)


def _print(answer: Mapping[str, Any]) -> None:
    rows = answer.get("items") or answer.get("data")
    if rows is None and ("items" in answer or "data" in answer):
        click.echo("There are none.")
    elif rows is not None:
        _print_table(rows)
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


def _print_table(rows: list[Mapping[str, Any]]) -> None:
    columns = _COLUMNS.get(rows[0].get("object", ""), tuple(rows[0]))
    cells = [columns, *([_text(row.get(column)) for column in columns] for row in rows)]
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
