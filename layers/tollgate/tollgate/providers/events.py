"""Readers of the framings that providers stream in. They take bytes as the network cuts them and hold the rest.

Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from typing import NamedTuple


class Event(NamedTuple):
    """One server-sent event; `name` is empty where the stream names none."""

    name: str
    data: bytes


class EventReader:
    """Server-sent events, with any line ending, comments, several `data` lines and characters cut in two."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._name = ""

    def feed(self, received: bytes) -> list[Event]:
        """The events that are complete with these bytes."""
        buffer = self._rest + received
        if b"\r" in buffer:
            # A carriage return at the very end may be half of a line ending: it waits for the next bytes.
            held = b"\r" if buffer.endswith(b"\r") else b""
            buffer = buffer[: len(buffer) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        *lines, self._rest = buffer.split(b"\n")
        return [event for line in lines if (event := self._line(line))]

    def close(self) -> list[Event]:
        """The event that the stream ended in, should its last blank line be missing."""
        lines = self._rest.replace(b"\r", b"\n").split(b"\n")
        self._rest = b""
        return [event for line in [*lines, b""] if (event := self._line(line))]

    def _line(self, line: bytes) -> Event | None:
        if not line:
            if not self._data:
                self._name = ""
                return None
            event = Event(self._name, b"\n".join(self._data))
            self._data = []
            self._name = ""
            return event
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
        self._rest = b""

    def feed(self, received: bytes) -> list[bytes]:
        """The lines that are complete with these bytes."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        return [line.strip() for line in lines if line.strip()]

    def close(self) -> list[bytes]:
        """The last line, should its newline be missing."""
        line, self._rest = self._rest.strip(), b""
        return [line] if line else []
