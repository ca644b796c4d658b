"""`/accounts`: the operator's own endpoints."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tollgate.contracts.limits import Limits
from tollgate.contracts.money import UsDollars
from tollgate.contracts.shapes import Query, Shape, StrictShape, Trimmed

Name = Annotated[str, Field(min_length=1, max_length=100), Trimmed]


class CreateAccountRequest(StrictShape):
    """A new account, with a balance of zero."""

    name: Name
    limits: Limits = Field(default_factory=Limits)


class UpdateAccountRequest(StrictShape):
    """What to change. Absent fields stay as they are."""

    null_is_absent: ClassVar[bool] = False

    name: Name | None = None
    limits: Limits | None = None


class AccountAnswer(Shape):
    """An account and its money, in US dollars."""

    id: str
    object: Literal["account"] = "account"
    name: str
    balance: float
    available: float
    reserved: float
    balance_exact: str
    limits: dict[str, int | None]
    created_at: str
    updated_at: str


class CreateCreditRequest(StrictShape):
    """A change of a balance that is no charge for a call. The same `id` a second time changes nothing."""

    amount: Annotated[UsDollars, Field(max_digits=24, decimal_places=12)]
    id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
    type: Literal["topup", "credit", "subscription", "refund", "adjustment", "coupon"] = "topup"


class Credit(Shape):
    """A credit that was applied, now or before."""

    id: str
    object: Literal["credit"] = "credit"
    type: str
    amount: float
    balance: float
    balance_exact: str


class LedgerQuery(Query):
    """Which entries to list; `after` is the id of the last one seen."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    after: Annotated[str, Field(pattern=r"^led_[0-9A-Z]{26}$")] | None = None


class LedgerEntry(Shape):
    """One change of a balance. `amount` is signed: a charge is negative."""

    id: str
    object: Literal["ledger_entry"] = "ledger_entry"
    type: str
    amount: float
    amount_exact: str
    balance_before_exact: str
    balance_after_exact: str
    hold_id: str | None
    request_id: str | None
    key_id: str | None
    model: str | None
    usage: dict[str, Any]
    estimated: bool
    outcome: str | None
    credit_id: str | None
    details: dict[str, Any]
    created_at: str


class LedgerPage(Shape):
    """Entries, newest first."""

    object: Literal["list"] = "list"
    data: list[LedgerEntry]
    has_more: bool
