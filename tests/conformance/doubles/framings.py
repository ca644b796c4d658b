"""How events follow each other in a stream, and what else may stand between them without meaning anything."""

import json
import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from zlib import crc32


class Framing(Protocol):
    """A framing."""

    @property
    def end(self) -> bytes | None:
        """What says that the stream is over; None where its end says so."""

    @property
    def nothing(self) -> bytes:
        """What may come at any time and says nothing."""

    def frame(self, event: Any) -> bytes:
        """One event."""

    def disguises(self, stream: Iterable[bytes]) -> dict[str, list[bytes]]:
        """The same stream in other forms that mean the same, by name."""


def no_name(_: Any) -> str:
    """An event without a name."""
    return ""


@dataclass(frozen=True, slots=True)
class ServerSentEvents:
    """`data:` lines and blank lines, with or without names."""

    end: bytes | None = b"data: [DONE]\n\n"
    name_of: Callable[[Any], str] = no_name
    nothing: bytes = b": keep-alive\n\n"

    def frame(self, event: Any) -> bytes:
        name = self.name_of(event)
        head = f"event: {name}\n" if name else ""
        return f"{head}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()

    def disguises(self, stream: Iterable[bytes]) -> dict[str, list[bytes]]:
        events = list(stream)
        whole = b"".join(events)
        return {
            "carriage return and newline": [event.replace(b"\n", b"\r\n") for event in events],
            "carriage return": [event.replace(b"\n", b"\r") for event in events],
            "comments": [piece for event in events for piece in (b": keep-alive\n\n", b":\n", event)],
            "comments within": [event.replace(b"data:", b": why\ndata:") for event in events],
            "blank lines": [piece for event in events for piece in (b"\n\n", event, b"\n")],
            "no space": [event.replace(b"data: ", b"data:") for event in events],
            "several data lines": [re.sub(rb'^data: \{"', b'data: {\ndata: "', event) for event in events],
            "other fields": [b"id: 7\nretry: 100\nnew: x\n" + event for event in events],
            "byte order mark": [b"\xef\xbb\xbf", *events],
            "no last blank line": [whole.rstrip(b"\n")],
            "one piece": [whole],
            "single bytes": [bytes([byte]) for byte in whole],
        }


@dataclass(frozen=True, slots=True)
class Lines:
    """One JSON document a line."""

    end: bytes | None = None
    nothing: bytes = b"\n"

    def frame(self, event: Any) -> bytes:
        return f"{json.dumps(event, ensure_ascii=False)}\n".encode()

    def disguises(self, stream: Iterable[bytes]) -> dict[str, list[bytes]]:
        events = list(stream)
        whole = b"".join(events)
        return {
            "carriage return and newline": [event.replace(b"\n", b"\r\n") for event in events],
            "blank lines": [piece for event in events for piece in (b"\n", event, b" \n")],
            "byte order mark": [b"\xef\xbb\xbf", *events],
            "no last newline": [whole.rstrip(b"\n")],
            "one piece": [whole],
            "single bytes": [bytes([byte]) for byte in whole],
        }


@dataclass(frozen=True, slots=True)
class Frames:
    """AWS's event stream: binary frames with headers and checksums.

    An event is its payload; its headers are those fields that begin with a colon.
    """

    end: bytes | None = None

    @property
    def nothing(self) -> bytes:
        return _frame(b"", b"")

    def frame(self, event: Any) -> bytes:
        names = {name: str(event[name]) for name in event if name.startswith(":")} or {":event-type": "brandNew"}
        kind = "exception" if ":exception-type" in names else "event"
        headers = {":message-type": kind, ":content-type": "application/json", **names}
        payload = {name: value for name, value in event.items() if name not in names}
        return _frame(
            b"".join(_header(name, value) for name, value in headers.items()),
            json.dumps(payload, ensure_ascii=False).encode(),
        )

    def disguises(self, stream: Iterable[bytes]) -> dict[str, list[bytes]]:
        events = list(stream)
        whole = b"".join(events)
        return {
            "nothing between": [piece for event in events for piece in (self.nothing, event)],
            "further headers": [_with_headers(event) for event in events],
            "one piece": [whole],
            "single bytes": [bytes([byte]) for byte in whole],
            "pieces of seven": [whole[start : start + 7] for start in range(0, len(whole), 7)],
        }


def _frame(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return message + struct.pack(">I", crc32(message))


def _header(name: str, value: str) -> bytes:
    content = value.encode()
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(content)) + content


def _with_headers(frame: bytes) -> bytes:
    """The same frame with a header of every type that there is before its own."""
    size = int.from_bytes(frame[4:8])
    further = b"".join(
        bytes([1]) + b"h" + bytes([kind]) + content
        for kind, content in enumerate(
            (b"", b"", b"1", b"22", b"4444", b"88888888", b"\0\3abc", b"\0\3abc", b"88888888", b"x" * 16)
        )
    )
    return _frame(further + frame[12 : 12 + size], frame[12 + size : -4])
