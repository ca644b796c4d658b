"""The client of the Runtime API, where a process of its own would hide what is at stake."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tollgate_runtime.runtime_api import Invocation, ResponseStream, RuntimeApi, RuntimeApiError

PIECE = b"x" * 16_384

Serve = Callable[[StreamReader, StreamWriter], Awaitable[None]]


@asynccontextmanager
async def an_api(serve: Serve) -> AsyncIterator[RuntimeApi]:
    """A Runtime API that does with each connection what it is told."""
    serving: list[asyncio.Task[None]] = []

    async def serve_and_close(reader: StreamReader, writer: StreamWriter) -> None:
        await serve(reader, writer)
        writer.close()

    def accept(reader: StreamReader, writer: StreamWriter) -> None:
        serving.append(asyncio.ensure_future(serve_and_close(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    api = RuntimeApi(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    yield api
    api.close()
    server.close()
    await asyncio.gather(*serving)


async def test_a_piece_that_the_system_does_not_take_is_waited_for() -> None:
    is_over = asyncio.Event()

    async def never_read(reader: StreamReader, writer: StreamWriter) -> None:
        await is_over.wait()

    async def write_until_it_lasts(stream: ResponseStream) -> None:
        while True:
            await asyncio.wait_for(stream.write(PIECE, is_last=False), timeout=0.2)

    async with an_api(never_read) as api:
        stream = await api.stream(Invocation("request-1", 0, b""), b"prelude")

        with pytest.raises(TimeoutError):
            await write_until_it_lasts(stream)

        # One piece waits, and none behind it.
        assert 0 < stream._writer.transport.get_write_buffer_size() <= len(PIECE) + 16
        await stream.close(within_s=0)
        is_over.set()


async def test_a_connection_that_is_to_be_closed_is_not_used_again() -> None:
    connections = 0

    async def answer_once(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\nLambda-Runtime-Deadline-Ms: 1\r\n"
            b"Lambda-Runtime-Aws-Request-Id: request-%d\r\n\r\n{}" % connections
        )
        # Left open: it is for the client to go by what it was told.
        await reader.read()

    async with an_api(answer_once) as api:
        served = [(await api.next()).request_id, (await api.next()).request_id]

    assert served == ["request-1", "request-2"]


async def test_a_poll_that_is_refused_is_an_error() -> None:
    async def refuse(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    async with an_api(refuse) as api:
        with pytest.raises(RuntimeApiError, match="403"):
            await api.next()
