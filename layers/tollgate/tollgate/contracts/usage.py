"""What a call used, in the router's form, whichever provider reported it."""

from decimal import Decimal
from typing import Any

from msgspec import Struct


class Usage(Struct, frozen=True):
    """Token counts of one call.

    Cached, cache-write and audio prompt tokens are inside `prompt_tokens`; reasoning and audio completion tokens are
    inside `completion_tokens`. The total is their sum.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    prompt_audio_tokens: int = 0
    reasoning_tokens: int = 0
    completion_audio_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0
    is_estimated: bool = False
    """True where the provider said nothing, or nothing usable, and the tokens were counted here."""
    upstream_cost_usd: Decimal | None = None
    """What the provider says that the call cost the operator; kept for margin reports, never charged."""

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Usage") -> "Usage":
        """The usage of two calls that answer one request."""
        costs = [cost for cost in (self.upstream_cost_usd, other.upstream_cost_usd) if cost is not None]
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            prompt_audio_tokens=self.prompt_audio_tokens + other.prompt_audio_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            completion_audio_tokens=self.completion_audio_tokens + other.completion_audio_tokens,
            accepted_prediction_tokens=self.accepted_prediction_tokens + other.accepted_prediction_tokens,
            rejected_prediction_tokens=self.rejected_prediction_tokens + other.rejected_prediction_tokens,
            is_estimated=self.is_estimated or other.is_estimated,
            upstream_cost_usd=sum(costs, Decimal(0)) if costs else None,
        )

    def counts(self) -> dict[str, Any]:
        """The counts under OpenAI's names, as they stand in answers and in the ledger."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens,
            "prompt_tokens_details": {
                "cached_tokens": self.cached_tokens,
                "audio_tokens": self.prompt_audio_tokens,
                "cache_write_tokens": self.cache_write_tokens,
            },
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning_tokens,
                "audio_tokens": self.completion_audio_tokens,
                "accepted_prediction_tokens": self.accepted_prediction_tokens,
                "rejected_prediction_tokens": self.rejected_prediction_tokens,
            },
        }


def is_count(value: Any) -> bool:
    """Whether a value can be a number of tokens."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
