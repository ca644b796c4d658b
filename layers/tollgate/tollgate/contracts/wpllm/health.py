"""`GET /v1/health`."""

from typing import Literal

from tollgate.contracts.shapes import Shape

Condition = Literal["healthy", "degraded", "unhealthy"]


class HealthServices(Shape):
    """The parts of the gateway."""

    generation: Condition
    """Whether calls can be admitted, which needs the accounts to be readable."""
    analysis: Condition
    """Whether code can be analysed."""
    models: Condition
    """`degraded` where the catalogue is empty."""


class Health(Shape):
    """How the gateway is. `timestamp` is in Unix seconds."""

    status: Condition
    """The worst condition of any part. `unhealthy` comes with the status 503."""
    timestamp: int
    version: str
    """The release of Tollgate."""
    services: HealthServices
