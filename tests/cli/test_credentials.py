"""The providers' credentials in the secret of a gateway, deployed or here."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cli.stack import deploy
from tests.conftest import ProviderSecret, WorldMaker
from tests.running import Running
from tests.upstream import Received, Reply, Upstream, a_completion, json_reply
from tollgate_cli.local.access import LocalState
from tollgate_cli.local.state import CREDENTIALS, REGION, MotoServer
from tollgate_cli.main import main


def _run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(main, ["secrets", *arguments], input=given)


@pytest.fixture
def here(provider_secret: ProviderSecret, moto: MotoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a gateway that is up, over an empty secret."""
    monkeypatch.chdir(tmp_path)
    LocalState(endpoint_url=moto.url, region=REGION, provider_secret=provider_secret.name).write()
    return tmp_path


@pytest.fixture
def deployed(
    provider_secret: ProviderSecret, moto: MotoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployed stack over an empty secret, and nothing here."""
    monkeypatch.chdir(tmp_path)
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": moto.url, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    deploy(moto)


@pytest.mark.usefixtures("here")
def test_a_credential_is_set_listed_without_its_value_and_taken_away(provider_secret: ProviderSecret) -> None:
    made = _run("set", "OPENAI_API_KEY", "--value", "sk-operator")
    stored = provider_secret.read()
    listed = _run("list")
    taken = _run("unset", "OPENAI_API_KEY")

    assert stored == {"OPENAI_API_KEY": "sk-operator"}
    assert "It is gone when that stops" in made.output
    assert listed.output.splitlines()[1].split() == ["OPENAI_API_KEY", "OpenAI"]
    assert "sk-operator" not in made.output + listed.output + taken.output
    assert (provider_secret.read(), _run("list").output) == ({}, "There are none.\n")


@pytest.mark.usefixtures("here")
def test_a_value_comes_from_standard_input_without_the_line_ending(provider_secret: ProviderSecret) -> None:
    result = _run("set", "OPENAI_API_KEY", given="sk-piped\r\n")

    assert result.exit_code == 0
    assert provider_secret.read() == {"OPENAI_API_KEY": "sk-piped"}


@pytest.mark.usefixtures("here")
def test_other_credentials_stay_as_they_are(provider_secret: ProviderSecret) -> None:
    provider_secret.write({"ANOTHER": "kept", "OPENAI_API_KEY": "old"})

    _run("set", "OPENAI_API_KEY", "--value", "new")
    both = provider_secret.read()
    _run("unset", "OPENAI_API_KEY")

    assert (both, provider_secret.read()) == ({"ANOTHER": "kept", "OPENAI_API_KEY": "new"}, {"ANOTHER": "kept"})


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["set", "OPENAI_KEY", "--value", "x"],
            "setting 'OPENAI_KEY'. Did you mean 'OPENAI_API_KEY'?",
        ),
        (["set", "openai_api_key", "--value", "x"], "Did you mean 'OPENAI_API_KEY'?"),
        (["set", "ZZZ", "--value", "x"], "There are "),
        (["set", "OPENAI_API_KEY", "--value", "  "], "is empty"),
        (["set", "OPENAI_API_KEY"], "is empty"),
        (["set", "OPENAI_API_KEY", "--value", "sk-abc…xyz"], "characters that no header can have"),
        (["set", "OPENAI_API_KEY", "--value", "two\nlines"], "characters that no header can have"),
        (["unset", "OPENAI_API_KEY"], "OPENAI_API_KEY is not set in the gateway that is up here."),
    ],
)
def test_what_is_wrong_with_a_name_or_value_is_told_and_nothing_changes(
    provider_secret: ProviderSecret, arguments: list[str], told: str
) -> None:
    result = _run(*arguments)

    assert (result.exit_code, told in result.output) == (1, True)
    assert provider_secret.read() == {}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("text", ["sk-pasted-alone", "[]"])
def test_a_secret_that_is_no_json_object_is_not_overwritten(provider_secret: ProviderSecret, text: str) -> None:
    provider_secret.client.put_secret_value(SecretId=provider_secret.name, SecretString=text)

    result = _run("set", "OPENAI_API_KEY", "--value", "x")

    assert (result.exit_code, "is no JSON object" in result.output) == (1, True)
    assert "sk-" not in result.output
    found = provider_secret.client.get_secret_value(SecretId=provider_secret.name)
    assert found["SecretString"] == text


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("named", [[], ["--stack", "tollgate"]])
def test_without_a_gateway_here_the_secret_is_that_of_the_deployed_stack(
    provider_secret: ProviderSecret, named: list[str]
) -> None:
    result = _run("set", "OPENAI_API_KEY", "--value", "sk-deployed", *named)

    assert "OPENAI_API_KEY is set in the stack 'tollgate'." in result.output
    assert "within five minutes" in result.output
    assert provider_secret.read() == {"OPENAI_API_KEY": "sk-deployed"}


@pytest.mark.usefixtures("deployed")
def test_a_stack_that_is_named_goes_before_the_gateway_here(provider_secret: ProviderSecret) -> None:
    LocalState(endpoint_url="http://127.0.0.1:9", region=REGION, provider_secret="nowhere").write()

    result = _run("set", "OPENAI_API_KEY", "--value", "sk-deployed", "--stack", "tollgate")

    assert (result.exit_code, provider_secret.read()) == (0, {"OPENAI_API_KEY": "sk-deployed"})


@pytest.mark.usefixtures("deployed")
def test_a_stack_that_does_not_exist_is_named() -> None:
    assert "The stack 'nowhere' cannot be read" in _run("list", "--stack", "nowhere").output


def test_a_gateway_that_is_up_says_where_its_secret_is(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(running.home)

    made = _run("set", "OPENAI_API_KEY", "--value", "sk-operator")
    listed = _run("list")
    taken = _run("unset", "OPENAI_API_KEY")

    assert [result.exit_code for result in (made, listed, taken)] == [0, 0, 0]
    assert "OPENAI_API_KEY" in listed.output
    assert (running.home / ".tollgate" / "state.json").stat().st_mode & 0o777 == 0o600


def _only(key: str) -> Callable[[Received], Reply]:
    def answer(request: Received) -> Reply:
        if request.headers["authorization"] == f"Bearer {key}":
            return json_reply(a_completion())
        return json_reply({"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, 401)

    return answer


@pytest.mark.usefixtures("here")
async def test_what_is_set_while_the_gateway_runs_is_used_by_the_next_call(make_world: WorldMaker) -> None:
    async with Upstream(answer=_only("sk-good")) as upstream:
        world = await make_world(OPENAI_BASE_URL=upstream.url + "/v1")
        headers = {"x-api-key": await world.key(await world.account())}
        body = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
        statuses = []
        for value in ("sk-bad", "sk-good"):
            await asyncio.to_thread(_run, "set", "OPENAI_API_KEY", "--value", value)
            statuses.append((await world.client.post("/v1/chat/completions", json=body, headers=headers)).status_code)

    assert statuses == [502, 200]
