"""Settings, clients, stores and adapters, built once for each container."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx2
from msgspec import Struct

from tollgate.catalogue.catalogue import Catalogue, built_entries
from tollgate.catalogue.ids import ALIASES
from tollgate.contracts.catalogue import Model
from tollgate.errors import NoProviderAvailable
from tollgate.ids import NewId, new_id
from tollgate.payments import KEY_SETTING
from tollgate.providers.connection import Connection
from tollgate.providers.protocols import Chat, Embeddings, FineTuning, Images, Moderation, Speech, Transcription
from tollgate.providers.registry import PROVIDERS, Provider
from tollgate.settings import Settings
from tollgate.signature import credentials_from
from tollgate.stores.accounts import Accounts
from tollgate.stores.aws import AwsClient
from tollgate.stores.cooldowns import Cooldowns
from tollgate.stores.keys import Keys
from tollgate.stores.pace import Pace
from tollgate.stores.pulse import Pulse
from tollgate.stores.secrets import LIFETIME_S, Secrets
from tollgate.stores.subscriptions import Subscriptions
from tollgate.stores.table import Table
from tollgate.stores.usage import UsageLines

if TYPE_CHECKING:
    from tollgate.contracts.payments import Payments
    from tollgate.stores.bucket import Bucket
    from tollgate.stores.chatbots import Chatbots
    from tollgate.stores.conversations import Conversations
    from tollgate.stores.deliveries import Deliveries
    from tollgate.stores.figures import Counted
    from tollgate.stores.files import Files
    from tollgate.stores.fine_tunes import FineTunes
    from tollgate.stores.idempotency import IdempotencyKeys
    from tollgate.stores.queue import Queue
    from tollgate.stores.quotas import Quotas
    from tollgate.stores.vectors import VectorStore
    from tollgate.stores.visits import Visits
    from tollgate.stores.web import Web
    from tollgate.stores.webhooks import Webhooks


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class Resources(Struct, frozen=True, dict=True):
    """Everything a service may touch. Each part is made when it is first asked for."""

    settings: Settings
    http: httpx2.AsyncClient
    now: Callable[[], datetime] = utc_now
    new_id: NewId = new_id
    allows_loopback: bool = False
    """Whether webhooks may be on this machine. Only `tollgate up` says so: nothing in an environment can."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], *, ways: Mapping[str, httpx2.AsyncBaseTransport] | None = None
    ) -> Self:
        """The resources of a deployment. `ways` are those to addresses that are not reached by the network."""
        settings = Settings.from_environment(environment)
        # A proxy or a .netrc of the machine is none of our business, and a redirect would take a credential along.
        http = httpx2.AsyncClient(verify=_tls(), trust_env=False, follow_redirects=False, limits=_LIMITS, mounts=ways)
        return cls(settings=settings, http=http)

    async def prepare(self) -> None:
        """Load what the calls of models need, and open the way to the tables."""
        _ = self.catalogue
        await self._dynamodb.connect()

    async def close(self) -> None:
        """Close the connections."""
        for store in self._vector_stores.values():
            await store.close()
        await self.http.aclose()

    @cached_property
    def accounts(self) -> Accounts:
        """Accounts and their ledger."""
        return Accounts(self._table(self.settings.accounts_table), self._table(self.settings.ledger_table))

    @cached_property
    def usage(self) -> UsageLines:
        """What accounts used, by day, model, key and operation."""
        return UsageLines(self._table(self.settings.accounts_table), self._table(self.settings.usage_table))

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Plans of accounts, their periods, and what their owners were told."""
        return Subscriptions(self._table(self.settings.accounts_table))

    @cached_property
    def keys(self) -> Keys:
        """API keys."""
        return Keys(self._table(self.settings.keys_table))

    @cached_property
    def idempotency(self) -> "IdempotencyKeys":
        """Requests that may be repeated, and their answers."""
        from tollgate.stores.idempotency import IdempotencyKeys  # noqa: PLC0415 - few requests may be repeated

        return IdempotencyKeys(self._table(self.settings.idempotency_table), lambda: self.bucket)

    @cached_property
    def chatbots(self) -> "Chatbots":
        """Chatbots and their settings."""
        from tollgate.stores.chatbots import Chatbots  # noqa: PLC0415 - only one family has any

        return Chatbots(self._table(self.settings.chatbots_table))

    @cached_property
    def quotas(self) -> "Quotas":
        """What visitors of chatbots have used."""
        from tollgate.stores.quotas import Quotas  # noqa: PLC0415 - as above

        return Quotas(self._table(self.settings.quotas_table))

    @cached_property
    def conversations(self) -> "Conversations":
        """What was said with chatbots."""
        from tollgate.stores.conversations import Conversations  # noqa: PLC0415 - for the family of chatbots alone

        return Conversations(self._table(self.settings.logs_table))

    @cached_property
    def cooldowns(self) -> Cooldowns:
        """Providers that keep failing."""
        name = self.settings.providers_table
        return Cooldowns(self._table(name) if name else None)

    @cached_property
    def pulse(self) -> Pulse:
        """The requests of this process."""
        return Pulse(self.now)

    @cached_property
    def figures(self) -> "Counted":
        """The requests of the gateway: on Lambda those of all its functions, else those of this process."""
        if not self.settings.is_on_lambda:
            return self.pulse
        from tollgate.stores.figures import CloudWatch, Remembered  # noqa: PLC0415 - one function asks for them

        return Remembered(CloudWatch(self._aws("monitoring", "GraniteServiceVersion20100801"), self.settings.stack))

    @cached_property
    def pace(self) -> Pace:
        """How fast models answer."""
        return Pace()

    @cached_property
    def secrets(self) -> Secrets:
        """The deployment's secrets."""
        return Secrets(self._aws("secretsmanager", "secretsmanager", json_version="1.1"))

    @cached_property
    def bucket(self) -> "Bucket":
        """What is too large for a table or an answer."""
        from tollgate.stores.bucket import Bucket  # noqa: PLC0415 - few calls keep anything of that size

        return Bucket(
            self.http,
            self.settings.bucket,
            region=self.settings.region,
            endpoint=self.settings.endpoint_of("s3"),
            credentials=self._aws_credentials,
            now=self.now,
        )

    @cached_property
    def files(self) -> "Files":
        """Files that models are trained with."""
        from tollgate.stores.files import Files  # noqa: PLC0415 - few calls are about files

        return Files(self._table(self.settings.files_table))

    @cached_property
    def fine_tunes(self) -> "FineTunes":
        """Trainings, and the models that came of them."""
        from tollgate.stores.fine_tunes import FineTunes  # noqa: PLC0415 - few calls are about them

        return FineTunes(self._table(self.settings.fine_tunes_table))

    @cached_property
    def files_queue(self) -> "Queue":
        """Files that are to be looked through."""
        from tollgate.stores.queue import Queue  # noqa: PLC0415 - asked for when the answer has been sent

        return Queue(self.sqs, self.settings.files_queue)

    @cached_property
    def events(self) -> "Queue":
        """Events on their way to webhooks, and deliveries that are due."""
        from tollgate.stores.queue import Queue  # noqa: PLC0415 - asked for when the answer has been sent

        return Queue(self.sqs, self.settings.events_queue)

    @cached_property
    def sqs(self) -> AwsClient:
        """The service of queues."""
        return self._aws("sqs", "AmazonSQS")

    @cached_property
    def webhooks(self) -> "Webhooks":
        """Where accounts want their events to be sent."""
        from tollgate.stores.webhooks import Webhooks  # noqa: PLC0415 - no call of a model asks for them

        return Webhooks(self._table(self.settings.webhooks_table))

    @cached_property
    def deliveries(self) -> "Deliveries":
        """Events on their way to webhooks."""
        from tollgate.stores.deliveries import Deliveries  # noqa: PLC0415 - as above

        return Deliveries(self._table(self.settings.deliveries_table))

    @cached_property
    def receivers(self) -> "Web":
        """The public internet, as webhooks may name it."""
        from tollgate.stores.addresses import is_public  # noqa: PLC0415 - as above
        from tollgate.stores.web import ReceiverPorts, Web  # noqa: PLC0415 - as above

        if not self.allows_loopback:
            return Web(tls=_tls(), ports=ReceiverPorts())
        return Web(tls=_tls(), ports=range(1, 65_536), may_reach=lambda one: one.is_loopback or is_public(one))

    @cached_property
    def visits(self) -> "Visits":
        """How often visitors write to chatbots."""
        from tollgate.stores.visits import Visits  # noqa: PLC0415 - only the chat in a page has any

        return Visits(self._table(self.settings.visits_table))

    @cached_property
    def web(self) -> "Web":
        """The public internet, for what a caller names by its address."""
        from tollgate.stores.web import Web  # noqa: PLC0415 - few calls name anything by its address

        return Web(tls=_tls())

    @cached_property
    def providers(self) -> Mapping[str, Provider]:
        """The vendors that can be asked, by id: those of this release and the operator's own.

        Raises tollgate.operator_files.BadFile.
        """
        if not self.settings.providers_path:
            return PROVIDERS
        from tollgate.providers.custom import read_providers  # noqa: PLC0415 - few deployments have such a file

        taken = {*PROVIDERS, *ALIASES, self.settings.model_namespace}
        return {**PROVIDERS, **read_providers(Path(self.settings.providers_path), taken=taken)}

    @cached_property
    def catalogue(self) -> Catalogue:
        """The models on offer.

        Raises tollgate.operator_files.BadFile.
        """
        entries = {str(entry["id"]): entry for entry in built_entries()}
        if self.settings.catalogue_path:
            from tollgate.catalogue.custom import read_entries  # noqa: PLC0415 - few deployments have such a file

            for entry in read_entries(Path(self.settings.catalogue_path), providers=frozenset(self.providers)):
                entries[entry["id"]] = entry
        return Catalogue(
            entries.values(),
            namespace=self.settings.model_namespace,
            without=frozenset() if self.settings.is_sandbox_on else frozenset({"sandbox"}),
        )

    async def pepper(self) -> bytes:
        """The secret under which keys are hashed."""
        return (await self.secrets.text(self.settings.pepper_secret)).encode()

    async def payments(self) -> "Payments | None":
        """Who takes the money for plans; None where plans are free of charge, because nobody is configured.

        Raises AwsError, AwsUnavailable.
        """
        if not await self._read_credential(KEY_SETTING):
            return None
        from tollgate.payments.stripe import BASE_URL, Stripe  # noqa: PLC0415 - few calls pay for anything

        address = self.settings.environment.get("STRIPE_BASE_URL") or BASE_URL
        return Stripe(self.http, base_url=address, key=partial(self._read_credential, KEY_SETTING))

    def chat(self, model: Model) -> Chat:
        """The adapter that answers conversations for a model.

        Raises NoProviderAvailable.
        """
        adapter: Chat = self._adapter(model.provider, "chat")
        return adapter

    def embeddings(self, model: Model) -> Embeddings:
        """The adapter that makes vectors for a model.

        Raises NoProviderAvailable.
        """
        adapter: Embeddings = self._adapter(model.provider, "embed")
        return adapter

    def images(self, model: Model) -> Images:
        """The adapter that draws for a model.

        Raises NoProviderAvailable.
        """
        adapter: Images = self._adapter(model.provider, "draw")
        return adapter

    def speech(self, model: Model) -> Speech:
        """The adapter that speaks for a model.

        Raises NoProviderAvailable.
        """
        adapter: Speech = self._adapter(model.provider, "speech")
        return adapter

    def transcription(self, model: Model) -> Transcription:
        """The adapter that listens for a model.

        Raises NoProviderAvailable.
        """
        adapter: Transcription = self._adapter(model.provider, "transcription")
        return adapter

    def fine_tuning(self, model: Model) -> FineTuning:
        """The adapter that has a model trained.

        Raises NoProviderAvailable.
        """
        adapter: FineTuning = self._adapter(model.provider, "fine_tune")
        return adapter

    def moderation(self, provider_id: str) -> Moderation | None:
        """The adapter that says of a text whether it is harmful; None for a provider that says nothing of the kind."""
        provider = self.providers.get(provider_id)
        if provider is None or "moderate" not in provider.can:
            return None
        adapter: Moderation = self._adapter(provider_id, "moderate")
        return adapter

    def vector_store(self, name: str) -> "VectorStore":
        """A vector store by its name, one of `tollgate.stores.vectors.STORES`."""
        from tollgate.stores.vectors import STORES  # noqa: PLC0415 - few functions have to do with texts

        if name not in self._vector_stores:
            module, _, kind = STORES[name].partition(":")
            made = getattr(import_module(f"tollgate.stores.{module}"), kind)
            environment = self.settings.environment
            self._vector_stores[name] = made(self._read_setting, http=self.http, environment=environment)
        return self._vector_stores[name]

    async def configured_providers(self) -> frozenset[str]:
        """Ids of the providers that can be asked: those with an address and, where they need one, a credential.

        Raises AwsError, AwsUnavailable.
        """
        return frozenset({row.id for row in self.providers.values() if await self._is_configured(row)})

    async def _is_configured(self, provider: Provider) -> bool:
        if provider.is_elsewhere and not provider.address(self.settings.environment):
            return False
        return not provider.needs_key(self.settings.environment) or bool(
            await self._read_credential(provider.key_setting)
        )

    def _adapter(self, provider_id: str, capability: str) -> Any:
        key = (provider_id, capability)
        if key not in self._adapters:
            provider = self.providers.get(provider_id)
            path = provider.can.get(capability) if provider else None
            if provider is None or path is None:
                raise NoProviderAvailable(
                    f"No provider '{provider_id}' for this kind of request.", provider=provider_id
                )
            module, _, name = path.partition(":")
            connection = Connection(
                provider,
                http=self.http,
                environment=self.settings.environment,
                credential=self._credential(provider.key_setting),
            )
            self._adapters[key] = getattr(import_module(f"tollgate.providers.{module}"), name)(connection)
        return self._adapters[key]

    @cached_property
    def _adapters(self) -> dict[tuple[str, str], Any]:
        return {}

    @cached_property
    def _vector_stores(self) -> "dict[str, VectorStore]":
        return {}

    async def _read_setting(self, setting: str, fresh: bool) -> str | None:  # noqa: FBT001 - the kind of a callable
        return await self._read_credential(setting, fresh=fresh)

    def _credential(self, setting: str) -> Callable[[bool], Awaitable[str | None]]:
        return lambda fresh: self._read_credential(setting, fresh=fresh)

    async def _read_credential(self, setting: str, *, fresh: bool = False) -> str | None:
        if value := self.settings.environment.get(setting):
            return value
        if not setting or not self.settings.provider_secret:
            return None
        for max_age_s in (0.0,) if fresh else (LIFETIME_S, _MISSING_LIFETIME_S):
            values = await self.secrets.values(self.settings.provider_secret, max_age_s=max_age_s)
            if value := values.get(setting):
                return value
        return None

    def _table(self, name: str) -> Table:
        return Table(self._dynamodb, name)

    @cached_property
    def _dynamodb(self) -> AwsClient:
        return self._aws("dynamodb", "DynamoDB_20120810")

    def _aws(self, service: str, target: str, *, json_version: str = "1.0") -> AwsClient:
        return AwsClient(
            self.http,
            service=service,
            target=target,
            region=self.settings.region,
            endpoint=self.settings.endpoint_of(_VARIABLES.get(service, service)),
            credentials=self._aws_credentials,
            json_version=json_version,
        )

    @cached_property
    def _aws_credentials(self) -> Any:
        return credentials_from(self.settings.environment)


@cache
def _tls() -> ssl.SSLContext:
    """The machine's certificate authorities: reading them is most of what making a client takes."""
    return httpx2.create_ssl_context(trust_env=False)


# Services that go by another name in the variables of AWS's SDKs.
_VARIABLES = {"secretsmanager": "secrets_manager", "monitoring": "cloudwatch"}

# A credential that is set for the first time shall be found at once, and one that stays away not be asked for by every
# call.
_MISSING_LIFETIME_S = 2.0

# A function handles one call at a time; a local gateway or a container many.
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=200)
