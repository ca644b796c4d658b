"""The two ways in which Lambda's own Python runtime calls us: a buffered endpoint, and an event that is no request."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mangum import Mangum

from tollgate.edge.endpoint import Endpoint

Handler = Callable[[dict[str, Any], Any], Any]


def buffered(app: Endpoint) -> Handler:
    """The handler of an endpoint that never calls a model: its whole answer is one proxy response."""
    _loop()
    return Mangum(app, lifespan="off")


def run(work: Awaitable[Any]) -> Any:
    """Run something on this container's event loop, which lives as long as its connections do."""
    return _loop().run_until_complete(_awaited(work))


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


_loops: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    if not _loops:
        _loops.append(asyncio.new_event_loop())
    # Mangum takes the current loop, and makes one of its own where there is none.
    asyncio.set_event_loop(_loops[0])
    return _loops[0]
