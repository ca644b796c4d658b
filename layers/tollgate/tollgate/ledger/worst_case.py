"""The most that a chat call can cost, before it is made."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from tollgate.contracts.catalogue import Price
from tollgate.ledger.money import ZERO, exact_up
from tollgate.ledger.prices import dearest_input, dearest_output

SMALLEST_OUTPUT: Final = 16
"""Tokens below which an answer is not worth asking for: a balance that affords less is a refusal."""


class Candidate(Struct, frozen=True):
    """One model that might answer, in money."""

    input_usd: Decimal
    """The dearest that the prompt can be."""
    output_usd_per_token: Decimal
    """For all the choices that were asked for together."""
    extra_usd: Decimal
    """Reasoning that a provider bills outside the output cap."""
    max_output_tokens: int
    """What the model writes at most, or what the client allows, whichever is less."""

    def cost(self, output_tokens: int) -> Decimal:
        """The worst case with that output cap."""
        output_usd = self.extra_usd + min(output_tokens, self.max_output_tokens) * self.output_usd_per_token
        # A bill rounds its two parts one by one, so each of them is rounded up here.
        return exact_up(self.input_usd) + exact_up(output_usd)


class WorstCase(Struct, frozen=True):
    """The most that a call can cost, over every model that may end up serving it."""

    candidates: tuple[Candidate, ...]
    is_capped_by_client: bool
    """Whether the client named the output cap itself; then it is never lowered."""

    @property
    def max_output_tokens(self) -> int:
        """The largest output cap that makes sense for any of the models."""
        return max(candidate.max_output_tokens for candidate in self.candidates)

    def hold_usd(self, output_tokens: int) -> Decimal:
        """What has to be held for the call with that output cap: the dearest of the models."""
        return max(candidate.cost(output_tokens) for candidate in self.candidates)

    def affordable_tokens(self, available_usd: Decimal) -> int:
        """The largest output cap that `available_usd` covers, whichever model serves; below zero when none does."""
        return min(_affordable(candidate, available_usd, self.max_output_tokens) for candidate in self.candidates)

    @property
    def smallest_usd(self) -> Decimal:
        """The least that must be there: with the client's cap all of it, else a short answer."""
        tokens = self.max_output_tokens
        return self.hold_usd(tokens if self.is_capped_by_client else min(tokens, SMALLEST_OUTPUT))


def fixed(amount_usd: Decimal) -> WorstCase:
    """The worst case of a call whose cost has no output cap to lower: `amount_usd` or nothing."""
    only = Candidate(amount_usd, output_usd_per_token=ZERO, extra_usd=ZERO, max_output_tokens=0)
    return WorstCase((only,), is_capped_by_client=True)


def candidate_of(
    price: Price,
    *,
    prompt_tokens: int,
    max_output_tokens: int,
    choices: int = 1,
    extra_output_tokens: int = 0,
    service_tier: str | None = None,
    with_audio_input: bool = False,
    with_audio_output: bool = False,
) -> Candidate:
    """The worst case of one model: discounts are ignored, and every tier that the request may fall into counts.

    That is the default tier too: a provider may answer in it when the one that was asked for has no room.
    """
    tiers: Iterable[Price] = (
        (price, *price.service_tiers.values()) if service_tier == "auto" else (price, price.for_tier(service_tier))
    )
    # The bound may lie above steps that the true prompt stays below, where the rates could be dearer.
    all_rates = [rates for tier in tiers for rates in tier.up_to_prompt(prompt_tokens)]
    dearest_in = max(dearest_input(rates, with_audio=with_audio_input) for rates in all_rates)
    dearest_out = max(dearest_output(rates, with_audio=with_audio_output) for rates in all_rates)
    per = Decimal(price.per)
    return Candidate(
        input_usd=prompt_tokens * dearest_in / per,
        output_usd_per_token=choices * dearest_out / per,
        extra_usd=choices * extra_output_tokens * dearest_out / per,
        max_output_tokens=max_output_tokens,
    )


def _affordable(candidate: Candidate, available_usd: Decimal, unlimited: int) -> int:
    left = available_usd - exact_up(candidate.input_usd) - candidate.extra_usd
    if left < ZERO:
        return -1
    if candidate.output_usd_per_token == ZERO:
        return unlimited
    tokens = int(left // candidate.output_usd_per_token)
    # A cap above what this model writes changes nothing for it.
    return unlimited if tokens >= candidate.max_output_tokens else tokens
