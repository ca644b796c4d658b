"""Whether the gateway can do its work."""

import asyncio
from typing import Final

from tollgate import VERSION
from tollgate.contracts.answer import Answer
from tollgate.contracts.wpllm.health import Health, HealthServices
from tollgate.resources import Resources
from tollgate.stores.aws import AwsError, AwsUnavailable

PATIENCE_S: Final = 0.8
"""Whoever asks for the health of a gateway is answered within a second."""


async def can_admit(resources: Resources) -> bool:
    """Whether the accounts can be read, without which nothing is admitted."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await resources.accounts.get("health")
    except (AwsError, AwsUnavailable, TimeoutError):
        return False
    return True


async def get_health(resources: Resources) -> Answer:
    """The condition of each part. No provider is asked: their troubles are their own.

    Generating needs the accounts to be readable, since nothing is generated without a reservation.
    """
    generation = "healthy" if await can_admit(resources) else "unhealthy"
    models = "healthy" if any(resources.catalogue.all()) else "degraded"
    parts = HealthServices.model_validate({"generation": generation, "analysis": "healthy", "models": models})
    conditions = {parts.generation, parts.analysis, parts.models}
    worst = next(condition for condition in ("unhealthy", "degraded", "healthy") if condition in conditions)
    content = Health.model_validate(
        {"status": worst, "timestamp": int(resources.now().timestamp()), "version": VERSION, "services": parts}
    )
    return Answer(content=content, status=503 if worst == "unhealthy" else 200, headers={"cache-control": "no-store"})
