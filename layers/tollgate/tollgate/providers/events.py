"""Readers of the framings that providers stream in. They take bytes as the network cuts them and hold the rest.

Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from typing import Final, NamedTuple

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One server-sent event; `name` is empty where the stream names none."""

    name: str
    data: bytes


class EventReader:
    """Server-sent events, with comments, several `data` lines and characters cut in two.

    An event without data is left out: it says no more than a comment.
    """

    def __init__(self) -> None:
        self._lines = _Lines()
        self._data: list[bytes] = []
        self._name = ""

    def feed(self, received: bytes) -> list[Event]:
        """The events that are complete with these bytes."""
        return [event for line in self._lines.feed(received) if (event := self._line(line))]

    def close(self) -> list[Event]:
        """The event that the stream ended in, should its last blank line be missing."""
        return [event for line in (self._lines.close(), b"") if (event := self._line(line))]

    def _line(self, line: bytes) -> Event | None:
        if not line:
            name, data = self._name, b"\n".join(self._data)
            self._name, self._data = "", []
            return Event(name, data) if data.strip() else None
        if line.startswith(b"data:"):
            self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
        elif line.startswith(b"event:"):
            self._name = line[6:].decode(errors="replace").strip()
        elif line == b"data":
            self._data.append(b"")
        # A comment, an id, a retry hint, or a field that nobody has defined yet.
        return None


class LineReader:
    """Newline-delimited JSON: one document a line, blank lines ignored."""

    def __init__(self) -> None:
        self._lines = _Lines()

    def feed(self, received: bytes) -> list[bytes]:
        """The lines that are complete with these bytes."""
        return [line.strip() for line in self._lines.feed(received) if line.strip()]

    def close(self) -> list[bytes]:
        """The last line, should its newline be missing."""
        line = self._lines.close().strip()
        return [line] if line else []


class _Lines:
    """Cuts bytes into lines, whichever of the three line endings they have, after the mark that may stand in front."""

    def __init__(self) -> None:
        self._rest = b""
        self._has_begun = False
        self._has_returned = False

    def feed(self, received: bytes) -> list[bytes]:
        if self._has_returned and received:
            # The carriage return before was half of a line ending.
            received = received.removeprefix(b"\n")
            self._has_returned = False
        if b"\r" in received:
            self._has_returned = received.endswith(b"\r")
            received = received.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        text = self._rest + received
        if not self._has_begun:
            if len(text) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(text):
                self._rest = text
                return []
            self._has_begun = True
            text = text.removeprefix(_BYTE_ORDER_MARK)
        *lines, self._rest = text.split(b"\n")
        return lines

    def close(self) -> bytes:
        rest, self._rest = self._rest, b""
        return rest
