"""What is known of an answer, as it grows: who gives it, under which cap, what it used, how it ended, what it costs."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from pydantic_core import to_json

from tollgate.contracts.accounts import Hold
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import Completion, Delta
from tollgate.contracts.usage import Usage
from tollgate.ledger.bounds import PromptSize, estimate_tokens
from tollgate.ledger.prices import Cost, cost_of
from tollgate.services.attempts import Attempts
from tollgate.services.candidates import Candidate
from tollgate.services.gate import Bill


class Answered(Struct):
    """One call's answer. Who gives it is decided when the first piece has come; until then it is who is being asked."""

    attempts: Attempts[Candidate]
    hold: Hold
    output_cap: int
    """What the balance affords; a model may write less."""
    size: PromptSize
    metadata: Mapping[str, str] | None = None
    text_bytes: int = 0
    reported: Usage | None = None
    served_tier: str | None = None
    outcome: str = "completed"
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """Who answers."""
        return self.attempts.candidate.model

    @property
    def headers(self) -> dict[str, str]:
        """What the client gets to know beside the answer."""
        candidate = self.attempts.candidate
        headers = {
            "x-tollgate-model": candidate.model.id,
            "x-tollgate-provider": candidate.model.provider,
            "x-tollgate-attempts": str(self.attempts.count),
            "x-tollgate-max-output-tokens": str(min(self.output_cap, candidate.max_output_tokens)),
        }
        if candidate.plan.dropped:
            headers["x-tollgate-dropped-params"] = ",".join(candidate.plan.dropped)
        return headers

    @property
    def usage(self) -> Usage:
        """What the provider reported, else what was counted here."""
        if self.reported is not None:
            return self.reported
        return Usage(
            prompt_tokens=self.size.estimate(tokens_per_image=self.attempts.candidate.plan.tokens_per_image),
            completion_tokens=estimate_tokens(self.text_bytes),
            is_estimated=True,
        )

    @property
    def cost(self) -> Cost:
        """What the usage so far costs, never more than is held for it."""
        return self._uncapped(self.usage).at_most(self.hold.amount_usd)

    def take(self, delta: Delta) -> None:
        """Count a piece of the answer."""
        for choice in delta.choices:
            self.text_bytes += _bytes_of(choice.get("delta") or {})
        if delta.usage is not None:
            self.reported = delta.usage
        if delta.extras and "service_tier" in delta.extras:
            self.served_tier = delta.extras["service_tier"]
        if delta.upstream_id and "upstream_request_id" not in self.details:
            self.details["upstream_request_id"] = delta.upstream_id
            self.details["upstream_model"] = delta.upstream_model or self.model.upstream_model

    def take_whole(self, completion: Completion) -> None:
        """Count a whole answer."""
        self.take(
            Delta(
                [{"delta": choice.get("message")} for choice in completion.choices],
                completion.usage,
                completion.extras,
                completion.upstream_id,
                completion.upstream_model,
            )
        )

    def bill(self) -> Bill:
        """The bill of the call as it stands."""
        usage = self.usage
        details = {"provider": self.model.provider, **self.details}
        if self.metadata:
            details["metadata"] = dict(self.metadata)
        if usage.upstream_cost_usd is not None:
            details["upstream_cost_usd"] = str(usage.upstream_cost_usd)
        return Bill(
            # Not capped, so that an overrun is seen where it is settled.
            cost_usd=self._uncapped(usage).total_usd,
            usage=usage.counts(),
            outcome=self.outcome,
            model=self.model.id,
            is_estimated=usage.is_estimated,
            details=details,
        )

    def _uncapped(self, usage: Usage) -> Cost:
        tier = self.served_tier or self.attempts.candidate.plan.body.get("service_tier")
        return cost_of(usage, self.model.price.for_tier(tier))


def _bytes_of(message: Mapping[str, Any]) -> int:
    total = 0
    for name in ("content", "refusal", "reasoning_content"):
        if text := message.get(name):
            total += len(text) if text.isascii() else len(text.encode())
    for tool_call in message.get("tool_calls") or ():
        called = tool_call.get("function") or tool_call.get("custom") or {}
        for name in ("name", "arguments", "input"):
            if value := called.get(name):
                # Some providers give the arguments as an object.
                total += len(value.encode() if isinstance(value, str) else to_json(value))
    return total
