"""An operator's commands: accounts, credits, keys and the ledger of a gateway, deployed or local."""

import uuid
from typing import Any

import click

from tollgate_cli.client import Gateway, for_gateway


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
