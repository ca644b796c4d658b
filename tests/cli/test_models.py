"""The models of a gateway that is up."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from tests.running import Running
from tollgate_cli.main import main
from tollgate_cli.models import row_of


def _run(running: Running, *arguments: str) -> str:
    environment = {"TOLLGATE_URL": running.base_url, "TOLLGATE_KEY": running.operator_key}
    result = CliRunner().invoke(main, ["models", *arguments], env=environment)
    assert result.exit_code == 0, result.output
    return result.output


def _rows(running: Running, *arguments: str) -> dict[str, list[str]]:
    _, *lines = _run(running, *arguments).splitlines()
    return {line.split()[0]: line.split() for line in lines}


def _listed(running: Running, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_run(running, "--json", *arguments))["data"]
    return found


def test_a_line_has_type_context_prices_and_provider_of_a_model(running: Running) -> None:
    line = _rows(running)["openai/gpt-4o-mini"]

    assert line[1:] == ["chat", "128000", "0.15", "0.6", "1M", "tokens", "openai", "yes"]


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (["--provider", "sandbox"], lambda model: model["provider"] == "sandbox"),
        (["--type", "speech"], lambda model: model["type"] == "speech"),
        (["--configured"], lambda model: model["available"] is True),
        (
            ["--provider", "openai", "--type", "chat"],
            lambda model: (model["provider"], model["type"]) == ("openai", "chat"),
        ),
    ],
)
def test_filters_keep_what_fits_all_of_them(running: Running, filters: list[str], fits: Any) -> None:
    everything = _listed(running)

    kept = _listed(running, *filters)

    assert kept == [model for model in everything if fits(model)]
    assert 0 < len(kept) < len(everything)


def test_nothing_found_is_said(running: Running) -> None:
    assert _run(running, "--provider", "nobody") == "There are none.\n"


@pytest.mark.parametrize(
    ("pricing", "shown"),
    [
        ({"unit": "token", "per": 1_000_000, "input": 0.0375, "output": 10.0}, ["0.0375", "10", "1M tokens"]),
        ({"unit": "character", "per": 1_000, "input": 0.015, "output": None}, ["0.015", None, "1k characters"]),
        ({"unit": "image", "per": 1, "input": 0, "output": 0.04}, ["0", "0.04", "image"]),
        ({"unit": "second", "per": 60, "input": None, "output": None}, [None, None, "60 seconds"]),
    ],
)
def test_prices_are_told_for_what_is_counted(pricing: dict[str, Any], shown: list[str | None]) -> None:
    model = {"id": "x/y", "type": "z", "context_length": 1, "provider": "x", "available": None, "pricing": pricing}

    assert row_of(model)[3:] == [*shown, "x", "?"]
