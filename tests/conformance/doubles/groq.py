"""Groq: https://console.groq.com/docs/api-reference#chat-create ."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.conformance.doubles import KEY_PLACE, Refused, Said
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


class GroqDouble(OpenAIDouble):
    """Groq, whose reasoning is called so."""

    provider: ClassVar[str] = "groq"
    base_path: ClassVar[str] = "/openai/v1"
    shows_reasoning: ClassVar[bool] = True

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (Refused(400, refusal("'temperature' : too high")), Refused(422, refusal("Hallucinated."))),
        ProviderAuthFailed: (
            Refused(401, refusal(f"{KEY_PLACE} is wrong", code="invalid_api_key")),
            Refused(403, refusal("The project may not use it.", "permissions_error", code="model_permission_blocked")),
        ),
        ProviderBilling: (Refused(402, refusal("Nothing was paid.")),),
        NoProviderAvailable: (Refused(404, refusal("There is no a-model.", code="model_not_found")),),
        ContextLengthExceeded: (Refused(400, refusal("Please be short.", code="context_length_exceeded")),),
        TooLarge: (Refused(413, refusal("Larger than the tokens of a minute.", "tokens", code="rate_limit_exceeded")),),
        ProviderRateLimited: (Refused(429, refusal("Wait.", "tokens", code="rate_limit_exceeded")),),
        ProviderOverloaded: (
            Refused(498, refusal("No capacity in this tier.", code="capacity_exceeded")),
            Refused(503, refusal("Over capacity.", "internal_server_error")),
        ),
        UpstreamTimeout: (Refused(504, None),),
        UpstreamInvalid: (
            Refused(400, {"error": {"message": "No such tool.", "code": "tool_use_failed", "failed_generation": "x"}}),
            Refused(400, {"error": {"message": "No JSON.", "code": "json_validate_failed", "failed_generation": "x"}}),
            Refused(500, refusal("Something broke.", "internal_server_error")),
        ),
    }
    never_refuses_with: ClassVar[frozenset[type[TollgateError]]] = frozenset({ContentFiltered})
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, refusal("Wait."), {"retry-after": "7"}), 7),
        (Refused(429, refusal("Wait."), {"x-ratelimit-reset-tokens": "7.66s"}), 7.66),
        (Refused(429, refusal("Wait.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        ({"id": "chatcmpl-1", "choices": [], "x_groq": {"id": "req_1", "error": "over_capacity"}}, UpstreamInvalid),
        (refusal("No JSON.", code="json_validate_failed"), UpstreamInvalid),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Something broke.", "internal_server_error"), UpstreamInvalid),
    )

    def whole(self, said: Said) -> Any:
        answer = super().whole(said)
        if said.reasoning:
            answer["choices"][0]["message"]["reasoning"] = said.reasoning
        return {**answer, "x_groq": {"id": "req_1"}}

    def events(self, said: Said) -> list[Any]:
        first, *chunks = super().events(said)
        thoughts = [{"reasoning": piece, "channel": "analysis"} for piece in said.reasoning]
        return [{**first, "x_groq": {"id": "req_1"}}, *(self.chunk(thought) for thought in thoughts), *chunks]

    def cap_in(self, body: Mapping[str, Any]) -> int:
        return int(body["max_tokens"])


DOUBLE = GroqDouble()
