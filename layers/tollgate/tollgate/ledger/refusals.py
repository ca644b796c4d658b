"""What follows from the money that an account has at one moment."""

from decimal import Decimal
from math import ceil
from typing import Any, Final

from tollgate.contracts.accounts import Funds
from tollgate.errors import (
    BalanceReserved,
    InsufficientBalance,
    KeyLimitReached,
    PaymentRequired,
    RequestExceedsBalance,
)
from tollgate.ledger.money import ZERO, shown

_LONGEST_WAIT_S: Final = 30


def gate_a(funds: Funds) -> None:
    """Refuse every call of an account that owns nothing, whatever the call would cost.

    Raises InsufficientBalance.
    """
    if funds.balance <= ZERO:
        raise InsufficientBalance(
            "Payment Required: account balance is 0 or below.",
            metadata={**_shown(funds), "limit_source": "account_balance"},
        )


def refusal(funds: Funds, required: Decimal, affordable_tokens: int | None = None) -> PaymentRequired:
    """Why a call that needs `required` cannot be admitted: one of the four answers."""
    try:
        gate_a(funds)
    except InsufficientBalance as exc:
        return exc
    facts: dict[str, Any] = {"required": shown(required), **_shown(funds)}
    if funds.key_room is not None and required > funds.key_room:
        return KeyLimitReached(
            f"This request could cost up to ${required:.6f} but the key's own spend limit has ${funds.key_room:.6f} "
            "left. Raise the limit of the key or use another one.",
            metadata={**facts, "key_room": shown(funds.key_room), "limit_source": "key_limit"},
        )
    if required > funds.balance:
        tokens = max(affordable_tokens or 0, 0)
        advice = f" At most {tokens} output tokens are affordable." if affordable_tokens is not None else ""
        if affordable_tokens is not None:
            facts["affordable_output_tokens"] = tokens
        return RequestExceedsBalance(
            f"This request could cost up to ${required:.6f} but the balance is ${funds.balance:.6f}.{advice}",
            param="max_completion_tokens" if affordable_tokens is not None else None,
            metadata={**facts, "limit_source": "account_balance"},
        )
    wait_s = min(_LONGEST_WAIT_S, max(1, ceil(funds.open_holds / 2)))
    return BalanceReserved(
        f"Other requests in progress hold the remaining balance. Retry after {wait_s} seconds.",
        retry_after_s=wait_s,
        metadata={**facts, "limit_source": "in_flight"},
    )


def _shown(funds: Funds) -> dict[str, float]:
    return {
        "balance": shown(funds.balance),
        "available": shown(funds.available),
        "reserved": shown(funds.reserved),
    }
