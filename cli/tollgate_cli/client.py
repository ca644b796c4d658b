"""A gateway, deployed or local, as its operator calls it from the command line."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click
import httpx2

from tollgate_cli.local.access import access_file
from tollgate_cli.tables import print_answer

F = TypeVar("F", bound=Callable[..., Any])
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway and the key to work on it with."""

    url: str
    key: str

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, timeout_s: float = _TIMEOUT_S
    ) -> tuple[int, dict[str, Any]]:
        """Make a call: the status, and the JSON that came with it.

        Raises httpx2.TransportError, and click.ClickException where what came is no JSON.
        """
        headers = {"authorization": f"Bearer {self.key}"}
        response = httpx2.request(method, self.url + path, headers=headers, json=body, timeout=timeout_s)
        try:
            return response.status_code, response.json()
        except ValueError as exc:
            raise click.ClickException(f"{self.url} answered {response.status_code}, and no JSON.") from exc

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Make a call; what goes wrong is told in the gateway's words."""
        try:
            status, answer = self.ask(method, path, body)
        except httpx2.TransportError as exc:
            raise click.ClickException(f"{self.url} does not answer: {exc}") from exc
        if status >= 400:
            error = answer.get("error", {})
            raise click.ClickException(f"{error.get('message', answer)} ({error.get('code', status)})")
        return answer


def with_gateway(command: F) -> F:
    """Give a command the options that say which gateway it is for, and the gateway."""

    @click.option("--url", envvar="TOLLGATE_URL", help="Address of the gateway.  [TOLLGATE_URL; else the local one]")
    @click.option("--key", envvar="TOLLGATE_KEY", help="An operator's key.  [TOLLGATE_KEY; else that of the local one]")
    @wraps(command)
    def wrapped(url: str | None, key: str | None, **rest: Any) -> Any:
        return command(gateway=_gateway(url, key), **rest)

    return wrapped  # type: ignore[return-value]


def for_gateway(command: F) -> F:
    """Give a command its gateway, and print the answer that it returns."""

    @with_gateway
    @click.option("--json", "as_json", is_flag=True, help="Print the answer as it came.")
    @wraps(command)
    def wrapped(*, as_json: bool, **rest: Any) -> None:
        answer = command(**rest)
        if as_json:
            print_json(answer)
        else:
            print_answer(answer)

    return wrapped  # type: ignore[return-value]


def print_json(answer: Any) -> None:
    """Print an answer for programs."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def _gateway(url: str | None, key: str | None) -> Gateway:
    file = access_file()
    local = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    url, key = url or local.get("base_url"), key or local.get("operator_key")
    if not url or not key:
        raise click.ClickException(
            "No gateway: start one here with `make up`, or name one with --url and --key (TOLLGATE_URL, TOLLGATE_KEY)."
        )
    return Gateway(url.rstrip("/"), key)
