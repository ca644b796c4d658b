"""`/accounts`: the operator's own endpoints."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tollgate.contracts.limits import Limits
from tollgate.contracts.money import UsDollars
from tollgate.contracts.shapes import Query, Shape, StrictShape, Trimmed

PlanId = Literal["free", "developer", "pro", "enterprise"]

Name = Annotated[str, Field(min_length=1, max_length=100), Trimmed]


class CreateAccountRequest(StrictShape):
    """A new account, with a balance of zero."""

    name: Name
    """What you call the account."""
    limits: Limits = Field(default_factory=Limits)
    """Rate limits of all its keys together."""


class UpdateAccountRequest(StrictShape):
    """What to change. Absent fields stay as they are."""

    null_is_absent: ClassVar[bool] = False

    name: Name | None = None
    """What you call the account."""
    limits: Limits | None = None
    """Rate limits, all of them at once; `null` for none."""
    plan: PlanId | None = None
    """A plan whose limits and quota hold for it, free of charge; `null` for none. Not while it pays for one itself."""


class AccountAnswer(Shape):
    """An account and its money, in US dollars."""

    id: str
    object: Literal["account"] = "account"
    name: str
    balance: float
    """What the account owns, rounded to 9 decimals."""
    available: float
    """What one more call can use."""
    reserved: float
    """What calls in flight hold."""
    balance_exact: str
    """The balance with all of its 12 decimals."""
    limits: dict[str, int | None]
    """Rate limits of all its keys together."""
    plan: str | None
    """The plan that it is on; `null` before one was chosen."""
    created_at: str
    updated_at: str


class CreateCreditRequest(StrictShape):
    """A change of a balance that is no charge for a call. The same `id` a second time changes nothing."""

    amount: Annotated[UsDollars, Field(max_digits=24, decimal_places=12)]
    """US dollars, with up to 12 decimals. Below zero for `adjustment` and `subscription` only, and never zero."""
    id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
    """Your own id of the credit, such as a payment's. It is applied once, however often it is sent."""
    type: Literal["topup", "credit", "subscription", "refund", "adjustment", "coupon"] = "topup"
    """What the credit is, for the ledger."""


class Credit(Shape):
    """A credit that was applied, now or before."""

    id: str
    object: Literal["credit"] = "credit"
    type: str
    amount: float
    """What was added."""
    balance: float
    """The balance now."""
    balance_exact: str


class LedgerQuery(Query):
    """Which entries to list; `after` is the id of the last one seen."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """Entries on a page."""
    after: Annotated[str, Field(pattern=r"^led_[0-9A-Z]{26}$")] | None = None
    """The id of the last entry seen; the page begins behind it."""


class LedgerEntry(Shape):
    """One change of a balance. `amount` is signed: a charge is negative."""

    id: str
    object: Literal["ledger_entry"] = "ledger_entry"
    type: str
    """`usage` for a call; else the type of the credit."""
    amount: float
    """US dollars, rounded to 9 decimals; a charge is negative."""
    amount_exact: str
    """The amount with all of its 12 decimals."""
    balance_before_exact: str
    balance_after_exact: str
    hold_id: str | None
    """The hold that the charge closed."""
    request_id: str | None
    """The call, by the `x-request-id` of its answer."""
    key_id: str | None
    """The key that the call came with."""
    model: str | None
    """The model that answered."""
    usage: dict[str, Any]
    """What the call used."""
    estimated: bool
    """Whether usage was counted by the gateway, because the provider did not report it."""
    operation: str | None
    """The endpoint that was called."""
    outcome: str | None
    """How the call ended: `completed`, `upstream_error`, `client_disconnected` or `expired`."""
    credit_id: str | None
    """The operator's id of a credit."""
    details: dict[str, Any]
    """Further facts: the provider, its name of the model and of the call, the client's metadata."""
    created_at: str


class LedgerPage(Shape):
    """Entries, newest first."""

    object: Literal["list"] = "list"
    data: list[LedgerEntry]
    """The entries."""
    has_more: bool
    """Whether there are older ones."""
