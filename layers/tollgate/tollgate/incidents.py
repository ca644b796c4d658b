"""What an operator is to be told of: counted as metrics of the stack, which alarms of the template watch.

Powertools is imported only where something has happened.
"""

import os
from typing import Final, Literal

Incident = Literal[
    "ChargesNotWritten", "EventsNotPublished", "HoldsExpired", "ProviderCredentialsRefused", "SettleOverruns"
]
"""A charge that no try could write; an event that was lost; holds of calls that died; a provider that refuses the
operator's key or account; a bill above its hold."""

NAMESPACE: Final = "Tollgate"


def count(incident: Incident, number: int = 1) -> None:
    """Count something that happened, in a deployment."""
    stack = os.environ.get("STACK")
    if not stack or "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit  # noqa: PLC0415 - as above

    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.add_dimension(name="stack", value=stack)
    metrics.add_metric(name=incident, unit=MetricUnit.Count, value=number)
    metrics.flush_metrics()
