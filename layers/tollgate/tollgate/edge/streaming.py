"""Sending a body in pieces: keep-alives, a client that goes away, an error in the middle."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from typing import Any, Final

KEEP_ALIVE_S: Final = 15.0

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):
    """The client closed the connection before the body was whole."""


async def send_pieces(
    pieces: AsyncGenerator[bytes, None],
    receive: Receive,
    send: Send,
    *,
    keep_alive: bytes,
    every_s: float = KEEP_ALIVE_S,
) -> None:
    """Send every piece as it comes, without ending the body.

    Raises ClientGone; whatever the generator raises passes through. The generator is closed in any case.
    """
    loop = asyncio.get_running_loop()
    last_sent = loop.time()

    async def pump() -> None:
        nonlocal last_sent
        async with aclosing(pieces):
            async for piece in pieces:
                await _deliver(piece, send)
                last_sent = loop.time()

    async def until_gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    pumping, watching = loop.create_task(pump()), loop.create_task(until_gone())
    try:
        while not pumping.done():
            # Not a timer for every piece: those are many, and silences are few.
            silence_ends = last_sent + every_s if keep_alive else None
            timeout = None if silence_ends is None else max(silence_ends - loop.time(), 0.001)
            done, _ = await asyncio.wait({pumping, watching}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if watching in done and not pumping.done():
                raise ClientGone
            if not done and loop.time() >= last_sent + every_s:
                await _deliver(keep_alive, send)
                last_sent = loop.time()
        pumping.result()
    finally:
        for task in (pumping, watching):
            task.cancel()
        await asyncio.gather(pumping, watching, return_exceptions=True)


async def _deliver(piece: bytes, send: Send) -> None:
    try:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    except OSError as exc:
        raise ClientGone from exc
