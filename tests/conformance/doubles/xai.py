"""xAI: https://docs.x.ai/docs/api-reference ."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from msgspec.structs import replace

from tests.conformance.doubles import KEY_PLACE, Counts, Refused, Said
from tests.conformance.doubles.openai import OpenAIDouble
from tollgate.contracts.usage import Usage
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

_WRONG = "Client specified an invalid argument"
_FORBIDDEN = "The caller does not have permission to execute the specified operation"
_MISSING = "Some requested entity was not found"
_SPENT = "Some resource has been exhausted"


def told(code: str, error: str) -> dict[str, Any]:
    """The error body of xAI: two sentences."""
    return {"code": code, "error": error}


class XAIDouble(OpenAIDouble):
    """xAI, with a model that reasons, and counts that beside its answer."""

    provider: ClassVar[str] = "xai"
    reports: ClassVar[frozenset[str]] = frozenset({"cached", "reasoning"})
    shows_reasoning: ClassVar[bool] = True

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, told(_WRONG, "The model takes no such temperature.")),
            Refused(422, told(_WRONG, "Failed to read the body.")),
        ),
        ProviderAuthFailed: (
            Refused(400, told(_WRONG, f"{KEY_PLACE} is no API key of ours.")),
            Refused(401, told("unauthenticated", "No credentials came along.")),
            Refused(403, told(_FORBIDDEN, "The team may not use it.")),
        ),
        ProviderBilling: (
            Refused(429, told(_SPENT, "The team has no credits left, or reached its spending limit.")),
            Refused(403, told(_FORBIDDEN, "The team has no credits yet.")),
        ),
        NoProviderAvailable: (
            Refused(404, told(_MISSING, "There is no a-model.")),
            Refused(400, told(_WRONG, "Model not found: a-model")),
        ),
        ContextLengthExceeded: (
            Refused(400, told(_WRONG, "The model's maximum prompt length is 131072, and the request has 140000.")),
        ),
        ContentFiltered: (
            Refused(403, told(_FORBIDDEN, "The content violates usage guidelines.")),
            Refused(400, told(_WRONG, "Rejected by content moderation.")),
        ),
        TooLarge: (Refused(413, None),),
        ProviderRateLimited: (Refused(429, told(_SPENT, "Too many requests for the model.")),),
        ProviderOverloaded: (Refused(503, told("The service is currently unavailable", "At capacity.")),),
        UpstreamTimeout: (Refused(504, None),),
        UpstreamInvalid: (Refused(500, told("Internal error", "Something broke.")), Refused(502, None)),
    }
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, told(_SPENT, "Slow down."), {"retry-after": "7"}), 7),
        (Refused(429, told(_SPENT, "Slow down.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (told("Internal error", "Something broke."), UpstreamInvalid),
        (told("The service is currently unavailable", "At capacity."), ProviderOverloaded),
        (told(_SPENT, "Too many requests."), ProviderRateLimited),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (told("Internal error", "Something broke."), UpstreamInvalid),
        (told(_WRONG, "No such temperature."), UpstreamRejected),
        (told(_MISSING, "There is no a-model."), NoProviderAvailable),
    )

    def whole(self, said: Said) -> Any:
        answer = super().whole(said)
        if said.reasoning:
            answer["choices"][0]["message"]["reasoning_content"] = said.reasoning
        return answer

    def events(self, said: Said) -> list[Any]:
        first, *chunks = super().events(said)
        thoughts = [{"role": "assistant", "reasoning_content": piece} for piece in said.reasoning]
        return [first, *(self.chunk(thought) for thought in thoughts), *chunks]

    def usage(self, counts: Counts) -> Usage:
        return replace(super().usage(counts), upstream_cost_usd=Decimal("0.0001234"))

    def usage_of(self, counts: Counts) -> dict[str, Any]:
        usage = super().usage_of(counts)
        usage["completion_tokens"] = counts.completion - counts.reasoning
        return {**usage, "cost_in_usd_ticks": 1_234_000, "num_sources_used": 0}


DOUBLE = XAIDouble()
