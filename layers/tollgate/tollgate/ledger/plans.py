"""The plans on offer.

Source: the WP LLM API's own prices, limits and token quotas; the token quotas but that of `pro`, and the requests of
`developer` and `enterprise`, are Tollgate's.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from tollgate.contracts.plans import Plan
from tollgate.errors import BadRequest

PLANS: Final[Mapping[str, Plan]] = {
    plan.id: plan
    for plan in (
        Plan("free", "Free", Decimal(0), 10, 1_000, 1_000_000),
        Plan("developer", "Developer", Decimal(29), 10, 1_000, 1_000_000, is_offered=False),
        Plan("pro", "Professional", Decimal("29.99"), 100, 50_000, 10_000_000),
        Plan("enterprise", "Enterprise", Decimal("99.99"), 1_000, 500_000, 100_000_000),
    )
}
UNCHOSEN: Final = PLANS["free"]
"""What an account is on before it chooses: it pays for no plan, and none of the plan's limits hold yet."""


def offered(plan_id: str) -> Plan:
    """A plan that an account can choose by itself.

    Raises BadRequest.
    """
    plan = PLANS.get(plan_id)
    if plan is None or not plan.is_offered:
        names = ", ".join(f"'{plan.id}'" for plan in PLANS.values() if plan.is_offered)
        raise BadRequest(f"'plan' has to be one of {names}.", param="plan")
    return plan
