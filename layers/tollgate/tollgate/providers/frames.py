"""A reader of AWS's event streams: binary frames with headers, a payload and checksums.

https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
"""

from typing import Final, NamedTuple
from zlib import crc32

_PRELUDE: Final = 12
_SMALLEST: Final = _PRELUDE + 4
_LARGEST: Final = 24 * 1024 * 1024
_TEXT: Final = 7
# Bytes of a header's value by its type; types 6 and 7 say their length themselves.
_SIZES: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class Frame(NamedTuple):
    """One message. `kind` is `event`, `exception` or `error`, `name` says which one; a broken frame has neither."""

    kind: str
    name: str
    payload: bytes


BROKEN: Final = Frame("", "", b"")
"""Stands for everything from the first byte on that is no frame. What comes after it cannot be found any more."""


class FrameReader:
    """Frames from bytes as the network cuts them. An event without a payload is left out: it says nothing."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._has_begun = False
        self._is_broken = False

    def feed(self, received: bytes) -> list[Frame]:
        """The frames that are complete with these bytes."""
        found: list[Frame] = []
        if self._is_broken:
            return found
        self._rest += received
        while len(self._rest) >= _PRELUDE:
            size = int.from_bytes(self._rest[:4])
            if not _SMALLEST <= size <= _LARGEST or crc32(self._rest[:8]) != int.from_bytes(self._rest[8:_PRELUDE]):
                return self._broken(found)
            if len(self._rest) < size:
                break
            frame = _frame(bytes(self._rest[:size]))
            del self._rest[:size]
            self._has_begun = True
            if frame is None:
                return self._broken(found)
            if frame.payload or frame.kind != "event":
                found.append(frame)
        return found

    def close(self) -> list[Frame]:
        """A frame that is not complete is none."""
        return [BROKEN] if self._rest and self._has_begun and not self._is_broken else []

    def _broken(self, found: list[Frame]) -> list[Frame]:
        self._is_broken = True
        # What was never a stream of frames may be an error in its place, which the connection reads.
        return [*found, BROKEN] if self._has_begun else found


def _frame(message: bytes) -> Frame | None:
    if crc32(message[:-4]) != int.from_bytes(message[-4:]):
        return None
    end = _PRELUDE + int.from_bytes(message[4:8])
    if end > len(message) - 4:
        return None
    headers = _headers(message[_PRELUDE:end])
    if headers is None:
        return None
    kind = headers.get(":message-type", "event")
    name = headers.get({"exception": ":exception-type", "error": ":error-code"}.get(kind, ":event-type"), "")
    return Frame(kind, name, message[end:-4])


def _headers(block: bytes) -> dict[str, str] | None:
    """The headers whose values are text; None where the block is not made of headers."""
    headers: dict[str, str] = {}
    place = 0
    try:
        while place < len(block):
            kind_at = place + 1 + block[place]
            name, kind, start = block[place + 1 : kind_at], block[kind_at], kind_at + 1
            if kind in _SIZES:
                place = start + _SIZES[kind]
                continue
            place = start + 2 + int.from_bytes(block[start : start + 2])
            if kind == _TEXT:
                headers[name.decode()] = block[start + 2 : place].decode()
    except (IndexError, UnicodeDecodeError):
        return None
    return headers if place == len(block) else None
