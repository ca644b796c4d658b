"""DeepSeek: https://api-docs.deepseek.com/api/create-chat-completion ."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.conformance.doubles import KEY_PLACE, Counts, Refused, Said
from tests.conformance.doubles.openai import OpenAIDouble, refusal
from tollgate.errors import (
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    TooLarge,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)


class DeepSeekDouble(OpenAIDouble):
    """DeepSeek, which wants its thoughts back with every call of a tool, signed or not."""

    provider: ClassVar[str] = "deepseek"
    base_path: ClassVar[str] = ""
    reports: ClassVar[frozenset[str]] = frozenset({"cached", "reasoning"})
    shows_reasoning: ClassVar[bool] = True
    has_schemas: ClassVar[bool] = False

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, refusal("Invalid value for 'temperature'.")),
            Refused(422, refusal("Failed to read the body.")),
        ),
        ProviderAuthFailed: (
            Refused(401, refusal(f"Your key {KEY_PLACE} is invalid", "authentication_error", code="invalid_request")),
        ),
        ProviderBilling: (Refused(402, refusal("Insufficient Balance", "unknown_error")),),
        NoProviderAvailable: (Refused(400, refusal("Model Not Exist")), Refused(404, None)),
        ContextLengthExceeded: (Refused(400, refusal("The model's maximum context length is 65536 tokens.")),),
        ContentFiltered: (Refused(400, refusal("Content Exists Risk")),),
        ProviderRateLimited: (Refused(429, refusal("Too many requests.")),),
        ProviderOverloaded: (Refused(503, refusal("Too many want this.", "service_unavailable_error")),),
        UpstreamTimeout: (Refused(504, None),),
        UpstreamInvalid: (Refused(500, refusal("Something broke.", "server_error")),),
    }
    never_refuses_with: ClassVar[frozenset[type[TollgateError]]] = frozenset({TooLarge})
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, refusal("Slow down."), {"retry-after": "7"}), 7),
        (Refused(429, refusal("Slow down.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Something broke.", "server_error"), UpstreamInvalid),
        (
            {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "insufficient_system_resource"}]},
            ProviderOverloaded,
        ),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Something broke.", "server_error"), UpstreamInvalid),
    )

    def whole(self, said: Said) -> Any:
        answer = super().whole(said)
        if said.reasoning:
            answer["choices"][0]["message"]["reasoning_content"] = said.reasoning
        return answer

    def events(self, said: Said) -> list[Any]:
        first, *chunks = super().events(said)
        thoughts = [{"content": None, "reasoning_content": piece} for piece in said.reasoning]
        return [first, *(self.chunk(thought) for thought in thoughts), *chunks]

    def cap_in(self, body: Mapping[str, Any]) -> int:
        assert "max_completion_tokens" not in body
        return int(body["max_tokens"])

    def results_in(self, body: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
        thinks = body.get("thinking", {}).get("type") != "disabled"
        calling = [message for message in body["messages"] if message.get("tool_calls")]
        assert not thinks or all("reasoning_content" in message for message in calling)
        return super().results_in(body)

    def usage_of(self, counts: Counts) -> dict[str, Any]:
        usage = super().usage_of(counts)
        del usage["prompt_tokens_details"]
        hits = {"prompt_cache_hit_tokens": counts.cached, "prompt_cache_miss_tokens": counts.prompt - counts.cached}
        return {**usage, **hits}


DOUBLE = DeepSeekDouble()
