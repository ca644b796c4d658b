"""What is measured, each as plain numbers: seconds, megabytes, counts."""

import statistics
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from bench.fakes import Fake, completion, dynamodb, stream_of
from bench.processes import Variant, event, running, variants

_MODEL = "openai/gpt-4o"
_BODY = {"model": _MODEL, "messages": [{"role": "user", "content": "Hello, how are you?"}], "max_tokens": 500}
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Start:
    """A cold start: seconds until the first poll and until the first byte of an answer, megabytes after it.

    `round_trips` are those to the store before the provider is asked.
    """

    ready_s: float
    first_byte_s: float
    resident_mb: float
    round_trips: int = 0


@dataclass(frozen=True, slots=True)
class Warm:
    """Calls of a warm function: median seconds of all, of the providers and stores behind it, and of an empty one."""

    total_s: float
    behind_s: float
    empty_s: float
    calls: int

    @property
    def added_s(self) -> float:
        """What the gateway itself adds: the rest."""
        return self.total_s - self.behind_s - self.empty_s


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
                before = fakes[0].calls
                start = await _start(variant, environment)
                found[name].append(replace(start, round_trips=asked.pop() - before if asked else 0))
            say(f"cold starts: {number + 1} of {rounds}")
    return {name: _median_start(starts) for name, starts in found.items()}


async def warm_calls(calls: int, say: Progress) -> Warm:
    """Call a warm chat function, and an empty one under the same runtime in turn."""
    async with (
        _behind(completion) as (environment, fakes),
        running(variants()["chat"], environment) as chat,
        running(variants()["empty_asgi"], {}) as empty,
    ):
        totals, behind, nothing = [], [], []
        for number in range(calls + 50):
            before = sum(fake.busy_s for fake in fakes)
            took = (await chat.api.invoke(event(_BODY))).took_s
            waited = sum(fake.busy_s for fake in fakes) - before
            idle = (await empty.api.invoke(event(_BODY))).took_s
            # The settling of one call falls into the time of the next one; the first calls warm up.
            if number >= 50:
                totals.append(took)
                behind.append(waited)
                nothing.append(idle)
            if number % 250 == 0:
                say(f"warm calls: {max(number - 50, 0)} of {calls}")
    return Warm(statistics.median(totals), statistics.median(behind), statistics.median(nothing), calls)


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


async def _start(variant: Variant, environment: Mapping[str, str]) -> Start:
    async with running(variant, environment) as function:
        invocation = await function.api.invoke(event(_BODY))
        return Start(
            ready_s=function.api.first_poll_at - function.started_at,
            first_byte_s=invocation.first_byte_at - function.started_at,
            resident_mb=function.resident_mb,
        )


def _median_start(starts: list[Start]) -> Start:
    return Start(
        statistics.median(start.ready_s for start in starts),
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
