"""Providers that speak OpenAI's chat language, and what one of them needs beyond being a row."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar, Final

from pydantic_core import from_json, to_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.contracts.usage import Usage
from tollgate.errors import ProviderOverloaded
from tollgate.providers.connection import Connection
from tollgate.providers.events import EventReader
from tollgate.providers.parameters import Dialect, plan
from tollgate.providers.refusals import Rule
from tollgate.providers.tool_ids import with_safe_ids

FINISH_REASONS: Final = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
_OVERLOADED: Final = "insufficient_system_resource"

# Fields of a message that only the provider that made them understands.
_FOREIGN: Final = frozenset({"extra_content", "reasoning_content", "reasoning_details", "thinking_blocks", "reasoning"})
# What a chunk or an answer carries beside its choices and is passed on.
_EXTRAS: Final = ("service_tier", "system_fingerprint")


class CompatibleChat:
    """Chat in OpenAI's language. A vendor overrides what it does differently, and nothing else."""

    dialect: ClassVar[Dialect] = Dialect()
    rules: ClassVar[tuple[Rule, ...]] = ()
    own_message_fields: ClassVar[frozenset[str]] = frozenset()
    """Provider extras on messages that this provider wants back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`."""
        return plan(body, model, self.dialect, is_strict=is_strict)

    async def complete(self, request: ChatRequest) -> Completion:
        """See `tollgate.providers.protocols.Chat`."""
        answer, _ = await self._connection.post(
            self.path(request), self.to_wire(request, is_stream=False), headers=self.headers, rules=self.rules
        )
        if answer.get("error"):
            raise self._connection.error_in(answer, 502, self.rules)
        if not answer.get("choices"):
            raise self._connection.invalid("The provider's answer holds no choice.")
        return self.from_wire(answer)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        body = self.to_wire(request, is_stream=True)
        finished = False
        events = self._connection.events(
            self.path(request), body, EventReader(), headers=self.headers, rules=self.rules
        )
        try:
            async for event in events:
                if event.data == b"[DONE]":
                    break
                try:
                    chunk = from_json(event.data)
                except ValueError as exc:
                    raise self._connection.invalid("The provider's stream cannot be read.") from exc
                if not isinstance(chunk, dict):
                    raise self._connection.invalid("The provider's stream cannot be read.")
                if chunk.get("error"):
                    raise self._connection.error_in(chunk, 502, self.rules)
                delta = self.delta_from_wire(chunk)
                finished = finished or any(choice.get("finish_reason") for choice in delta.choices)
                yield delta
        finally:
            await events.aclose()
        if not finished:
            raise self._connection.invalid("The provider closed the stream before finishing.")

    def path(self, request: ChatRequest) -> str:  # noqa: ARG002 - some vendors have the model in it
        """Where the request goes, below the base URL."""
        return "/chat/completions"

    def headers(self, key: str) -> Mapping[str, str]:
        """The provider's own headers."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        """Our request as their body: everything that the plan kept, under the provider's names."""
        flags = self.dialect.flags_of(request.model)
        body = dict(request.body)
        body["model"] = request.model.upstream_model
        body["messages"] = self.messages_to_wire(request.body["messages"], flags)
        body[flags["cap_field"]] = request.max_output_tokens
        if is_stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return body

    def messages_to_wire(self, messages: Any, flags: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The conversation, with the roles that the model knows and without what only another provider understands."""
        system = "developer" if flags["roles"] == "developer" else "system"
        foreign = _FOREIGN - self.own_message_fields
        wire: list[Mapping[str, Any]] = []
        for message in with_safe_ids(messages):
            changed = {name: value for name, value in message.items() if name not in foreign}
            if changed["role"] in {"system", "developer"}:
                changed["role"] = system
            if changed.get("tool_calls"):
                changed["tool_calls"] = [
                    {name: value for name, value in call.items() if name not in foreign}
                    for call in changed["tool_calls"]
                ]
            wire.append(changed)
        return wire

    def from_wire(self, body: Mapping[str, Any]) -> Completion:
        """Their body as our answer."""
        return Completion(
            choices=[self.choice_from_wire(choice) for choice in body["choices"]],
            usage=self.usage_from_wire(body.get("usage")),
            extras={name: body[name] for name in _EXTRAS if body.get(name) is not None},
            upstream_id=body.get("id"),
            upstream_model=body.get("model"),
        )

    def delta_from_wire(self, chunk: Mapping[str, Any]) -> Delta:
        """One of their chunks as one of ours."""
        choices = chunk.get("choices")
        usage = chunk.get("usage")
        return Delta(
            [self.choice_from_wire(choice) for choice in choices] if choices else [],
            self.usage_from_wire(usage) if usage else None,
            {name: chunk[name] for name in _EXTRAS if name in chunk and chunk[name] is not None},
            chunk.get("id"),
            chunk.get("model"),
        )

    def choice_from_wire(self, choice: dict[str, Any]) -> dict[str, Any]:
        """One choice of an answer or of a chunk. Arguments of a tool call are text from here on."""
        for call in (choice.get("message") or choice.get("delta") or {}).get("tool_calls") or ():
            function = call.get("function") or {}
            if isinstance(function.get("arguments"), dict):
                function["arguments"] = to_json(function["arguments"]).decode()
        reason = choice.get("finish_reason")
        if reason and reason not in FINISH_REASONS:
            if reason == _OVERLOADED:
                raise ProviderOverloaded(
                    "The provider is overloaded. Try again.", provider=self._connection.provider.id
                )
            if reason == "error":
                raise self._connection.error_in(choice, 502, self.rules)
            choice["finish_reason"] = "stop"
        return choice

    def usage_from_wire(self, usage: Any) -> Usage | None:
        """Their counts as ours; None where they cannot be used, and the router counts for itself."""
        return read_usage(usage)


def read_usage(usage: Any) -> Usage | None:
    """OpenAI's usage object. A missing counter is zero and makes the usage an estimate; a nonsensical one spoils it."""
    if not isinstance(usage, Mapping):
        return None
    prompt_details = usage.get("prompt_tokens_details") or {}
    completion_details = usage.get("completion_tokens_details") or {}
    counts: dict[str, Any] = {
        "prompt_tokens": usage.get("prompt_tokens"),
        "completion_tokens": usage.get("completion_tokens"),
        "cached_tokens": prompt_details.get("cached_tokens"),
        "cache_write_tokens": prompt_details.get("cache_write_tokens"),
        "prompt_audio_tokens": prompt_details.get("audio_tokens"),
        "reasoning_tokens": completion_details.get("reasoning_tokens"),
        "completion_audio_tokens": completion_details.get("audio_tokens"),
        "accepted_prediction_tokens": completion_details.get("accepted_prediction_tokens"),
        "rejected_prediction_tokens": completion_details.get("rejected_prediction_tokens"),
    }
    if any(count is not None and not is_count(count) for count in counts.values()):
        return None
    is_estimated = counts["prompt_tokens"] is None or counts["completion_tokens"] is None
    known: dict[str, Any] = {name: count or 0 for name, count in counts.items()}
    return Usage(**known, is_estimated=is_estimated)


def is_count(value: Any) -> bool:
    """Whether a value can be a number of tokens."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
