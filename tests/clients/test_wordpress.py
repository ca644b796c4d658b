"""WordPress's own client for its REST API against `tollgate up`, with nothing changed but the root and the key."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.running import ROOT, Running

_CHECKS = Path(__file__).parent / "wordpress_checks.mjs"


@pytest.fixture(scope="module")
def found(running: Running) -> Any:
    """What the client found, all of it in one process."""
    keys = [running.api_key, running.new_key(balance_usd=0)]
    command = ["node", str(_CHECKS), running.base_url, *keys]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_prompt_is_answered_by_the_model_that_is_preferred(found: Any) -> None:
    assert (found["text"], found["answered_by"]) == ("Hello!", ["openai", "gpt-4o"])


def test_images_and_speech_are_files(found: Any) -> None:
    assert found["image"] == ["image/png", "iVBORw0KGgo"]
    assert found["speech"] == ["audio/wav", True]


def test_support_is_a_boolean(found: Any) -> None:
    assert (found["supported"], found["unsupported"]) == (True, False)


def test_providers_and_models_are_listed(found: Any) -> None:
    assert {"openai", "anthropic", "sandbox"} <= set(found["providers"])
    assert (found["models"][0], found["model"], found["index"]) == ("chat", "chat", 7)


def test_fields_and_the_link_to_the_root_are_given(found: Any) -> None:
    assert list(found["fields"]) == ["id"]
    assert found["link"].endswith('/wp-json/>; rel="https://api.w.org/"')


@pytest.mark.parametrize(
    ("what", "code", "status"),
    [
        ("empty_prompt", "rest_invalid_param", 400),
        ("unknown_provider", "rest_not_found", 404),
        ("unconfigured", "ai_provider_not_configured", 400),
        ("no_route", "rest_no_route", 404),
        ("overridden", "rest_no_route", 404),
        ("wrong_key", "rest_forbidden", 401),
        ("no_money", "prompt_prevented", 402),
    ],
)
def test_every_error_reaches_the_page_with_its_code_and_status(found: Any, what: str, code: str, status: int) -> None:
    assert (found[what]["code"], found[what]["status"]) == (code, status)
    assert found[what]["message"]


def test_the_key_may_be_an_application_password(found: Any) -> None:
    assert found["password"] == "nothing was raised"
