"""DeepSeek, which thinks unless it is told not to: https://api-docs.deepseek.com/guides/thinking_mode ."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, JsonObject, Plan
from tollgate.contracts.usage import Usage, is_count
from tollgate.errors import ContentFiltered, NoProviderAvailable, UnsupportedParameter
from tollgate.providers.compatible import CompatibleChat, mention_json, read_usage
from tollgate.providers.parameters import Dialect, plan
from tollgate.providers.refusals import Rule

_THINKING: Final = Dialect(
    takes=frozenset(
        {
            "frequency_penalty",
            "presence_penalty",
            "reasoning_effort",
            "safety_identifier",
            "temperature",
            "top_p",
            "user",
        }
    ),
    flags={
        "cap_field": "max_tokens",
        "effort_levels": ["none", "low", "high", "max"],
        "json": "object",
        "n_max": 1,
        # While it thinks, it ignores the former and refuses the latter.
        "sampling": "none",
        "logprobs": False,
    },
    # https://api-docs.deepseek.com/guides/thinking_mode#reasoning-effort
    folds={"minimal": "low", "medium": "high", "xhigh": "high"},
)
_NOT_THINKING: Final = replace(_THINKING, flags={**_THINKING.flags, "sampling": "full", "logprobs": True})


class DeepSeekChat(CompatibleChat):
    """Chat completions of DeepSeek."""

    dialect: Dialect = _THINKING
    rules: tuple[Rule, ...] = (
        Rule(NoProviderAvailable, frozenset({400}), texts=("model not exist",)),
        Rule(ContentFiltered, frozenset({400}), texts=("content exists risk",)),
    )
    own_message_fields: ClassVar[frozenset[str]] = frozenset({"reasoning_content"})

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`. What it takes depends on whether it will think."""
        if not has_lost_its_thoughts(body["messages"]):
            dialect = _NOT_THINKING if body.get("reasoning_effort") == "none" else _THINKING
            return plan(body, model, dialect, is_strict=is_strict)
        wanted = body.get("reasoning_effort")
        made = plan({**body, "reasoning_effort": "none"}, model, _NOT_THINKING, is_strict=is_strict)
        if wanted in {None, "none"}:
            return made
        if is_strict:
            raise UnsupportedParameter(
                "'reasoning_effort' needs the 'reasoning_content' of every message with tool calls.",
                param="reasoning_effort",
            )
        return replace(made, dropped=(*made.dropped, "reasoning_effort"))

    def to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        """Our request, with its switch for thinking and its one name for the user."""
        body = super().to_wire(request, is_stream=is_stream)
        effort = body.get("reasoning_effort")
        if effort == "none" or has_lost_its_thoughts(request.body["messages"]):
            body.pop("reasoning_effort", None)
            body["thinking"] = {"type": "disabled"}
            body["messages"] = [_without_thoughts(message) for message in body["messages"]]
        elif effort:
            body["thinking"] = {"type": "enabled"}
        users = [body.pop("user", None), body.pop("safety_identifier", None)]
        if user := request.user or next(filter(None, users), None):
            body["user_id"] = user
        if body.get("response_format", {}).get("type") == "json_object":
            body["messages"] = mention_json(body["messages"], self.dialect.flags_of(request.model))
        return body

    def messages_to_wire(self, messages: Any, flags: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The conversation: thoughts are wanted back where they led to a tool call, and nowhere else."""
        return [
            message if message.get("tool_calls") else _without_thoughts(message)
            for message in super().messages_to_wire(messages, flags)
        ]

    def usage_from_wire(self, usage: Any) -> Usage | None:
        """Their counts, in which the prompt is what was found in the cache and what was not."""
        return read_hits(usage)


def has_lost_its_thoughts(messages: Any) -> bool:
    """Whether a call of a tool has come back without what led to it, which is refused of a model that thinks."""
    return any(message.get("tool_calls") and message.get("reasoning_content") is None for message in messages)


def read_hits(usage: Any) -> Usage | None:
    """DeepSeek's usage object; None where it cannot be used (https://api-docs.deepseek.com/guides/kv_cache)."""
    if not isinstance(usage, Mapping):
        return None
    hit, missed = usage.get("prompt_cache_hit_tokens"), usage.get("prompt_cache_miss_tokens")
    if any(count is not None and not is_count(count) for count in (hit, missed)):
        return None
    prompt = usage.get("prompt_tokens")
    if prompt is None and hit is not None and missed is not None:
        prompt = hit + missed
    read = read_usage({**usage, "prompt_tokens": prompt})
    return read if read is None or hit is None else replace(read, cached_tokens=hit)


def _without_thoughts(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in message.items() if name != "reasoning_content"}
