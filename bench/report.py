"""docs/performance.md and its chart."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from bench.analysis import Analysed
from bench.gate import Gate
from bench.measure import Start, Streamed, Warm
from bench.processes import variants

_MS = 1000


def report(
    starts: Mapping[str, Start],
    parts: Mapping[str, float],
    warm: Warm,
    *,
    streamed: Streamed,
    gate: Gate,
    analysed: Analysed,
) -> str:
    """The page."""
    empty, chat, usual = starts["empty"], starts["chat"], starts["usual"]
    ratio = chat.first_byte_s / empty.first_byte_s
    rest_s = chat.first_byte_s - sum(parts.values())
    # The authorizer, a function of its own, reads the key.
    round_trips = 1 + chat.round_trips
    rows = [
        ("Cold start to the first byte, against an empty handler", "≤ 5 ×", f"{ratio:.1f} ×", ratio <= 5),
        ("Resident memory", "≤ 60 MB", f"{chat.resident_mb:.0f} MB", chat.resident_mb <= 60),
        ("Warm time added to a call", "≤ 1.5 ms", f"{warm.added_s * _MS:.2f} ms", warm.added_s * _MS <= 1.5),
        ("Round trips to AWS before the provider is asked", "≤ 2", str(round_trips), round_trips <= 2),
        (
            "Time added to the first token",
            "≤ 2 ms",
            f"{(streamed.first_s - streamed.direct_first_s) * _MS:.2f} ms",
            (streamed.first_s - streamed.direct_first_s) * _MS <= 2,
        ),
        (
            "Time added to a chunk of a stream",
            "≤ 30 µs",
            f"{(streamed.chunk_s - streamed.direct_chunk_s) * 1e6:.0f} µs",
            (streamed.chunk_s - streamed.direct_chunk_s) * 1e6 <= 30,
        ),
        (
            f"{gate.parallel} parallel calls with money for 5: exactly 5 admitted, the ledger adds up",
            "every time",
            f"{gate.exact} of {gate.rounds}",
            gate.exact == gate.rounds,
        ),
    ]
    return _PAGE.format(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        python=platform.python_version(),
        goals="\n".join(
            f"| {what} | {goal} | {found} | {'met' if met else '**missed**'} |" for what, goal, found, met in rows
        ),
        starts="\n".join(
            f"| {variant.title} | {starts[name].ready_s * _MS:.0f} | {starts[name].call_s * _MS:.0f} "
            f"| {starts[name].first_byte_s * _MS:.0f} "
            f"| {starts[name].first_byte_s / empty.first_byte_s:.1f} | {starts[name].resident_mb:.0f} |"
            for name, variant in variants().items()
        ),
        parts="\n".join(
            f"| {name} | {took_s * _MS:.0f} | {took_s / empty.first_byte_s:.1f} |"
            for name, took_s in {**parts, _READY: rest_s}.items()
        ),
        verdict=_verdict(starts),
        usual_ratio=f"{usual.first_byte_s / empty.first_byte_s:.1f}",
        total=f"{warm.total_s * _MS:.2f}",
        directly=f"{warm.direct_s * _MS:.2f}",
        added=f"{warm.added_s * _MS:.2f}",
        calls=warm.calls,
        first=f"{streamed.first_s * _MS:.2f}",
        direct_first=f"{streamed.direct_first_s * _MS:.2f}",
        chunk=f"{streamed.chunk_s * 1e6:.0f}",
        direct_chunk=f"{streamed.direct_chunk_s * 1e6:.0f}",
        chunks=streamed.chunks,
        pair=f"{gate.pair_s * _MS:.1f}",
        pairs_per_s=f"{gate.pairs_per_s:.0f}",
        rounds=gate.rounds,
        exact=gate.exact,
        analysed="\n".join(f"| {name} | {took_s * _MS:.0f} |" for name, took_s in analysed.took_s.items()),
    )


def _verdict(starts: Mapping[str, Start]) -> str:
    empty, floor, chat = (starts[name].first_byte_s for name in ("empty", "floor", "chat"))
    if chat <= 5 * empty:
        return _MET
    times = {"by": chat / empty - 5, "floor": floor / empty, "own": (chat - floor) / empty}
    return _MISSED.format(**{name: f"{value:.1f}" for name, value in times.items()})


def chart(starts: Mapping[str, Start]) -> str:
    """Cold starts as bars, in times of the empty handler's."""
    empty = starts["empty"].first_byte_s
    bars = [(variant.title, starts[name].first_byte_s / empty) for name, variant in variants().items()]
    widest = max(times for _, times in bars)
    title = "Cold start to the first byte, in times of an empty handler"
    height = 60 + 42 * len(bars)
    box = f"0 0 720 {height}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" font-family="system-ui, sans-serif">',
        f"<title>{title}</title>",
        f'<rect width="720" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="28" font-size="15" font-weight="600" fill="#1b2733">{title}</text>',
    ]
    goal_x, bottom = 270 + 360 * 5 / widest, height - 16
    for number, (name, times) in enumerate(bars):
        y = 48 + number * 42
        x, fill = 278 + 360 * times / widest, "#0f766e" if "chat" in name else "#94a3b8"
        lines += [
            f'<text x="260" y="{y + 19}" font-size="13" text-anchor="end" fill="#1b2733">{escape(name)}</text>',
            f'<rect x="270" y="{y}" width="{360 * times / widest:.0f}" height="28" rx="3" fill="{fill}"/>',
            f'<text x="{x:.0f}" y="{y + 19}" font-size="13" fill="#1b2733">{times:.1f} ×</text>',
        ]
    lines += [
        f'<line x1="{goal_x:.0f}" x2="{goal_x:.0f}" y1="42" y2="{bottom}" stroke="#b45309" stroke-dasharray="4 3"/>',
        f'<text x="{goal_x + 4:.0f}" y="{height - 8}" font-size="11" fill="#b45309">goal: 5 ×</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path, page: str, picture: str) -> None:
    """Write both."""
    (folder / "performance.md").write_text(page, encoding="utf-8")
    (folder / "performance.svg").write_text(picture, encoding="utf-8")


_READY = "getting ready (validators, catalogue, client, connection) and the first call"
_MET = "The interpreter, asyncio and the HTTP client are most of it; streaming and a provider need all three."
_MISSED = """The goal is missed by {by} times the empty handler, most of it by the libraries: asyncio is what streaming
needs, pydantic checks what callers send, httpx2 with anyio and h11 reaches the provider and the store. A function of
our runtime with one model of pydantic and one call by httpx2, and nothing else of ours, takes {floor} times the empty
handler; the gateway itself adds {own}. Value classes are msgspec's structs: making such a class takes a twentieth of
what a data class takes.

What the first call would wait for is done before it is taken: at its start, Lambda lends a function more processor than
its memory pays for. So the catalogue is read, the validators are built, the HTTP client is loaded and its connection to
DynamoDB is open when the first call comes."""

_PAGE = """# Performance

Measured by `make bench`, {date}, CPython {python}. Numbers of different machines do not compare; the ratios do, because
both sides of each were taken in one run, in turn.

| | Goal | Measured | |
|---|---|---|---|
{goals}

## Cold starts

![Cold start to the first byte, in times of an empty handler](performance.svg)

A fresh process for each, driven through the Runtime API as Lambda drives it, with the layers as `sam build` makes them
(bytecode included, because a layer is read-only) and a store and a provider on loopback that answer at once. Medians,
in milliseconds from the start of the process.

| | ready | first call | first byte | times the empty handler | memory, MB |
|---|---|---|---|---|---|
{starts}

The usual stack is boto3, OpenAI's SDK, FastAPI with Mangum and Powertools, and one endpoint that updates an item and
asks the provider (`bench/usual/app.py`); it cannot stream.

What the chat function's start is made of, each on top of those before it:

| | ms | times the empty handler |
|---|---|---|
{parts}

{verdict}

boto3 and Powertools are not on this path: the store is reached by a signed POST (`stores/aws.py`), and the log line
is written after the answer.

## Warm calls

{calls} calls of a chat function, and in turn as many of a handler under the same runtime that makes the same two calls
with the same HTTP client and does nothing else (`bench/direct/app.py`).

| median | ms |
|---|---|
| event to last byte, chat function | {total} |
| event to last byte, the calls alone | {directly} |
| added by the gateway | {added} |

Settling and logging happen after the last byte, and delay nobody.

## Streams

{chunks} chunks, as fast as they come, through the function and read directly by the same HTTP client, in turn.

| median | through the gateway | directly |
|---|---|---|
| first token after the provider sent it, ms | {first} | {direct_first} |
| a chunk, µs | {chunk} | {direct_chunk} |

## The gate

{rounds} rounds of 50 parallel calls of an account with money for 5, on dynalite (a DynamoDB server with atomic
conditional writes): in {exact} of {rounds} exactly 5 were admitted, the balance never fell below zero, nothing stayed
reserved, and the ledger added up to the balance. A whole call, reserved, answered, settled and entered, took {pair} ms
one by one; {pairs_per_s} a second in parallel, on one account. Those are dynalite's figures, not DynamoDB's.

## The analysis of WordPress code

By the rules alone, for 1,000 lines of plugin code (the tests' corpus, put together), parsing included:

| analysis | ms, median |
|---|---|
{analysed}

## How to take them again

```
make bench                    # all of it, a few minutes; rewrites this page and its chart
make bench ARGS=--quick       # fewer rounds, prints only
```
"""
