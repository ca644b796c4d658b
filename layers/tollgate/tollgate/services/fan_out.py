"""Several upstream calls for one request, where a provider gives one choice a call: `n` of them, merged."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace

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
        single = stream(request)
        try:
            async for delta in single:
                yield delta
        finally:
            await single.aclose()
        return

    arrived: asyncio.Queue[tuple[int, Delta | BaseException | None]] = asyncio.Queue()
    usages: list[Usage | None] = [None] * calls

    async def read(index: int) -> None:
        deltas = stream(request)
        try:
            async for delta in deltas:
                await arrived.put((index, delta))
            await arrived.put((index, None))
        except Exception as exc:  # noqa: BLE001 - raised again by the reader of the queue
            await arrived.put((index, exc))
        finally:
            await deltas.aclose()

    tasks = [asyncio.ensure_future(read(index)) for index in range(calls)]
    try:
        running = calls
        while running:
            index, item = await arrived.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                running -= 1
                continue
            usages[index] = item.usage or usages[index]
            yield item._replace(choices=[{**choice, "index": index} for choice in item.choices], usage=None)
        if (usage := _total(usages)) is not None:
            yield Delta(usage=usage)
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
