"""Mistral: https://docs.mistral.ai/api/#tag/chat ."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.conformance.doubles import KEY_PLACE, Refused, Said
from tests.conformance.doubles.openai import OpenAIDouble
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

_FIELDS = {"role", "content", "tool_calls", "tool_call_id", "prefix"}
_KNOWN = {
    "max_tokens",
    "messages",
    "model",
    "parallel_tool_calls",
    "response_format",
    "stream",
    "tool_choice",
    "tools",
}
_WORDS = {"length": "model_length"}


def told(message: Any, kind: str = "invalid_request_error", code: str | None = None) -> dict[str, Any]:
    """Mistral's error body."""
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


class MistralDouble(OpenAIDouble):
    """Mistral, which refuses what it does not know."""

    provider: ClassVar[str] = "mistral"
    reports: ClassVar[frozenset[str]] = frozenset()
    finishes: ClassVar[frozenset[str]] = frozenset({"stop", "length"})
    shows_reasoning: ClassVar[bool] = True

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, told("No such temperature.", code="3051")),
            Refused(422, told({"detail": [{"loc": ["body", "n"], "msg": "Extra inputs.", "type": "extra_forbidden"}]})),
            Refused(422, {"detail": [{"loc": ["body", "n"], "msg": "Extra inputs.", "type": "extra_forbidden"}]}),
        ),
        ProviderAuthFailed: (
            Refused(401, {"detail": "Unauthorized"}),
            Refused(401, {"message": f"Unauthorized: {KEY_PLACE}", "request_id": "r1"}),
            Refused(403, told("Not for you.")),
        ),
        ProviderBilling: (Refused(402, told("No plan is active.")),),
        NoProviderAvailable: (Refused(404, told("No such model.", "invalid_model", "1500")),),
        ContextLengthExceeded: (Refused(400, told("The prompt is too long: it exceeds the maximum context length.")),),
        TooLarge: (Refused(413, None),),
        ProviderRateLimited: (
            Refused(429, told("Service tier capacity exceeded for this model.", "service_tier_capacity_exceeded")),
            Refused(429, {"message": "Requests rate limit exceeded"}),
        ),
        ProviderOverloaded: (Refused(503, {"message": "Overloaded."}),),
        UpstreamTimeout: (Refused(504, None),),
        UpstreamInvalid: (Refused(500, told("Service unavailable.", "internal_server_error", "1000")),),
    }
    never_refuses_with: ClassVar[frozenset[type[TollgateError]]] = frozenset({ContentFiltered})
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, told("Slow down."), {"retry-after": "7"}), 7),
        (Refused(429, told("Slow down.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        ({"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}, UpstreamInvalid),
        ({"error": told("Something broke.", "internal_server_error")}, UpstreamInvalid),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (told("Something broke.", "internal_server_error", "1000"), UpstreamInvalid),
        ({"choices": [{"index": 0, "message": {"content": ""}, "finish_reason": "error"}]}, UpstreamInvalid),
    )

    def whole(self, said: Said) -> Any:
        answer = super().whole(said)
        message = answer["choices"][0]["message"]
        del message["refusal"]
        if said.reasoning:
            message["content"] = [self.thought(said.reasoning), {"type": "text", "text": said.text}]
        return answer

    def events(self, said: Said) -> list[Any]:
        first, *chunks = super().events(said)
        if said.reasoning:
            chunks = [*(self.chunk({"content": [self.thought(piece)]}) for piece in said.reasoning), *chunks]
        if said.finish is not None and said.counts:
            # The usage comes on the chunk that ends the answer.
            usage = chunks.pop()["usage"]
            chunks[-1] = {**chunks[-1], "usage": usage}
        return [first, *chunks]

    @staticmethod
    def thought(text: str) -> dict[str, Any]:
        """Reasoning, as a part of the content."""
        return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}

    def finish(self, said: Said) -> str | None:
        reason = super().finish(said)
        return _WORDS.get(reason, reason) if reason else reason

    def cap_in(self, body: Mapping[str, Any]) -> int:
        self.check(body)
        return int(body["max_tokens"])

    def results_in(self, body: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
        self.check(body)
        ids = [call["id"] for message in body["messages"] for call in message.get("tool_calls") or ()]
        assert all(re.fullmatch(r"[A-Za-z0-9]{9}", call_id) for call_id in ids)
        return super().results_in(body)

    def check(self, body: Mapping[str, Any]) -> None:
        """Refuse what Mistral would."""
        assert body.keys() <= _KNOWN
        assert all(message.keys() <= _FIELDS for message in body["messages"])


DOUBLE = MistralDouble()
