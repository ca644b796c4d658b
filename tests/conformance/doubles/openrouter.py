"""OpenRouter: https://openrouter.ai/docs/api/reference/overview ."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from msgspec.structs import replace

from tests.conformance.doubles import KEY_PLACE, Counts, Refused, Said
from tests.conformance.doubles.framings import Framing, ServerSentEvents
from tests.conformance.doubles.openai import OpenAIDouble
from tollgate.contracts.catalogue import Model
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


def coded(code: int | str, message: str, **metadata: Any) -> dict[str, Any]:
    """OpenRouter's error body."""
    return {"error": {"code": code, "message": message, **({"metadata": metadata} if metadata else {})}}


class OpenRouterDouble(OpenAIDouble):
    """OpenRouter, which has asked Anthropic."""

    provider: ClassVar[str] = "openrouter"
    base_path: ClassVar[str] = "/api/v1"
    framing: ClassVar[Framing] = ServerSentEvents(end=b"data: [DONE]\n\n", nothing=b": OPENROUTER PROCESSING\n\n")
    shows_reasoning: ClassVar[bool] = True
    has_signatures: ClassVar[bool] = True

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, coded(400, "Wrong input: temperature.")),
            Refused(400, coded(400, "The provider refused.", provider_name="Anthropic", raw='{"type":"error"}')),
            Refused(422, coded(422, "Unprocessable.")),
        ),
        ProviderAuthFailed: (
            Refused(401, coded(401, f"No user has {KEY_PLACE}.")),
            Refused(403, coded(403, "The key may not do this.")),
        ),
        ProviderBilling: (
            Refused(402, coded(402, "The credits do not suffice.")),
            Refused(402, coded(402, "The key's limit is reached.", limit_source="api_key")),
        ),
        NoProviderAvailable: (
            Refused(404, coded(404, "Nobody serves it.")),
            Refused(400, coded(400, "a/b is not a valid model ID")),
        ),
        ContextLengthExceeded: (
            Refused(400, coded(400, "The endpoint's maximum context length is 8192 tokens. You asked for more.")),
            Refused(
                400, coded(400, "Error.", provider_name="Anthropic", raw='{"message":"prompt is too long: 9 > 8"}')
            ),
        ),
        ContentFiltered: (
            Refused(
                403, coded(403, "Flagged.", reasons=["violence"], flagged_input="How to …", provider_name="OpenAI")
            ),
        ),
        TooLarge: (Refused(413, coded(413, "Too large.")),),
        ProviderRateLimited: (
            Refused(429, coded(429, "Too many requests for a free model.")),
            Refused(429, coded(429, "The provider is busy.", provider_name="Anthropic", raw="slow down")),
        ),
        ProviderOverloaded: (
            Refused(402, coded(402, "In flight.", limit_source="openrouter_in_flight_budget")),
            Refused(502, coded(502, "The provider is down.")),
            Refused(503, coded(503, "No provider fits the request now.")),
            Refused(529, coded(529, "Overloaded.")),
        ),
        UpstreamTimeout: (Refused(408, coded(408, "Timed out.")), Refused(524, None)),
        UpstreamInvalid: (Refused(500, coded(500, "Something broke.")), Refused(502, None)),
    }
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, coded(429, "Slow down."), {"retry-after": "7"}), 7),
        (Refused(402, coded(402, "In flight.", limit_source="openrouter_in_flight_budget"), {"retry-after": "3"}), 3),
        (Refused(503, coded(503, "Come back."), {"retry-after": "12"}), 12),
        # A moment long after any test: what is forwarded has its limit.
        (Refused(429, coded(429, "Slow down."), {"x-ratelimit-reset": "9999999999000"}), 120),
        (Refused(429, coded(429, "Slow down.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (
            {
                "id": "gen-1",
                "object": "chat.completion.chunk",
                **coded(502, "The provider hung up."),
                "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
            },
            ProviderOverloaded,
        ),
        (coded("server_error", "Something broke."), UpstreamInvalid),
        (coded(429, "Too many tokens."), ProviderRateLimited),
        (
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "error", **coded(408, "Timed out.")}]},
            UpstreamTimeout,
        ),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (coded(429, "Too many."), ProviderRateLimited),
        (coded(402, "No credits."), ProviderBilling),
        (coded(400, "Bad request."), UpstreamRejected),
        (coded(503, "Nobody is there."), ProviderOverloaded),
        (coded("other", "Something broke."), UpstreamInvalid),
    )

    def model(self, **changes: Any) -> Model:
        return super().model(**{"upstream_model": "anthropic/a-model", **changes})

    def whole(self, said: Said) -> Any:
        answer = super().whole(said)
        answer |= {"id": "gen-1", "provider": "Anthropic"}
        (choice,) = answer["choices"]
        choice["native_finish_reason"] = "end_turn"
        choice["message"] |= {"reasoning": said.reasoning or None, "reasoning_details": self.details(said)}
        return answer

    def events(self, said: Said) -> list[Any]:
        first, *chunks = super().events(said)
        if said.reasoning:
            thought = {"role": "assistant", "content": "", "reasoning": said.reasoning}
            chunks.insert(0, self.chunk({**thought, "reasoning_details": self.details(said)}))
        for chunk in (first, *chunks):
            for choice in chunk["choices"]:
                choice["native_finish_reason"] = choice["finish_reason"]
                choice["delta"] = {"role": "assistant", "content": "", "reasoning": None, **choice["delta"]}
            chunk |= {"id": "gen-1", "provider": "Anthropic"}
        return [first, *chunks]

    def details(self, said: Said) -> list[dict[str, Any]]:
        """The reasoning in the form in which it is wanted back."""
        if not said.reasoning:
            return []
        detail = {"type": "reasoning.text", "text": said.reasoning, "format": "anthropic-claude-v1", "index": 0}
        return [{**detail, "signature": said.signature or None}]

    def signature_in(self, body: Mapping[str, Any]) -> str:
        (details,) = (message["reasoning_details"] for message in body["messages"] if "reasoning_details" in message)
        (detail,) = details
        return str(detail["signature"])

    def cap_in(self, body: Mapping[str, Any]) -> int:
        assert "max_completion_tokens" not in body
        return int(body["max_tokens"])

    def usage(self, counts: Counts) -> Usage:
        return replace(super().usage(counts), upstream_cost_usd=Decimal("0.00014"))

    def usage_of(self, counts: Counts) -> dict[str, Any]:
        details = {"upstream_inference_cost": None}
        return {**super().usage_of(counts), "cost": 0.00014, "is_byok": False, "cost_details": details}


DOUBLE = OpenRouterDouble()
