"""An account's money as Tollgate's rooms pass it on: funds, holds and ledger entries. All amounts are US dollars."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct, field

from tollgate.contracts.rates import RateMarks


class Period(NamedTuple):
    """30 days of an account, and the tokens that its calls used in them. Times are in Unix seconds."""

    started_at: int
    ends_at: int
    tokens: int
    limit: int | None = None
    """How many its plan has; None where no plan was chosen."""


class Funds(Struct, frozen=True):
    """`balance` is what an account owns, `reserved` what calls in flight hold of it, `available` the rest."""

    balance: Decimal = Decimal(0)
    available: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    key_room: Decimal | None = None
    """What the key may still spend in its window, calls in flight taken off; None without a limit."""
    open_holds: int = 0
    limits: Mapping[str, int | None] = field(default_factory=dict)
    """The account's rate limits."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """What counts towards them and those of its keys."""
    plan_limits: Mapping[str, int] = field(default_factory=dict)
    """The rate limits of the account's plan, where it has one: `requests_per_minute` and `requests_per_day`."""
    period: Period | None = None

    @property
    def spendable(self) -> Decimal:
        """What one more call can hold."""
        return self.available if self.key_room is None else min(self.available, self.key_room)


class Account(Struct, frozen=True):
    """Who pays. `spent` is what each key used in each of its windows, by `key_id|window`."""

    id: str
    name: str
    funds: Funds
    created_at: str
    updated_at: str
    limits: Mapping[str, int | None] = field(default_factory=dict)
    spent: Mapping[str, Decimal] = field(default_factory=dict)
    plan: str | None = None
    """Id of the plan that was chosen; None before one ever was."""


class SpendWindow(Struct, frozen=True):
    """The window of a key's spend limit that a call counts towards."""

    name: str
    """`key_id|window`, the name under which the account counts it."""
    limit_usd: Decimal | None = None


class Hold(Struct, frozen=True):
    """Money set aside for one admitted call, until the call is settled or released, or the hold expires."""

    id: str
    account_id: str
    amount_usd: Decimal
    expires_at: datetime
    request_id: str
    key_id: str
    model: str
    window: str
    """The name of the key's `SpendWindow`."""
    checkpoint_usd: Decimal | None = None
    """What the call had cost when it last said so; what is charged should nobody settle it."""
    marks: RateMarks | None = None
    """What the call counts in; None where there are no rate limits."""
    operation: str = ""
    """The endpoint that was called, as in `router/create_chat_completion`."""
    period_ends_at: int | None = None
    """The end of the account's period in which the call was admitted, in Unix seconds, where that is known."""


class Entry(Struct, frozen=True):
    """One change of a balance. `amount_usd` is signed: a charge is negative."""

    id: str
    account_id: str
    type: str
    """`usage`, `topup`, `credit`, `subscription`, `refund`, `adjustment` or `coupon`."""
    amount_usd: Decimal
    created_at: str
    hold_id: str | None = None
    request_id: str | None = None
    key_id: str | None = None
    model: str | None = None
    outcome: str | None = None
    operation: str = ""
    """The endpoint that a charge is for; of a credit there is none."""
    is_estimated: bool = False
    usage: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further facts: provider, the upstream's name of the model and of the call, attempts, the client's metadata."""
    credit_id: str | None = None
    """The operator's own id of a credit, by which a repetition is recognised."""
    balance_before_usd: Decimal | None = None
    balance_after_usd: Decimal | None = None
