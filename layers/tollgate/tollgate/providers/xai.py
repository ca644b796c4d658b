"""xAI: https://docs.x.ai/docs/api-reference#chat-completions ."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from tollgate.contracts.usage import Usage, is_count
from tollgate.errors import (
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
)
from tollgate.providers.compatible import CompatibleChat, read_usage
from tollgate.providers.parameters import TUNING, Dialect
from tollgate.providers.refusals import Rule

_TICKS_PER_USD: Final = 10**10

RULES: Final = (
    # A wrong key is a bad request here.
    Rule(ProviderAuthFailed, frozenset({400}), texts=("api key",)),
    Rule(ProviderBilling, frozenset({402, 403, 429}), texts=("credits", "spending limit")),
    Rule(ContextLengthExceeded, frozenset({400, 413, 422}), texts=("maximum prompt length",)),
    Rule(ContentFiltered, frozenset({400, 403}), texts=("usage guidelines", "moderation")),
    Rule(NoProviderAvailable, frozenset({400}), texts=("model not found",)),
)


class XAIChat(CompatibleChat):
    """Chat completions of xAI."""

    dialect: Dialect = Dialect(
        takes=TUNING - {"logit_bias", "prediction", "prompt_cache_key", "service_tier", "verbosity"},
        # Of a model that reasons, as most of them do. What reasons no more says so in the catalogue.
        flags={
            "effort_levels": ["low", "medium", "high"],
            "sampling": "no_penalties",
            "stop_max": 0,
            "logprobs": False,
            # Reasoning is counted beside the answer, and is not capped with it.
            "reasoning_in_output": False,
            "reasoning_max": 16_384,
        },
    )
    rules: tuple[Rule, ...] = RULES

    def usage_from_wire(self, usage: Any) -> Usage | None:
        """Their counts, with the reasoning inside the completion."""
        return read_ticks(usage)


def read_ticks(usage: Any) -> Usage | None:
    """The usage object of xAI; None where it cannot be used.

    Its total tells whether the reasoning is counted beside the completion or within. What is more than all of the
    completion cannot be within, whatever the total. `cost_in_usd_ticks` is what the call cost the operator.
    """
    read = read_usage(usage)
    if read is None:
        return None
    apart = read.total_tokens + read.reasoning_tokens
    if usage.get("total_tokens") == apart or read.reasoning_tokens > read.completion_tokens:
        read = replace(read, completion_tokens=read.completion_tokens + read.reasoning_tokens)
    return replace(read, upstream_cost_usd=cost_in(usage))


def cost_in(usage: Mapping[str, Any]) -> Decimal | None:
    """What a call cost the operator, in US dollars; None where it is not told, or makes no sense."""
    ticks: Any = usage.get("cost_in_usd_ticks")
    return Decimal(ticks) / _TICKS_PER_USD if is_count(ticks) else None
