"""Vendors that speak OpenAI's language with an accent: what each does differently is data, and none has a module.

A provider's row names its dialect. `open` is that of servers which nobody has looked at, the operator's own among them.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Delta, JsonObject, Plan
from tollgate.errors import (
    NoProviderAvailable,
    ProviderBilling,
    ProviderOverloaded,
    UnsupportedParameter,
    UpstreamInvalid,
)
from tollgate.providers.compatible import CompatibleChat, Progress, mention_json
from tollgate.providers.connection import Connection
from tollgate.providers.parameters import Dialect
from tollgate.providers.reasoning import name_reasoning
from tollgate.providers.refusals import Rule
from tollgate.providers.registry import Provider

_TAKES: Final = frozenset(
    {
        "frequency_penalty",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning_effort",
        "seed",
        "temperature",
        "top_p",
    }
)
_FLAGS: Final[Mapping[str, Any]] = {"cap_field": "max_tokens"}
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Accent(NamedTuple):
    """What a vendor does differently."""

    dialect: Dialect
    rules: tuple[Rule, ...] = ()
    finish_words: Mapping[str, str] = _NOTHING
    """Its words for how an answer ends, where they are not OpenAI's."""
    names: Mapping[str, str] = _NOTHING
    """Its names for fields of a request."""
    message_fields: frozenset[str] | None = None
    """The fields of a message that it takes, where it refuses any other; None where it ignores them."""
    id_length: int | None = None
    """How long the ids of its tool calls are, where no others are taken: so many letters and digits."""
    takes_stream_options: bool = True
    """Whether it has to be asked for the usage of a stream, and can be."""
    marks_prefill: bool = False
    """Whether the beginning of the answer, given as the last message, has to be marked as such."""
    embeds_tokens: bool = False
    """Whether it takes tokens in place of texts that are to be embedded."""


ACCENTS: Final[Mapping[str, Accent]] = {
    "open": Accent(Dialect(takes=_TAKES | {"logit_bias", "user"}, flags=_FLAGS), embeds_tokens=True),
    # https://console.groq.com/docs/openai
    "groq": Accent(
        Dialect(
            takes=_TAKES | {"user"}, flags={**_FLAGS, "n_max": 1, "logprobs": False, "bills_after_disconnect": True}
        ),
        rules=(
            # The model called a tool that there is not, or wrote what is no JSON.
            Rule(UpstreamInvalid, frozenset({400}), codes=("tool_use_failed", "json_validate_failed")),
            Rule(ProviderOverloaded, frozenset({498}), codes=("capacity_exceeded",), texts=("capacity",)),
        ),
    ),
    # https://docs.mistral.ai/api/#tag/chat
    "mistral": Accent(
        Dialect(
            takes=_TAKES | {"prediction"},
            flags={**_FLAGS, "temperature_max": 1.5, "logprobs": False, "bills_after_disconnect": True},
        ),
        finish_words={"model_length": "length"},
        names={"seed": "random_seed", "dimensions": "output_dimension"},
        message_fields=frozenset({"content", "role", "tool_call_id", "tool_calls"}),
        id_length=9,
        # It refuses what it does not know, and reports the usage of a stream unasked.
        takes_stream_options=False,
        marks_prefill=True,
    ),
    # https://docs.together.ai/reference/chat-completions-1
    "together": Accent(
        Dialect(takes=_TAKES | {"logit_bias"}, flags={**_FLAGS, "logprobs": False}),
        rules=(Rule(NoProviderAvailable, frozenset({400, 404}), codes=("model_not_available",)),),
        finish_words={"eos": "stop"},
    ),
    # https://docs.fireworks.ai/api-reference/post-chatcompletions
    "fireworks": Accent(
        Dialect(takes=_TAKES | {"logit_bias", "user"}, flags=_FLAGS),
        # An account that is suspended fails a precondition.
        rules=(Rule(ProviderBilling, frozenset({412}), texts=("suspended", "billing", "spending limit")),),
    ),
}
_ALPHANUMERIC: Final = re.compile(r"[A-Za-z0-9]+")


class RowChat(CompatibleChat):
    """Chat with a vendor that is a row."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._accent = ACCENTS[connection.provider.dialect or "open"]
        self.dialect = self.dialect_of(connection.provider)
        self.rules = self._accent.rules

    @classmethod
    def dialect_of(cls, provider: Provider) -> Dialect:
        """What the vendor of a row takes."""
        dialect = ACCENTS[provider.dialect or "open"].dialect
        if not provider.flags:
            return dialect
        return replace(dialect, flags={**dialect.flags, **provider.flags})

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`. Names of speakers that the vendor does not take are told too."""
        plan = super().plan(body, model, is_strict=is_strict)
        fields = self._accent.message_fields
        if fields is None or "name" in fields or not any(message.get("name") for message in body["messages"]):
            return plan
        if is_strict:
            raise UnsupportedParameter(f"'{model.id}' takes no names of speakers.", param="messages.name")
        return replace(plan, dropped=(*plan.dropped, "messages.name"))

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and what the operator wants sent along."""
        return {**self._connection.provider.headers, **super().headers(key)}

    def to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        """Our request with the vendor's names, with what a model has to be sent besides, without what is refused."""
        flags = self.dialect.flags_of(request.model)
        body = {**flags.get("sends", {}), **super().to_wire(request, is_stream=is_stream)}
        if body.get("response_format", {}).get("type") == "json_object":
            body["messages"] = mention_json(body["messages"], flags)
        if not self._accent.takes_stream_options:
            body.pop("stream_options", None)
        return {self._accent.names.get(name, name): value for name, value in body.items()}

    def messages_to_wire(self, messages: Any, flags: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The conversation, as far as the vendor takes it."""
        return list(_accented(super().messages_to_wire(messages, flags), self._accent))

    def delta_from_wire(self, chunk: Mapping[str, Any], progress: dict[int, Progress]) -> Delta:
        """See `CompatibleChat`. Groq reports an error in a field of its own."""
        own = chunk.get("x_groq")
        if isinstance(own, dict) and own.get("error"):
            raise self._connection.error_in({"error": own["error"]}, self.rules)
        return super().delta_from_wire(chunk, progress)

    def choice_from_wire(self, choice: dict[str, Any], part: str) -> dict[str, Any]:
        """The choice with OpenAI's words for its end and the router's for its reasoning."""
        if reason := choice.get("finish_reason"):
            choice["finish_reason"] = self._accent.finish_words.get(reason, reason)
        if said := choice.get(part):
            name_reasoning(said)
        return choice


def short_id(call_id: str, length: int) -> str:
    """An id of so many letters and digits: the id itself where it is one, else always the same one for it."""
    if len(call_id) == length and _ALPHANUMERIC.fullmatch(call_id):
        return call_id
    return hashlib.sha256(call_id.encode()).hexdigest()[:length]


def _accented(messages: list[Mapping[str, Any]], accent: Accent) -> Iterator[Mapping[str, Any]]:
    for number, message in enumerate(messages, 1):
        wire = dict(message)
        if accent.message_fields is not None:
            wire = {name: value for name, value in wire.items() if name in accent.message_fields}
        if accent.id_length is not None:
            if "tool_call_id" in wire:
                wire["tool_call_id"] = short_id(wire["tool_call_id"], accent.id_length)
            if wire.get("tool_calls"):
                wire["tool_calls"] = [
                    {**call, "id": short_id(call["id"], accent.id_length)} for call in wire["tool_calls"]
                ]
        if accent.marks_prefill and number == len(messages) and wire["role"] == "assistant":
            wire["prefix"] = True
        yield wire
