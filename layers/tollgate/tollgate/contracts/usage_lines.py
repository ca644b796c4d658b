"""What an account used, added up: one line for each model, key and operation of a UTC day."""

from decimal import Decimal
from typing import NamedTuple

from tollgate.contracts.accounts import Entry

_DAY = len("2026-11-21")


class Line(NamedTuple):
    """What a line is about. Lines sort by day."""

    day: str
    """`YYYY-MM-DD`, in UTC."""
    model: str
    key_id: str
    operation: str
    """The endpoint that was called, as in `router/create_chat_completion`."""

    @property
    def name(self) -> str:
        """The line in one word. A model's id may hold anything, so it is what the other three leave."""
        return "|".join(self)

    @classmethod
    def of(cls, name: str) -> "Line":
        """The line that a name stands for."""
        day, _, rest = name.partition("|")
        model, key_id, operation = rest.rsplit("|", 2)
        return cls(day, model, key_id, operation)


class Counts(NamedTuple):
    """What the charges of a line come to. The sum of all `cost_usd` is what the ledger says was charged."""

    cost_usd: Decimal = Decimal(0)
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            self.cost_usd + other.cost_usd,
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


def line_of(entry: Entry) -> Line:
    """The line that a charge belongs to."""
    return Line(entry.created_at[:_DAY], entry.model or "", entry.key_id or "", entry.operation)


def counts_of(entry: Entry) -> Counts:
    """What a charge adds to its line. What is not billed by tokens may have none."""
    usage = entry.usage
    return Counts(-entry.amount_usd, 1, int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0)))
