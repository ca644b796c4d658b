"""`GET /v1/status`."""

from typing import Literal

from tollgate.contracts.shapes import Shape


class Status(Shape):
    """How the gateway has been doing, by its own figures. `timestamp` is in Unix seconds."""

    status: Literal["operational", "degraded", "outage", "maintenance"]
    """`degraded` where one request in twenty failed in the last minutes, or a part cannot be asked how it is; `outage`
    where half of them failed, or calls cannot be admitted at all."""
    timestamp: int
    uptime: float
    """Of the last day's windows of five minutes, the percentage in which fewer than half of all requests failed."""
    response_time: float
    """Milliseconds that a request took on average, when requests were last made."""
    active_requests: int
    """Requests in progress; in a deployment on average, over the last minutes."""
    queue_size: int
    """Events that wait to be delivered."""
