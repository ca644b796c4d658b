"""`GET /balance`."""

from typing import Literal

from tollgate.contracts.shapes import Shape


class Balance(Shape):
    """What the account owns, in US dollars. `reserved` is held by calls in flight and part of `balance`."""

    success: Literal[True] = True
    balance: float
    object: Literal["balance"] = "balance"
    available: float
    reserved: float
    currency: Literal["USD"] = "USD"
    balance_exact: str
    updated_at: str
