"""Plans that an account can subscribe to."""

from decimal import Decimal
from typing import NamedTuple


class Plan(NamedTuple):
    """What a plan costs for 30 days, and what it allows."""

    id: str
    name: str
    price_usd: Decimal
    requests_per_minute: int
    requests_per_day: int
    tokens_per_period: int
    is_offered: bool = True
    """Whether an account can choose it by itself; an operator can give it any."""
