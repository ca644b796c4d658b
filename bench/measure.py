"""What is measured, each as plain numbers: seconds, megabytes, counts."""

import statistics
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx2

from bench.fakes import Fake, completion, dynamodb, stream_of
from bench.processes import Variant, direct, event, import_s, running, variants

_MODEL = "openai/gpt-4o"
_BODY = {"model": _MODEL, "messages": [{"role": "user", "content": "Hello, how are you?"}], "max_tokens": 500}
_WARM_UP = 50
_PARTS = {
    "the interpreter": "sys",
    "asyncio": "asyncio",
    "pydantic": "pydantic",
    "the HTTP client, httpx2": "httpx2",
    "the contract of a chat request": "tollgate.contracts.router.chat",
    "the rest of the function": "app",
}
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Start:
    """A cold start: seconds until the first poll and until the first byte of an answer, megabytes after it.

    `call_s` is what of it the first request takes; `round_trips` are its own to the store before the provider is asked.
    """

    ready_s: float
    call_s: float
    first_byte_s: float
    resident_mb: float
    round_trips: int = 0


@dataclass(frozen=True, slots=True)
class Warm:
    """Calls of a warm function: median seconds from event to last byte, ours and of a handler that only calls."""

    total_s: float
    direct_s: float
    calls: int

    @property
    def added_s(self) -> float:
        """What the gateway itself adds: the rest."""
        return self.total_s - self.direct_s


@dataclass(frozen=True, slots=True)
class Streamed:
    """A stream through the gateway beside the same one read directly: medians, in seconds."""

    first_s: float
    direct_first_s: float
    chunk_s: float
    direct_chunk_s: float
    chunks: int


async def cold_starts(rounds: int, say: Progress) -> dict[str, Start]:
    """Start each variant so many times, in turn, and take medians."""
    found: dict[str, list[Start]] = {name: [] for name in variants()}
    asked: list[int] = []

    def answer(head: str, body: bytes) -> list[bytes]:
        asked.append(fakes[0].calls)
        return completion(head, body)

    async with _behind(answer) as (environment, fakes):
        for number in range(rounds):
            for name, variant in variants().items():
                found[name].append(await _start(variant, environment, fakes[0], asked))
            say(f"cold starts: {number + 1} of {rounds}")
    return {name: _median_start(starts) for name, starts in found.items()}


def anatomy(rounds: int, say: Progress) -> dict[str, float]:
    """What each part of the chat function costs to import, on top of those before it: medians, in seconds."""
    found: dict[str, list[float]] = {name: [] for name in _PARTS}
    for number in range(rounds):
        for name, count in zip(_PARTS, range(1, len(_PARTS) + 1), strict=True):
            found[name].append(import_s(list(_PARTS.values())[:count]))
        say(f"imports: {number + 1} of {rounds}")
    whole = [statistics.median(times) for times in found.values()]
    return dict(zip(_PARTS, [whole[0], *(after - before for before, after in pairwise(whole))], strict=True))


async def warm_calls(calls: int, say: Progress) -> Warm:
    """Call a warm chat function, and in turn one that makes the same calls under the same runtime."""
    async with (
        _behind(completion) as (environment, _),
        running(variants()["chat"], environment) as chat,
        running(direct(), environment) as other,
    ):
        totals, directs = [], []
        for number in range(calls + _WARM_UP):
            took = (await chat.api.invoke(event(_BODY))).took_s
            # Settling would else run beside the other's call.
            await chat.api.idle.wait()
            directly = (await other.api.invoke(event(_BODY))).took_s
            if number >= _WARM_UP:
                totals.append(took)
                directs.append(directly)
            if number % 250 == 0:
                say(f"warm calls: {max(number - _WARM_UP, 0)} of {calls}")
    return Warm(statistics.median(totals), statistics.median(directs), calls)


async def streams(chunks: int, rounds: int, say: Progress) -> Streamed:
    """Read a long stream through the function and directly, in turn."""
    found: list[tuple[float, float]] = []
    direct: list[tuple[float, float]] = []
    async with (
        _behind(stream_of(chunks), media_type="text/event-stream") as (environment, fakes),
        running(variants()["chat"], environment) as chat,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        body = {**_BODY, "stream": True}
        for number in range(rounds + 1):
            invocation = await chat.api.invoke(event(body))
            upstream = fakes[1]
            first = next(at for at, _ in invocation.arrivals[1:]) - upstream.sent_at[0]
            through = (invocation.last_byte_at - invocation.arrivals[1][0]) / chunks
            found.append((first, through))
            direct.append(await _read_directly(client, upstream, chunks))
            say(f"streams: {number} of {rounds}")
    medians = [statistics.median(values) for values in zip(*found[1:], strict=True)]
    plain = [statistics.median(values) for values in zip(*direct[1:], strict=True)]
    return Streamed(medians[0], plain[0], medians[1], plain[1], chunks)


async def _read_directly(client: httpx2.AsyncClient, upstream: Fake, chunks: int) -> tuple[float, float]:
    first = last = 0.0
    async with client.stream("POST", upstream.url, json=_BODY) as response:
        async for _ in response.aiter_bytes():
            last = time.perf_counter()
            first = first or last
    return first - upstream.sent_at[0], (last - first) / chunks


async def _start(variant: Variant, environment: Mapping[str, str], store: Fake, asked: list[int]) -> Start:
    """A start; in `asked` the provider notes how often the store had been asked by then."""
    async with running(variant, environment) as function:
        await function.api.idle.wait()
        before = store.calls
        invocation = await function.api.invoke(event(_BODY))
        return Start(
            ready_s=function.api.first_poll_at - function.started_at,
            call_s=invocation.first_byte_at - invocation.handed_out_at,
            first_byte_s=invocation.first_byte_at - function.started_at,
            resident_mb=function.resident_mb,
            round_trips=asked.pop() - before if asked else 0,
        )


def _median_start(starts: list[Start]) -> Start:
    return Start(
        statistics.median(start.ready_s for start in starts),
        statistics.median(start.call_s for start in starts),
        statistics.median(start.first_byte_s for start in starts),
        statistics.median(start.resident_mb for start in starts),
        max(start.round_trips for start in starts),
    )


@asynccontextmanager
async def _behind(
    answer: Callable[[str, bytes], list[bytes]], *, media_type: str = "application/json"
) -> AsyncIterator[tuple[dict[str, str], list[Fake]]]:
    """DynamoDB and OpenAI behind a function, and the environment that makes it find them."""
    async with Fake(dynamodb) as store, Fake(answer, media_type=media_type) as provider:
        environment: dict[str, Any] = {
            "AWS_ENDPOINT_URL": store.url,
            "ACCOUNTS_TABLE": "accounts",
            "LEDGER_TABLE": "ledger",
            "KEYS_TABLE": "keys",
            "OPENAI_BASE_URL": f"{provider.url}/v1",
            "OPENAI_API_KEY": "sk-bench",
        }
        yield environment, [store, provider]
