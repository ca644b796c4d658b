"""What most tests stand on: moto with the template's state, and the gateway over it."""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import boto3
import httpx2
import pytest
from hypothesis import settings
from msgspec.structs import replace

from tests import aws_calls
from tests.builders import NOW, a_call, a_caller
from tests.played import PlayedAws
from tests.running import running
from tollgate.contracts.operate.accounts import CreateAccountRequest, CreateCreditRequest
from tollgate.contracts.router.keys import CreateKeyRequest
from tollgate.resources import Resources
from tollgate.services.operate.accounts import create_account, create_credit
from tollgate.services.router.keys import create_key
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.local.state import REGION, MotoServer, create_state
from tollgate_cli.local.up import local_environment
from tollgate_cli.template import Template, read_template

__all__ = ["running"]

# The machine's own settings must not decide what a test sees.
for _name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL")) or name.startswith("AWS_")]:
    del os.environ[_name]

# The same examples in every run; `--hypothesis-profile=search` looks for more. A slow machine is no failure.
settings.register_profile("suite", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2_000)
settings.load_profile("suite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is asked of all calls to AWS is asked last, and what they leave out only where all were made."""
    aws_calls.put_last(config, items)


@pytest.fixture(scope="session")
def template() -> Template:
    """template.yaml."""
    return read_template()


@pytest.fixture(scope="session")
def moto() -> Iterator[PlayedAws]:
    """AWS, played."""
    server = PlayedAws()
    yield server
    server.stop()


@pytest.fixture
def environment(template: Template, moto: PlayedAws) -> dict[str, str]:
    """What functions see, over empty tables that are those of the template."""
    moto.begin(lambda: create_state(template, lambda _service: moto.url))
    return local_environment(template, {}, lambda: moto.url, print)


@pytest.fixture
async def resources(environment: dict[str, str], moto: PlayedAws) -> AsyncIterator[Resources]:
    """Resources over those tables."""
    made = aws_calls.watched(Resources.from_environment(environment, ways=moto.ways))
    yield made
    await made.close()


@dataclass(frozen=True)
class World:
    """A gateway with accounts, as its clients see it."""

    resources: Resources
    client: httpx2.AsyncClient

    async def account(self, balance_usd: float | None = 10, **fields: Any) -> str:
        """A new account with that balance."""
        answer = await create_account(CreateAccountRequest(name="test", **fields), self.resources)
        account_id: str = answer.content.id
        if balance_usd:
            await self.credit(account_id, balance_usd, "first")
        return account_id

    async def credit(self, account_id: str, amount_usd: float, credit_id: str, kind: str = "topup") -> None:
        """Add to a balance, or take from it."""
        request = CreateCreditRequest.model_validate({"amount": amount_usd, "id": credit_id, "type": kind})
        await create_credit(account_id, request, self.resources)

    async def key(self, account_id: str, *scopes: str, **fields: Any) -> str:
        """A new key of an account; without scopes, one that may do everything but operate."""
        operator = a_call(caller=a_caller(capabilities=frozenset({"operate"})))
        body = {"name": "test", "scopes": list(scopes) or ["full"], "account_id": account_id, **fields}
        answer = await create_key(CreateKeyRequest.model_validate(body), operator, self.resources)
        text: str = answer.content.key
        return text

    async def funds(self, account_id: str) -> tuple[str, str, str]:
        """Balance, available and reserved, exact."""
        account = await self.resources.accounts.get(account_id)
        assert account is not None
        found = account.funds
        return f"{found.balance:f}", f"{found.available:f}", f"{found.reserved:f}"

    async def events(self) -> list[Any]:
        """The events that wait for delivery, in their order; each is seen once."""
        queue = self.resources.settings.events_queue
        wanted = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 600}
        answer = await self.resources.events._client.call("ReceiveMessage", wanted)
        return [json.loads(json.loads(message["Body"])["event"]["body"]) for message in answer.get("Messages", ())]


@dataclass(frozen=True)
class ProviderSecret:
    """The secret with the providers' credentials, as its operator finds it."""

    name: str
    client: Any

    def write(self, values: Mapping[str, str]) -> None:
        """Put these credentials in place of all that are there."""
        self.client.put_secret_value(SecretId=self.name, SecretString=json.dumps(values))

    def read(self) -> Any:
        """The credentials that are there."""
        return json.loads(self.client.get_secret_value(SecretId=self.name)["SecretString"])


@pytest.fixture
def provider_secret(environment: dict[str, str], moto: MotoServer) -> ProviderSecret:
    """That secret, empty."""
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("secretsmanager", endpoint_url=moto.url, region_name=REGION, **credentials)
    return ProviderSecret(environment["PROVIDER_SECRET"], client)


WorldMaker = Callable[..., Any]


@pytest.fixture
async def make_world(template: Template, environment: dict[str, str], moto: PlayedAws) -> AsyncIterator[WorldMaker]:
    """Make a gateway in which some variables of the environment are others."""
    async with AsyncExitStack() as stack:

        async def make(*, allows_loopback: bool = False, **variables: str) -> World:
            made = Resources.from_environment({**environment, **variables}, ways=moto.ways)
            made = aws_calls.watched(replace(made, allows_loopback=allows_loopback))
            stack.push_async_callback(made.close)
            gateway = aws_calls.watched_app(LocalGateway(template, made))
            transport = httpx2.ASGITransport(app=gateway, raise_app_exceptions=False)
            client = await stack.enter_async_context(
                httpx2.AsyncClient(transport=transport, base_url="http://gateway", verify=False)
            )
            return World(made, client)

        yield make


@pytest.fixture
async def world(make_world: WorldMaker) -> World:
    """A gateway as the template has it, with the sandbox on."""
    made: World = await make_world()
    return made


@pytest.fixture
def frozen(resources: Resources) -> Resources:
    """The same resources at a fixed time, with counted ids."""
    counts: dict[str, int] = {}

    def counted(prefix: str) -> str:
        counts[prefix] = counts.get(prefix, 0) + 1
        return f"{prefix}_{counts[prefix]:026d}"

    return replace(resources, now=lambda: NOW, new_id=counted)
