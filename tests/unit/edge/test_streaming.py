"""Sending a body in pieces."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import pytest

from tollgate.edge.streaming import ClientGone, Message, send_pieces

KEEP_ALIVE = b": keep-alive\n\n"
SOON_S = 0.001
NEVER_S = 1_000.0


class Client:
    """One end of a connection: keeps what is sent, and goes away when told."""

    def __init__(self, *, breaks_at: bytes | None = None) -> None:
        self.received: list[bytes] = []
        self.gone = asyncio.Event()
        self.got_keep_alive = asyncio.Event()
        self._breaks_at = breaks_at

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["body"] == self._breaks_at:
            raise BrokenPipeError
        assert (message["type"], message["more_body"]) == ("http.response.body", True)
        self.received.append(message["body"])
        if message["body"] == KEEP_ALIVE:
            self.got_keep_alive.set()


class Source:
    """A generator that knows whether it was closed."""

    def __init__(self, pieces: Iterable[Any]) -> None:
        self.is_closed = False
        self._pieces = pieces

    async def __call__(self) -> AsyncGenerator[bytes, None]:
        try:
            for piece in self._pieces:
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, asyncio.Event):
                    await piece.wait()
                else:
                    await asyncio.sleep(0)
                    yield piece
        finally:
            self.is_closed = True


async def send(
    source: Source, client: Client, *, keep_alive: bytes = KEEP_ALIVE, every_s: float = NEVER_S
) -> list[bytes]:
    await send_pieces(source(), client.receive, client.send, keep_alive=keep_alive, every_s=every_s)
    return client.received


async def test_every_piece_is_sent_as_it_is_and_the_body_stays_open() -> None:
    source = Source([b"one", b"two", b"three"])

    assert await send(source, Client()) == [b"one", b"two", b"three"]
    assert source.is_closed


async def test_a_keep_alive_is_sent_into_a_silence() -> None:
    client = Client()

    received = await send(Source([b"one", client.got_keep_alive, b"two"]), client, every_s=SOON_S)

    assert received[0] == b"one"
    assert received[-1] == b"two"
    assert set(received[1:-1]) == {KEEP_ALIVE}


async def test_a_silence_before_the_first_piece_has_keep_alives_too() -> None:
    client = Client()

    received = await send(Source([client.got_keep_alive, b"one"]), client, every_s=SOON_S)

    assert received[0] == KEEP_ALIVE


async def test_no_keep_alive_is_sent_while_pieces_keep_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    real_time, passed_s = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: real_time() + passed_s)

    async def busy() -> AsyncGenerator[bytes, None]:
        nonlocal passed_s
        for _ in range(10):
            await asyncio.sleep(0)
            passed_s += NEVER_S * 0.6
            yield b"piece"

    client = Client()
    await send_pieces(busy(), client.receive, client.send, keep_alive=KEEP_ALIVE, every_s=NEVER_S)

    assert client.received == [b"piece"] * 10


async def test_a_format_without_keep_alives_is_left_alone() -> None:
    ready = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, ready.set)

    assert await send(Source([ready, b"one"]), Client(), keep_alive=b"", every_s=SOON_S) == [b"one"]


async def test_a_client_that_goes_away_closes_the_source() -> None:
    client = Client()
    source = Source([b"one", asyncio.Event()])
    asyncio.get_running_loop().call_soon(client.gone.set)

    with pytest.raises(ClientGone):
        await send(source, client)

    assert source.is_closed


async def test_a_client_that_goes_away_stops_pieces_that_keep_coming() -> None:
    client = Client()
    source = Source(b"piece" for _ in range(1_000_000))
    asyncio.get_running_loop().call_soon(client.gone.set)

    with pytest.raises(ClientGone):
        await send(source, client)

    assert source.is_closed


async def test_a_connection_that_breaks_closes_the_source() -> None:
    source = Source([b"one", b"two", b"three"])

    with pytest.raises(ClientGone):
        await send(source, Client(breaks_at=b"two"))

    assert source.is_closed


async def test_a_connection_that_breaks_at_a_keep_alive_is_a_client_that_went_away() -> None:
    source = Source([b"one", asyncio.Event()])

    with pytest.raises(ClientGone):
        await send(source, Client(breaks_at=KEEP_ALIVE), every_s=SOON_S)

    assert source.is_closed


# A timeout is an OSError to Python, and yet none of the client's.
@pytest.mark.parametrize("error", [LookupError("no more"), TimeoutError(), ConnectionResetError()], ids=repr)
async def test_an_error_of_the_source_passes_through_after_what_came_before(error: Exception) -> None:
    client = Client()

    with pytest.raises(type(error)):
        await send(Source([b"one", error]), client)

    assert client.received == [b"one"]


async def test_a_client_that_goes_away_after_the_last_piece_has_got_everything() -> None:
    client = Client()

    async def ending() -> AsyncGenerator[bytes, None]:
        yield b"one"
        client.gone.set()

    await send_pieces(ending(), client.receive, client.send, keep_alive=KEEP_ALIVE)

    assert client.received == [b"one"]


async def test_whoever_cancels_the_sending_closes_the_source() -> None:
    source = Source([b"one", asyncio.Event()])
    sending = asyncio.create_task(send(source, Client()))
    await asyncio.sleep(0.005)

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert source.is_closed
