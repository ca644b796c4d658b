"""`GET /balance`."""

from typing import Literal

from tollgate.contracts.shapes import Shape


class Balance(Shape):
    """What the account owns, in US dollars. `reserved` is held by calls in flight and part of `balance`."""

    success: Literal[True] = True
    balance: float
    """What the account owns, rounded to 9 decimals."""
    object: Literal["balance"] = "balance"
    available: float
    """What one more call can use: the balance without what is reserved."""
    reserved: float
    """What calls in flight hold until they are settled."""
    currency: Literal["USD"] = "USD"
    balance_exact: str
    """The balance with all of its 12 decimals."""
    updated_at: str
