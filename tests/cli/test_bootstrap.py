"""The first account of a deployed stack, with moto for AWS."""

import asyncio

import httpx2
import pytest
from click.testing import CliRunner

from tests.cli.stack import deploy
from tollgate.resources import Resources
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.local.state import CREDENTIALS, REGION, MotoServer
from tollgate_cli.main import main
from tollgate_cli.template import Template


async def test_the_key_that_bootstrap_prints_operates_the_gateway(
    template: Template, environment: dict[str, str], moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": moto.url, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    deploy(moto)

    result = await asyncio.to_thread(CliRunner().invoke, main, ["bootstrap"])

    printed = dict(line.split() for line in result.stdout.splitlines())
    assert result.exit_code == 0, result.output
    assert printed["url"] == "https://gateway.example.com/live"
    resources = Resources.from_environment(environment)
    transport = httpx2.ASGITransport(app=LocalGateway(template, resources))
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway", verify=False) as client:
        path = f"/accounts/{printed['account']}"
        account = (await client.get(path, headers={"x-api-key": printed["operator"]})).json()
    await resources.close()
    assert (account["id"], account["name"], account["balance"]) == (printed["account"], "operator", 0)


def test_a_stack_that_does_not_exist_is_named(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": moto.url, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)

    result = CliRunner().invoke(main, ["bootstrap", "--stack", "nowhere"])

    assert result.exit_code == 1
    assert "The stack 'nowhere' cannot be read" in result.output
