"""Together AI: https://docs.together.ai/reference/chat-completions-1 ."""

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


class TogetherDouble(OpenAIDouble):
    """Together, which says `eos` where a model has come to its end."""

    provider: ClassVar[str] = "together"
    finishes: ClassVar[frozenset[str]] = frozenset({"stop", "length"})
    shows_reasoning: ClassVar[bool] = True

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (Refused(400, refusal("No such temperature.")), Refused(422, refusal("Not understood."))),
        ProviderAuthFailed: (
            Refused(401, refusal(f"{KEY_PLACE} is wrong", code="invalid_api_key")),
            Refused(403, refusal("Not for you.")),
        ),
        ProviderBilling: (Refused(402, refusal("The limit of what you spend is reached.")),),
        NoProviderAvailable: (
            Refused(404, refusal("Unable to access a-model.", code="model_not_available")),
            Refused(400, refusal("Unable to access a-model.", code="model_not_available")),
        ),
        ContextLengthExceeded: (Refused(400, refusal("That exceeds the maximum context length of 8193.")),),
        TooLarge: (Refused(413, refusal("Too large.")),),
        ProviderRateLimited: (Refused(429, refusal("Wait.", "rate_limit", code="rate_limit")),),
        ProviderOverloaded: (
            Refused(503, refusal("Busy.", "service_unavailable")),
            Refused(529, refusal("Overloaded.")),
        ),
        UpstreamTimeout: (Refused(504, None), Refused(524, None)),
        UpstreamInvalid: (Refused(500, refusal("Something broke.", "server_error")),),
    }
    never_refuses_with: ClassVar[frozenset[type[TollgateError]]] = frozenset({ContentFiltered})
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, refusal("Wait."), {"retry-after": "7"}), 7),
        (Refused(429, refusal("Wait.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Something broke.", "server_error"), UpstreamInvalid),
        ({"error": {"message": "Overloaded.", "code": 503}}, ProviderOverloaded),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Something broke.", "server_error"), UpstreamInvalid),
    )

    def whole(self, said: Said) -> Any:
        answer = super().whole(said)
        answer["choices"][0]["message"]["reasoning"] = said.reasoning
        return answer

    def events(self, said: Said) -> list[Any]:
        first, *chunks = super().events(said)
        return [first, *(self.chunk({"content": "", "reasoning": piece}) for piece in said.reasoning), *chunks]

    def finish(self, said: Said) -> str | None:
        return "eos" if super().finish(said) == "stop" else super().finish(said)

    def cap_in(self, body: Mapping[str, Any]) -> int:
        return int(body["max_tokens"])


DOUBLE = TogetherDouble()
