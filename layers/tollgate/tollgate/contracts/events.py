"""What happens that others may want to hear of."""

from typing import Final, Literal, get_args

EventType = Literal[
    "generation.started",
    "generation.completed",
    "generation.failed",
    "analysis.completed",
    "analysis.failed",
    "block.generated",
    "model.training.started",
    "model.training.completed",
    "model.training.failed",
    "usage.limit_exceeded",
    "usage.quota_exceeded",
    "usage.warning",
    "system.maintenance",
    "system.update",
]
EVENT_TYPES: Final[tuple[str, ...]] = get_args(EventType)
