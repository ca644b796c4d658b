"""One question to each provider of a gateway that is up, and what keeps it from being answered."""

import json
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tests.running import Running
from tollgate_cli.check import cheapest, questions_for, words_for
from tollgate_cli.main import main


def _run(running: Running, *arguments: str, key: str | None = None) -> Result:
    environment = {"TOLLGATE_URL": running.base_url, "TOLLGATE_KEY": key or running.operator_key}
    return CliRunner().invoke(main, ["check", *arguments], env=environment)


def _a_model(model_id: str, price: float | None = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "provider": model_id.partition("/")[0],
        "type": "chat",
        "output_modalities": ["text"],
        "supported_parameters": [],
        "pricing": {"input": price, "output": price},
        "available": True,
        **changes,
    }


def test_a_provider_that_answers_is_told_with_the_model_that_did(running: Running) -> None:
    before = len(running.upstream.requests)

    result = _run(running, "openai", "--json")

    (found,) = json.loads(result.output)
    sent = running.upstream.requests[before].json
    assert result.exit_code == 0
    assert (found["provider"], found["is_answered"], found["words"]) == ("openai", True, "")
    assert (sent["max_completion_tokens"], found["model"]) == (16, f"openai/{sent['model']}")


def test_without_a_name_every_configured_provider_is_asked(running: Running) -> None:
    result = _run(running)

    lines = [line.split() for line in result.output.splitlines()[1:]]
    assert result.exit_code == 0
    assert {line[0] for line in lines} >= {"openai", "sandbox"}
    assert {line[2] for line in lines} == {"yes"}


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("error-401", "refuses the gateway's key"),
        ("error-billing", "out of money"),
        ("error-404", "does not know 'sandbox/error-404'"),
        ("error-timeout", "took too long"),
        ("error-429", "the provider limits how often it is asked"),
        ("error-500", "failed with status 500"),
        ("error-503", "overloaded"),
        ("error-400", "refuses this request"),
        ("nope", "does not offer the model"),
    ],
)
def test_what_is_wrong_is_told_in_words_and_by_the_exit_code(running: Running, model: str, told: str) -> None:
    result = _run(running, "--model", f"sandbox/{model}")

    assert result.exit_code == 1
    assert told in result.output


def test_an_account_without_money_is_no_fault_of_the_provider(running: Running) -> None:
    account = running.operate("POST", "/accounts", {"name": "empty"})
    key = running.operate("POST", "/keys", {"name": "empty", "account_id": account["id"], "scopes": ["operate"]})["key"]

    result = _run(running, "openai", key=key)

    assert result.exit_code == 1
    assert "your account on this gateway has no money for a call: tollgate credit <account> 1" in result.output


def test_a_name_that_is_nearly_one_is_guessed(running: Running) -> None:
    assert "There is no provider 'opnai'. Did you mean 'openai'?" in _run(running, "opnai").output


def test_a_gateway_that_is_not_there_is_named() -> None:
    result = CliRunner().invoke(main, ["check", "--url", "http://127.0.0.1:9", "--key", "tg-x"])

    assert (result.exit_code, "http://127.0.0.1:9 does not answer" in result.output) == (1, True)


def test_the_cheapest_chat_model_is_asked_a_thinking_or_free_one_last() -> None:
    models = [
        _a_model("x/free", 0),
        _a_model("x/thinks", 0.1, supported_parameters=["reasoning_effort"]),
        _a_model("x/speaks", 0.1, output_modalities=["text", "audio"]),
        _a_model("x/unpriced", None),
        _a_model("x/embeds", 0.1, type="embedding"),
        _a_model("x/dear", 3),
        _a_model("x/cheap", 0.2),
        _a_model("y/cheaper", 0.1),
    ]

    assert cheapest(models, "x") == "x/cheap"
    assert cheapest(models[:2], "x") == "x/free"
    assert cheapest(models[1:3], "x") == "x/thinks"
    assert cheapest(models[2:5], "x") is None


def test_whom_to_ask_follows_from_what_is_named() -> None:
    models = [_a_model("x/a"), _a_model("y/b"), _a_model("z/c", available=False), _a_model("wp", provider="y", price=2)]

    assert questions_for(models, None, None) == [("x", "x/a"), ("y", "y/b")]
    assert questions_for(models, "z", None) == [("z", "z/c")]
    assert questions_for(models, None, "wp") == [("y", "wp")]
    assert questions_for(models, None, "w/unknown") == [("w", "w/unknown")]
    assert questions_for(models, "openai", None) == [("openai", None)]


def test_with_nobody_to_ask_it_is_said_how_to_get_somebody() -> None:
    with pytest.raises(click.ClickException, match="tollgate secrets set OPENAI_API_KEY"):
        questions_for([_a_model("x/a", available=False), _a_model("x/b", available=None)], None, None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            {"code": "provider_auth_failed", "metadata": {"detail": "Bad key."}},
            "the provider refuses the gateway's key; set another one: tollgate secrets set OPENAI_API_KEY (Bad key)",
        ),
        (
            {"code": "no_provider_available", "metadata": {"detail": "OPENAI_API_KEY is not set."}},
            "not configured (OPENAI_API_KEY is not set)",
        ),
        (
            {"code": "no_provider_available", "metadata": {"upstream_status": 404}},
            "the provider does not know 'openai/x'; try another one with --model",
        ),
        (
            {"code": "upstream_invalid_response", "metadata": {"detail": "api.example: Name or service not known"}},
            "the provider cannot be reached (api.example: Name or service not known)",
        ),
        ({"code": "upstream_invalid_response", "message": "Cut off."}, "Cut off"),
        ({"code": "rate_limit_exceeded"}, "this gateway limits how often it is asked"),
        ({"code": "gate_busy", "message": "Busy {now}."}, "Busy {now}"),
        ({"code": "upstream_rejected", "message": "No {x}."}, "the provider answers, and refuses this request: No {x}"),
        ({}, "it did not say why"),
    ],
)
def test_an_error_means_something_to_the_operator(error: dict[str, Any], words: str) -> None:
    assert words_for(error, "openai", "openai/x") == words
