"""What the environment must hold. Reading it happens in one place, when the first request comes."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct, field
from pydantic_core import from_json


class Settings(Struct, frozen=True):
    """The deployment's settings. Names of tables and secrets come from the template."""

    region: str = "us-east-1"
    accounts_table: str = ""
    ledger_table: str = ""
    keys_table: str = ""
    providers_table: str = ""
    """Where functions tell each other of providers that keep failing; empty where each is on its own."""
    bucket: str = ""
    """Name of the bucket for what is too large for a table or an answer; empty where there is none."""
    idempotency_table: str = ""
    usage_table: str = ""
    stack: str = ""
    """Name of the stack, under which CloudWatch knows its metrics."""
    is_on_lambda: bool = False
    files_table: str = ""
    fine_tunes_table: str = ""
    files_queue: str = ""
    """Address of the queue of files that are to be looked through."""
    events_queue: str = ""
    """Address of the queue of events and their deliveries; empty where nobody is told of any."""
    webhooks_table: str = ""
    deliveries_table: str = ""
    logs_table: str = ""
    log_retention_days: int = 90
    """For how many days at least a conversation is kept after its last message."""
    pepper_secret: str = ""
    """Name of the secret under which keys are hashed."""
    provider_secret: str = ""
    """Name of the secret that holds provider credentials, a JSON object; empty where the environment has them."""
    is_sandbox_on: bool = False
    is_listing_gated: bool = True
    """Whether listing models needs a balance above zero, as calling one does."""
    model_namespace: str = "puqai"
    """A leading segment of model ids that is accepted and taken off."""
    cors_origins: tuple[str, ...] = ("*",)
    chatbots_table: str = ""
    quotas_table: str = ""
    time_zone: str = "UTC"
    """Where days begin for chatbots' dates and limits, by its name in the IANA database."""
    maintenance: str = ""
    """While the gateway is closed, when it is expected back (ISO 8601), or `on`; empty where it is open."""
    is_puffer_on: bool = True
    """Whether the API of AI Puffer takes keys at all."""
    passes_upstream_status: bool = False
    """Whether AI Puffer's clients get a provider's status as it is, as from the plugin."""
    visits_table: str = ""
    """Where visitors of chats in pages are counted."""
    widget_secret: str = ""
    """Name of the secret under which the tokens of chats in pages are signed."""
    catalogue_path: str | None = None
    """A JSON file with models that are added to the catalogue or replace those in it."""
    providers_path: str | None = None
    """A JSON file with providers of the operator's own, which speak OpenAI's language."""
    first_event_wait_s: float = 10.0
    """How long a stream waits for the upstream's first event before it answers 200 all the same."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Where providers find their addresses and, locally, their credentials."""

    def __repr__(self) -> str:
        """Its stack alone: the environment can hold credentials."""
        return f"Settings(stack={self.stack!r}, ...)"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; what is missing keeps its default.

        `PROVIDER_SETTINGS` is a JSON object of further variables: a template has one parameter for all of them.
        """
        if more := environment.get("PROVIDER_SETTINGS"):
            environment = {**from_json(more), **environment}
        get = environment.get
        return cls(
            region=get("AWS_REGION") or get("AWS_DEFAULT_REGION") or "us-east-1",
            accounts_table=get("ACCOUNTS_TABLE", ""),
            ledger_table=get("LEDGER_TABLE", ""),
            keys_table=get("KEYS_TABLE", ""),
            providers_table=get("PROVIDERS_TABLE", ""),
            bucket=get("BUCKET", ""),
            idempotency_table=get("IDEMPOTENCY_TABLE", ""),
            usage_table=get("USAGE_TABLE", ""),
            stack=get("STACK", ""),
            is_on_lambda="AWS_LAMBDA_FUNCTION_NAME" in environment,
            files_table=get("FILES_TABLE", ""),
            fine_tunes_table=get("FINE_TUNES_TABLE", ""),
            files_queue=get("FILES_QUEUE", ""),
            events_queue=get("EVENTS_QUEUE", ""),
            webhooks_table=get("WEBHOOKS_TABLE", ""),
            deliveries_table=get("DELIVERIES_TABLE", ""),
            logs_table=get("LOGS_TABLE", ""),
            log_retention_days=int(get("CONVERSATION_DAYS", "90")),
            pepper_secret=get("PEPPER_SECRET", ""),
            provider_secret=get("PROVIDER_SECRET", ""),
            is_sandbox_on=_is_on(get("SANDBOX", "off")),
            is_listing_gated=_is_on(get("GATE_MODEL_LISTING", "on")),
            model_namespace=get("MODEL_NAMESPACE", "puqai"),
            cors_origins=tuple(origin.strip() for origin in get("CORS_ORIGINS", "*").split(",") if origin.strip()),
            chatbots_table=get("CHATBOTS_TABLE", ""),
            quotas_table=get("QUOTAS_TABLE", ""),
            time_zone=get("TIME_ZONE") or "UTC",
            maintenance=get("MAINTENANCE", "").strip(),
            is_puffer_on=_is_on(get("PUFFER_API", "on")),
            passes_upstream_status=get("PUFFER_UPSTREAM_STATUS", "mapped").strip().lower() == "passed",
            visits_table=get("VISITS_TABLE", ""),
            widget_secret=get("WIDGET_SECRET", ""),
            catalogue_path=get("TOLLGATE_CATALOGUE") or None,
            providers_path=get("TOLLGATE_PROVIDERS") or None,
            environment=environment,
        )

    def endpoint_of(self, service: str) -> str | None:
        """Where an AWS service is instead of at AWS, in the variables that every AWS SDK reads; None for AWS itself."""
        own = self.environment.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        return own or self.environment.get("AWS_ENDPOINT_URL") or None


def _is_on(word: str) -> bool:
    return word.strip().lower() in {"on", "true", "1", "yes"}
