"""OpenAI itself: https://platform.openai.com/docs/api-reference/chat ."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tollgate.contracts.chat import ChatRequest
from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.parameters import Dialect


class OpenAIChat(CompatibleChat):
    """Chat completions of OpenAI itself."""

    dialect: ClassVar[Dialect] = Dialect(flags={"allowed_tools": True, "custom_tools": True, "web_search": True})

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and the organization and project that it shall act for, where the operator names them."""
        environment = self._connection.environment
        headers = {"authorization": f"Bearer {key}"}
        if organization := environment.get("OPENAI_ORG_ID"):
            headers["openai-organization"] = organization
        if project := environment.get("OPENAI_PROJECT_ID"):
            headers["openai-project"] = project
        return headers

    def to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        """Our request, which is theirs already, without the padding that chunks else come with."""
        body = super().to_wire(request, is_stream=is_stream)
        if is_stream:
            body["stream_options"]["include_obfuscation"] = False
        if body.get("response_format", {}).get("type") == "json_object":
            body["messages"] = mention_json(body["messages"])
        return body


def mention_json(messages: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Add a line about JSON where no message has one: without it, OpenAI refuses JSON mode.

    https://platform.openai.com/docs/guides/structured-outputs#json-mode
    """
    if any("json" in str(message.get("content", "")).lower() for message in messages):
        return messages
    return [{"role": "system", "content": "Answer with a JSON object."}, *messages]
