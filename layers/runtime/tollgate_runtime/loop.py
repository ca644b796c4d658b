"""The loop: take an invocation, let the application answer it and finish its work, take the next."""

import asyncio
import gc
import json
import os
import signal
from typing import Final

from tollgate_runtime.context import Context
from tollgate_runtime.events import body_of, scope_of
from tollgate_runtime.exchange import App, Exchange
from tollgate_runtime.faults import Fault, fault_of, log
from tollgate_runtime.lifespan import Lifespan
from tollgate_runtime.runtime_api import Invocation, RuntimeApi

_LAST_WORDS_S: Final = 1.0
"""How long before its deadline an application is told to come to an end: so long, or a tenth of its time."""
_TRACE: Final = "_X_AMZN_TRACE_ID"


async def run(api: RuntimeApi, app: App, exchange: type[Exchange]) -> None:
    """Serve invocations, one at a time, until SIGTERM; one that is being served is served to its end.

    Raises StartupFailed, RuntimeApiError.
    """
    lifespan = Lifespan(app)
    await lifespan.start()
    gc.freeze()
    gc.enable()
    is_stopping = False
    polling: asyncio.Future[Invocation]

    def stop() -> None:
        nonlocal is_stopping
        is_stopping = True
        polling.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    while not is_stopping:
        polling = asyncio.ensure_future(api.next())
        try:
            invocation = await polling
        except asyncio.CancelledError:
            break
        await serve(app, invocation, exchange(api, invocation))
    await lifespan.stop()
    api.close()


async def serve(app: App, invocation: Invocation, exchange: Exchange) -> None:
    """Let the application answer one invocation, and return when it has nothing left to do.

    Raises RuntimeApiError.
    """
    _tell_tracer(invocation.trace_id)
    context = Context(invocation)
    time_left_s = context.get_remaining_time_in_millis() / 1000
    loop = asyncio.get_running_loop()
    answering = loop.create_task(_answer(app, invocation, context, exchange))
    bell = loop.call_later(time_left_s - min(_LAST_WORDS_S, time_left_s / 10), answering.cancel)
    await asyncio.wait({answering})
    is_late = loop.time() >= bell.when()
    bell.cancel()
    if fault := _fault_of(answering, exchange, is_late=is_late):
        log(fault, invocation.request_id)
        if not exchange.is_whole:
            await exchange.fail(fault)
    await exchange.close(within_s=context.get_remaining_time_in_millis() / 1000)


async def _answer(app: App, invocation: Invocation, context: Context, exchange: Exchange) -> None:
    event = json.loads(invocation.payload)
    scope = scope_of(event, context)
    exchange.body = body_of(event)
    await app(scope, exchange.receive, exchange.send)


def _fault_of(answering: "asyncio.Future[None]", exchange: Exchange, *, is_late: bool) -> Fault | None:
    """Why there is no answer, or what failed after it."""
    if not answering.cancelled() and (exc := answering.exception()) is not None:
        # What `send` raised when the client had gone is no failure of the application's.
        return None if exchange.is_gone and isinstance(exc, OSError) else fault_of(exc)
    is_answered = exchange.is_whole or exchange.is_gone
    if is_late and (answering.cancelled() or not is_answered):
        return Fault("Runtime.DeadlineExceeded", "The application was stopped shortly before its deadline.")
    if answering.cancelled():
        return Fault("Runtime.Cancelled", "The application cancelled itself.")
    if not is_answered:
        return Fault("Runtime.NoAnswer", "The application returned before its answer was whole.")
    return None


def _tell_tracer(trace_id: str | None) -> None:
    if trace_id is None:
        os.environ.pop(_TRACE, None)
    else:
        os.environ[_TRACE] = trace_id
