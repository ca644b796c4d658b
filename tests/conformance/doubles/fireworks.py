"""Fireworks AI: https://docs.fireworks.ai/api-reference/post-chatcompletions ."""

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


class FireworksDouble(OpenAIDouble):
    """Fireworks, whose accounts are suspended under a status of their own."""

    provider: ClassVar[str] = "fireworks"
    base_path: ClassVar[str] = "/inference/v1"
    finishes: ClassVar[frozenset[str]] = frozenset({"stop", "length"})
    shows_reasoning: ClassVar[bool] = True

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (Refused(400, refusal("No such temperature.")), Refused(422, {"detail": "Not understood."})),
        ProviderAuthFailed: (
            Refused(401, {"error": f"unauthorized: {KEY_PLACE}"}),
            Refused(403, refusal("Not for you.", code="UNAUTHORIZED")),
        ),
        ProviderBilling: (
            Refused(402, refusal("Nothing was paid.")),
            Refused(412, refusal("The account is suspended, perhaps for reaching its spending limit.")),
        ),
        NoProviderAvailable: (Refused(404, refusal("Not found, not deployed, or not for you.", code="NOT_FOUND")),),
        ContextLengthExceeded: (Refused(400, refusal("The prompt is too long: 9000, model maximum: 8191")),),
        TooLarge: (Refused(413, None),),
        ProviderRateLimited: (Refused(429, refusal("Wait.", "rate_limit_exceeded")),),
        ProviderOverloaded: (Refused(503, refusal("Busy.")),),
        UpstreamTimeout: (Refused(408, refusal("Too slow.")), Refused(504, None)),
        UpstreamInvalid: (Refused(500, refusal("Something broke.")), Refused(502, None)),
    }
    never_refuses_with: ClassVar[frozenset[type[TollgateError]]] = frozenset({ContentFiltered})
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, refusal("Wait."), {"retry-after": "7"}), 7),
        (Refused(429, refusal("Wait.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Something broke.", "server_error"), UpstreamInvalid),
        (refusal("Wait.", "rate_limit_exceeded"), ProviderRateLimited),
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
        return [first, *(self.chunk({"reasoning_content": piece}) for piece in said.reasoning), *chunks]

    def cap_in(self, body: Mapping[str, Any]) -> int:
        return int(body["max_tokens"])


DOUBLE = FireworksDouble()
