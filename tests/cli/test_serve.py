"""`tollgate serve`: the gateway of a deployed stack in one process."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import httpx2
import pytest
from click.testing import CliRunner

from tollgate_cli.deployed import _bootstrap
from tollgate_cli.local.state import CREDENTIALS, REGION, MotoServer, create_state, physical_name
from tollgate_cli.serve import environment_of_stack, serve
from tollgate_cli.template import Template

_PATIENCE_S = 60
_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


class _CloudFormation(BaseHTTPRequestHandler):
    """Tells of one stack, `gateway`, whose resources are called as the local ones are."""

    resources: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
        action = form["Action"]
        if form["StackName"] != "gateway":
            self._answer(
                400, "<ErrorResponse><Error><Code>ValidationError</Code><Message>No.</Message></Error></ErrorResponse>"
            )
            return
        told = _STACK if action == "DescribeStacks" else self._summaries()
        self._answer(
            200, f'<{action}Response xmlns="{_NAMESPACE}"><{action}Result>{told}</{action}Result></{action}Response>'
        )

    def _summaries(self) -> str:
        members = "".join(
            f"<member><LogicalResourceId>{name}</LogicalResourceId><ResourceType>x</ResourceType>"
            f"<PhysicalResourceId>{physical_name(name)}</PhysicalResourceId></member>"
            for name in self.resources
        )
        return f"<StackResourceSummaries>{members}</StackResourceSummaries>"

    def _answer(self, status: int, body: str) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("content-type", "text/xml")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass


_STACK = (
    "<Stacks><member><StackName>gateway</StackName><StackStatus>CREATE_COMPLETE</StackStatus>"
    "<CreationTime>2026-11-21T09:00:00Z</CreationTime><Parameters>"
    "<member><ParameterKey>Sandbox</ParameterKey><ParameterValue>on</ParameterValue></member>"
    "</Parameters></member></Stacks>"
)


@pytest.fixture
def stack(template: Template, moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A deployed stack's state, and who tells of it."""
    moto.reset()
    create_state(template, lambda _service: moto.url)
    resources = template.raw["Resources"]
    _CloudFormation.resources = list(resources)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _CloudFormation)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    yield "gateway"
    server.shutdown()
    server.server_close()


@pytest.fixture
def served(stack: str, tmp_path: Path) -> Iterator[str]:
    """The address of the gateway, served."""
    command = [sys.executable, "-m", "tollgate_cli.main", "serve", "--stack", stack, "--port", "0"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert line.startswith("Serving on "), line + process.stderr.read()
        address = line.split()[-1]
        _wait_for(address)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=_PATIENCE_S)
        process.stderr.close()


def _wait_for(address: str) -> None:
    gives_up_at = time.monotonic() + _PATIENCE_S
    while httpx2.get(f"{address}/v1/health", trust_env=False).status_code != httpx2.codes.OK:
        assert time.monotonic() < gives_up_at


def test_a_stack_is_served_with_its_own_state(served: str, stack: str, template: Template) -> None:
    environment = {**os.environ, **environment_of_stack(stack, template), "AWS_REGION": REGION}
    account_id, key = asyncio.run(_bootstrap(environment, "operator"))
    headers = {"authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=served, headers=headers, trust_env=False, timeout=_PATIENCE_S) as client:
        credit = {"amount": 1, "id": "first", "type": "topup"}
        assert client.post(f"/accounts/{account_id}/credits", json=credit).status_code == httpx2.codes.OK
        body: dict[str, Any] = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hello"}]}

        whole = client.post("/v1/chat/completions", json=body)
        streamed = client.post("/v1/chat/completions", json={**body, "stream": True})
        stranger = httpx2.post(f"{served}/v1/chat/completions", json=body, trust_env=False)

        assert (whole.status_code, streamed.status_code, stranger.status_code) == (200, 200, 401)
        assert streamed.text.rstrip().endswith("data: [DONE]")
        ledger = client.get(f"/accounts/{account_id}/ledger").json()["data"]
        assert [entry["type"] for entry in ledger] == ["usage", "usage", "topup"]


def test_the_environment_of_a_stack_can_be_printed_for_a_task(stack: str) -> None:
    result = CliRunner().invoke(serve, ["--stack", stack, "--print-environment"])

    variables = dict(line.split("=", 1) for line in result.stdout.splitlines())
    assert variables["SANDBOX"] == "on"
    assert variables["STACK"] == "gateway"
    assert variables["ACCOUNTS_TABLE"] == "tollgate-accountstable"
    assert variables["MODEL_NAMESPACE"] == "puqai"
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in variables


def test_what_is_missing_is_named() -> None:
    result = CliRunner().invoke(serve, ["--port", "0"], env={"AWS_REGION": REGION})

    assert result.exit_code == 1
    assert "Name a stack with --stack, or set ACCOUNTS_TABLE" in result.output


@pytest.mark.usefixtures("stack")
def test_a_stack_that_is_not_there_is_told() -> None:
    result = CliRunner().invoke(serve, ["--stack", "nobody"])

    assert (result.exit_code, "The stack 'nobody' cannot be read" in result.output) == (1, True)
