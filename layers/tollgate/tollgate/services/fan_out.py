"""Several upstream calls for one request, where a provider gives one choice a call: `n` of them, merged."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from msgspec.structs import replace

from tollgate.contracts.chat import ChatRequest, Completion, Delta
from tollgate.contracts.usage import Usage


async def complete_each(
    complete: Callable[[ChatRequest], Awaitable[Completion]], request: ChatRequest, calls: int
) -> Completion:
    """Make so many calls at once and merge their choices. One failure fails all, and stops the others."""
    if calls == 1:
        return await complete(request)
    tasks = [asyncio.ensure_future(complete(request)) for _ in range(calls)]
    try:
        completions = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return replace(
        completions[0],
        choices=[
            {**completion.choices[0], "index": index}
            for index, completion in enumerate(completions)
            if completion.choices
        ],
        usage=_total([completion.usage for completion in completions]),
    )


async def stream_each(
    stream: Callable[[ChatRequest], AsyncGenerator[Delta, None]], request: ChatRequest, calls: int
) -> AsyncGenerator[Delta, None]:
    """Make so many streams at once and interleave their choices; usage comes once, at the end, for all of them."""
    if calls == 1:
        async with aclosing(stream(request)) as single:
            async for delta in single:
                yield delta
        return
    usages: list[Usage | None] = [None] * calls
    async with aclosing(_interleaved([stream(request) for _ in range(calls)])) as arrived:
        async for index, delta in arrived:
            usages[index] = delta.usage or usages[index]
            yield delta._replace(choices=[{**choice, "index": index} for choice in delta.choices], usage=None)
    if (usage := _total(usages)) is not None:
        yield Delta(usage=usage)


async def _interleaved(streams: list[AsyncGenerator[Delta, None]]) -> AsyncGenerator[tuple[int, Delta], None]:
    """What the streams give, with the place of the one that gave it, in the order of arrival."""
    arrived: asyncio.Queue[tuple[int, Delta | None]] = asyncio.Queue()

    async def read(index: int) -> None:
        try:
            async with aclosing(streams[index]) as deltas:
                async for delta in deltas:
                    await arrived.put((index, delta))
        finally:
            await arrived.put((index, None))

    tasks = [asyncio.ensure_future(read(index)) for index in range(len(streams))]
    try:
        running = len(tasks)
        while running:
            index, delta = await arrived.get()
            if delta is not None:
                yield index, delta
                continue
            running -= 1
            await tasks[index]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _total(usages: list[Usage | None]) -> Usage | None:
    known = [usage for usage in usages if usage is not None]
    if len(known) < len(usages):
        return None
    total = known[0]
    for usage in known[1:]:
        total = total + usage
    return total
