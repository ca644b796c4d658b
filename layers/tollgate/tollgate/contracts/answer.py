"""What a service hands to the edge."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from msgspec import Struct, field


class Answer(Struct, frozen=True):
    """A whole body: a contract or plain data becomes JSON, `bytes` go out as they are."""

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json; charset=utf-8"


class StreamedAnswer(Struct, frozen=True):
    """A body in pieces.

    An error after the first piece becomes one more piece: `piece_of_error` gets the family's error body, in formats
    that have a place for errors; without it the body is cut short, so that the client notices. `keep_alive` is sent
    whenever nothing else was for a while; empty sends nothing.
    """

    pieces: AsyncGenerator[bytes, None]
    media_type: str
    piece_of_error: Callable[[dict[str, Any]], bytes] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    keep_alive: bytes = b""
