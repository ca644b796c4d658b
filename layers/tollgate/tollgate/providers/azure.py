"""Azure OpenAI: https://learn.microsoft.com/azure/ai-foundry/openai/reference .

It has two forms. The newer one takes the deployment as the model; the classic one has it in the path, and a version of
the API in the query. Flags of models come from the catalogue, since any model can be deployed under any name.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest
from tollgate.errors import ProviderBilling
from tollgate.providers.compatible import CompatibleChat, mention_json
from tollgate.providers.connection import Connection
from tollgate.providers.parameters import TUNING, Dialect
from tollgate.providers.refusals import Rule

# What its filters found, on choices and chunks; the finish reason says what of it matters.
_FILTER_FIELDS: Final = ("content_filter_results", "content_filter_result", "content_filter_offsets")

RULES: Final = (Rule(ProviderBilling, frozenset({403, 429}), texts=("billing details", "out of call volume quota")),)


class AzureResource:
    """What all adapters of Azure have in common; it stands before the adapter of OpenAI's language that it changes."""

    rules: tuple[Rule, ...] = RULES

    def __init__(self, connection: Connection) -> None:
        # That of the adapter which comes after this class.
        super().__init__(connection)  # type: ignore[call-arg]
        connection.base_url = resource_address(connection.base_url)

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, under Azure's own name."""
        return {"api-key": key}


class AzureChat(AzureResource, CompatibleChat):
    """Chat completions of deployments in the operator's own resource."""

    # The price of priority processing is not known.
    dialect: Dialect = Dialect(takes=TUNING - {"service_tier"}, flags={"allowed_tools": True, "custom_tools": True})

    def path(self, request: ChatRequest) -> str:
        """Where the request goes."""
        return path_of("chat/completions", request.model, self._connection.environment)

    def to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        """Our request, to a deployment."""
        body = super().to_wire(request, is_stream=is_stream)
        body["model"] = deployment_of(request.model)
        if body.get("response_format", {}).get("type") == "json_object":
            body["messages"] = mention_json(body["messages"], self.dialect.flags_of(request.model))
        return body

    def choice_from_wire(self, choice: dict[str, Any], part: str) -> dict[str, Any]:  # noqa: ARG002 - for vendors
        """The choice without what the filters noted on it."""
        for name in _FILTER_FIELDS:
            choice.pop(name, None)
        return choice


def path_of(operation: str, model: Model, environment: Mapping[str, str]) -> str:
    """Where an operation is: at the deployment where there is a version of the API, else in the newer form."""
    version = model.flags.get("api_version") or environment.get("AZURE_OPENAI_API_VERSION")
    if not version:
        return f"/openai/v1/{operation}"
    deployment = quote(deployment_of(model), safe="")
    return f"/openai/deployments/{deployment}/{operation}?api-version={quote(str(version), safe='')}"


def deployment_of(model: Model) -> str:
    """The name under which the operator has deployed a model."""
    return str(model.flags.get("deployment") or model.upstream_model)


def resource_address(endpoint: str) -> str:
    """The address of a resource, from any of those that Azure's pages show for it: bare, or with a path to copy."""
    scheme, mark, rest = endpoint.partition("?")[0].partition("://")
    host, _, path = rest.partition("/")
    return scheme + mark + host + f"/{path}/".partition("/openai/")[0].rstrip("/")
