"""US dollars as exact decimals with 12 places, and how they are shown."""

from decimal import ROUND_HALF_UP, ROUND_UP, Context, Decimal
from typing import Final

ZERO: Final = Decimal(0)
EXACT: Final = Context(prec=100)
"""Wide enough for any amount: Python's own 28 digits end at 10^16 US dollars, and a provider's nonsense does not."""
_PICODOLLAR: Final = Decimal("0.000000000001")
_NANODOLLAR: Final = Decimal("0.000000001")


def exact(amount_usd: Decimal) -> Decimal:
    """An amount with 12 decimals, half up: the smallest unit that is ever charged is 10⁻¹² US dollars."""
    return amount_usd.quantize(_PICODOLLAR, ROUND_HALF_UP, EXACT)


def exact_up(amount_usd: Decimal) -> Decimal:
    """As `exact`, never below the amount: what a bound is rounded with."""
    return amount_usd.quantize(_PICODOLLAR, ROUND_UP, EXACT)


def shown(amount_usd: Decimal) -> float:
    """An amount as a JSON number: half up to 9 decimals."""
    return float(amount_usd.quantize(_NANODOLLAR, ROUND_HALF_UP, EXACT))


def text(amount_usd: Decimal) -> str:
    """An amount with all 12 decimals, as the `*_exact` fields carry it."""
    return format(exact(amount_usd), "f")


def plain(amount_usd: Decimal) -> str:
    """An amount without trailing zeros, never in exponent form."""
    shortest = format(exact(amount_usd), "f").rstrip("0").rstrip(".")
    return shortest or "0"
