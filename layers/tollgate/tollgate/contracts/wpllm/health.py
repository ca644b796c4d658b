"""`GET /v1/health`."""

from typing import Literal

from tollgate.contracts.shapes import Shape

Condition = Literal["healthy", "degraded", "unhealthy"]


class HealthServices(Shape):
    """The parts of the gateway."""

    generation: Condition
    analysis: Condition
    models: Condition


class Health(Shape):
    """How the gateway is. `timestamp` is in Unix seconds."""

    status: Condition
    timestamp: int
    version: str
    services: HealthServices
