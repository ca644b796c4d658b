"""An operator's commands against a gateway that is up."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.running import Running
from tollgate_cli.main import main


def _run(running: Running, *arguments: str) -> Result:
    environment = {"TOLLGATE_URL": running.base_url, "TOLLGATE_KEY": running.operator_key}
    return CliRunner().invoke(main, list(arguments), env=environment)


def _json(running: Running, *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_run(running, *arguments, "--json").output)
    return answer


def test_an_account_is_opened_credited_given_a_key_and_accounted_for(running: Running) -> None:
    account_id = _json(running, "accounts", "create", "Agency")["id"]

    credited = _run(running, "credit", account_id, "12.5", "--id", "invoice-7")
    made = _run(running, "keys", "create", "site", "--account", account_id, "--model", "sandbox/*", "--limit", "3")
    shown = _json(running, "accounts", "show", account_id)
    ledger = _run(running, "ledger", account_id)

    assert "12.5" in credited.output
    assert "tg-" in made.output
    assert "it is not shown again" in made.stderr
    assert shown["balance"] == 12.5
    assert [column in ledger.output for column in ("created_at", "topup", "12.500000000000")] == [True] * 3


def test_a_key_is_disabled_enabled_and_deleted(running: Running) -> None:
    key_id = _json(running, "keys", "create", "spare")["id"]

    disabled = _json(running, "keys", "disable", key_id)
    enabled = _json(running, "keys", "enable", key_id)
    deleted = _json(running, "keys", "delete", key_id, "--yes")

    assert (disabled["status"], enabled["status"], deleted["deleted"]) == (0, 1, True)
    assert key_id not in _run(running, "keys", "list").output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["accounts", "show", "acct_nobody"], "Unknown account 'acct_nobody'. (account_not_found)"),
        (["credit", "acct_nobody", "--", "-5"], "must not be negative"),
        (["keys", "create", "x"], "'name' must have 3 to 100 characters"),
        (["keys", "create", "team", "--reset", "hourly"], "'hourly' is not one of"),
    ],
)
def test_what_goes_wrong_is_told_in_words(running: Running, arguments: list[str], told: str) -> None:
    result = _run(running, *arguments)

    assert result.exit_code != 0
    assert told in result.output + result.stderr


def test_without_a_gateway_it_is_said_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(main, ["keys", "list"])

    assert result.exit_code == 1
    assert "make up" in result.output


def test_a_gateway_that_does_not_answer_is_named() -> None:
    result = CliRunner().invoke(main, ["keys", "list", "--url", "http://127.0.0.1:9", "--key", "tg-x"])

    assert "http://127.0.0.1:9 does not answer" in result.output


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["up"],
        ["keys"],
        ["keys", "create"],
        ["models"],
        ["check"],
        ["secrets", "set"],
        ["credit"],
        ["bootstrap"],
        ["ledger"],
    ],
)
def test_every_command_has_a_help_text(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"])

    assert result.exit_code == 0
    assert "Usage:" in result.output
