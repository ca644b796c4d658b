"""What an application does before its first request and after its last, as ASGI has it.

https://asgi.readthedocs.io/en/latest/specs/lifespan.html
"""

import asyncio
from typing import Final

from tollgate_runtime.exchange import App, Message

_SCOPE: Final = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}


class StartupFailed(Exception):
    """The application says that it cannot be served."""


class Lifespan:
    """The life of an application. One that knows nothing of it, and raises, is served all the same."""

    def __init__(self, app: App) -> None:
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._task = asyncio.ensure_future(app(dict(_SCOPE), self._told.get, self._said.put))

    async def start(self) -> None:
        """Let the application get ready: at its start, Lambda lends a function more processor than it is paid for.

        Raises StartupFailed.
        """
        answer = await self._tell("lifespan.startup")
        if answer is not None and answer["type"] == "lifespan.startup.failed":
            raise StartupFailed(answer.get("message", ""))

    async def stop(self) -> None:
        """Let the application come to an end."""
        await self._tell("lifespan.shutdown")

    async def _tell(self, word: str) -> Message | None:
        """What the application says to a word; None where it says nothing, and is gone."""
        self._told.put_nowait({"type": word})
        answer = asyncio.ensure_future(self._said.get())
        await asyncio.wait({self._task, answer}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        answer.cancel()
        # Looked at, so that asyncio does not complain of it: what it means shows when there is a request.
        self._task.exception()
        return None
