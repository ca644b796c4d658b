"""OpenAI itself: https://platform.openai.com/docs/api-reference/chat ."""

from collections.abc import Mapping
from typing import Any, Final

from tollgate.contracts.chat import ChatRequest
from tollgate.errors import ContentFiltered, ProviderAuthFailed
from tollgate.providers.compatible import CompatibleChat, mention_json
from tollgate.providers.parameters import Dialect
from tollgate.providers.refusals import Rule

RULES: Final = (
    # Newer models want to know who the operator is: https://help.openai.com/en/articles/10910291
    Rule(ProviderAuthFailed, frozenset({400, 403, 404}), texts=("organization must be verified",)),
    Rule(ContentFiltered, frozenset({400}), codes=("invalid_prompt",)),
)


class OpenAIChat(CompatibleChat):
    """Chat completions of OpenAI itself."""

    dialect: Dialect = Dialect(flags={"allowed_tools": True, "custom_tools": True})
    rules: tuple[Rule, ...] = RULES

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and for whom it shall act."""
        return headers_of(key, self._connection.environment)

    def to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        """Our request, which is theirs already, without the padding that chunks else come with."""
        body = super().to_wire(request, is_stream=is_stream)
        if is_stream:
            body["stream_options"]["include_obfuscation"] = False
        if body.get("response_format", {}).get("type") == "json_object":
            body["messages"] = mention_json(body["messages"], self.dialect.flags_of(request.model))
        return body


def headers_of(key: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The key, and the organization and project that it shall act for, where the operator names them."""
    headers = {"authorization": f"Bearer {key}"}
    if organization := environment.get("OPENAI_ORG_ID"):
        headers["openai-organization"] = organization
    if project := environment.get("OPENAI_PROJECT_ID"):
        headers["openai-project"] = project
    return headers
