"""The receivers of docs/webhooks.md, as written there, before a gateway that is up on this machine."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.node import node
from tests.running import Running
from tollgate_cli.template import ROOT

_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
_PATIENCE_S = 20
_LANGUAGES = ["python", "js"]


def _sample(language: str) -> str:
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    (sample,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(sample)


@contextmanager
def _receiver(language: str, folder: Path, secret: str = _SECRET) -> Iterator[tuple[str, Path]]:
    """A receiver that runs: its address, and what it prints."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = {"python": [sys.executable, "-c"], "js": [node(), "-e"]}[language]
    printed = folder / f"{language}.txt"
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [*program, _sample(language)], env={"WEBHOOK_SECRET": secret, "PORT": str(port)}, stdout=output
        )
        try:
            _until(lambda: _listens(port))
            yield f"http://127.0.0.1:{port}/hooks", printed
        finally:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(is_so: Callable[[], Any]) -> None:
    gives_up_at = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < gives_up_at, "it did not come to that"
        time.sleep(0.05)


class _Customer:
    def __init__(self, running: Running) -> None:
        self._base_url = running.base_url
        self._headers = {"authorization": "Bearer " + running.new_key(1, "full")}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        response = httpx2.request(
            method, self._base_url + path, headers=self._headers, json=body, trust_env=False, timeout=30
        )
        assert response.is_success, response.text
        return response.json()

    def webhook(self, url: str, secret: str = _SECRET) -> str:
        body = {"url": url, "events": ["analysis.completed", "analysis.failed"], "secret": secret}
        made: str = self.call("POST", "/v1/webhooks", body)["id"]
        return made

    def analysis(self) -> str:
        body = {"code": "<?php echo $_GET['Grüße ✓'];", "analysis_type": "security"}
        made: str = self.call("POST", "/v1/analyze", body)["id"]
        return made

    def deliveries(self, webhook_id: str) -> list[Any]:
        found: list[Any] = self.call("GET", f"/v1/webhooks/{webhook_id}/deliveries")["data"]
        return found


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_receiver_takes_what_the_gateway_sends(running: Running, tmp_path: Path, language: str) -> None:
    customer = _Customer(running)
    with _receiver(language, tmp_path) as (url, printed):
        webhook_id = customer.webhook(url)
        analysis_id = customer.analysis()
        _until(lambda: customer.deliveries(webhook_id) and customer.deliveries(webhook_id)[0]["status"] == "delivered")
        (delivery,) = customer.deliveries(webhook_id)
        customer.call("POST", f"/v1/webhooks/{webhook_id}/deliveries/{delivery['id']}/replay")
        _until(lambda: len(customer.deliveries(webhook_id)[0]["attempts"]) == 2)
        tried = customer.call("POST", f"/v1/webhooks/{webhook_id}/test", {"data": {"id": "for-a-test", "score": 1e21}})
        _until(lambda: "for-a-test" in printed.read_text())

    assert tried["delivered"]
    assert printed.read_text().splitlines() == [
        f"analysis.completed {analysis_id}",
        "analysis.completed for-a-test",
    ]


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_receiver_refuses_what_somebody_else_signed(running: Running, tmp_path: Path, language: str) -> None:
    customer = _Customer(running)
    with _receiver(language, tmp_path) as (url, printed):
        webhook_id = customer.webhook(url, secret="whsec_" + "A" * 32)
        tried = customer.call("POST", f"/v1/webhooks/{webhook_id}/test")

    assert (tried["delivered"], tried["status_code"]) == (False, 401)
    assert printed.read_text() == ""


def test_an_attempt_that_failed_is_made_again_by_itself(running: Running, tmp_path: Path) -> None:
    customer = _Customer(running)
    with _receiver("python", tmp_path) as (url, _printed):
        webhook_id = customer.webhook(url, secret="whsec_" + "A" * 32)
        customer.analysis()
        _until(lambda: customer.deliveries(webhook_id) and customer.deliveries(webhook_id)[0]["attempts"])
        (delivery,) = customer.deliveries(webhook_id)

    (attempt,) = delivery["attempts"]
    assert (delivery["status"], attempt["status_code"]) == ("pending", 401)
    assert 26 <= delivery["next_attempt_at"] - attempt["at"] <= 34
