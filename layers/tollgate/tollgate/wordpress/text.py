"""A text by its lines. Offsets are those of its bytes in UTF-8, positions count code points."""

import re
from bisect import bisect_right
from functools import cached_property
from typing import Final

from tollgate.wordpress.findings import Position, Range

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_BLANK: Final = b" \t\x0b\x0c"


class Text:
    """The source of one file."""

    def __init__(self, source: str) -> None:
        # Half a surrogate pair is no text, but it can be counted and given back.
        self.content = source.encode("utf-8", "surrogatepass")

    @cached_property
    def parsed(self) -> bytes:
        """What parsers get, with the same offsets.

        A lone carriage return ends a line, which grammars do not know, and they take a zero byte for the end.
        """
        return re.sub(rb"\r(?!\n)", b"\n", self.content).replace(b"\0", b" ")

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.content))]

    @property
    def line_count(self) -> int:
        """How many lines there are; what follows the last line end is one too, unless it is empty."""
        ends_open = self._starts[-1] < len(self.content) or len(self._starts) == 1
        return len(self._starts) - (0 if ends_open else 1)

    def between(self, start: int, end: int) -> str:
        """The text from one offset to another."""
        return self.content[start:end].decode("utf-8", "replace")

    def position(self, offset: int) -> Position:
        """The line and column of an offset."""
        line = bisect_right(self._starts, offset)
        before = self.content[self._starts[line - 1] : offset]
        return Position(line, len(before.decode("utf-8", "replace")) + 1)

    def range(self, start: int, end: int) -> Range:
        """The range between two offsets."""
        return Range(self.position(start), self.position(end))

    def line(self, number: int) -> str:
        """A line without its end."""
        start, end = self._bounds(number)
        return self.between(start, end)

    def indent(self, number: int) -> int:
        """The column of a line's first character that is not blank."""
        start, end = self._bounds(number)
        content = self.content[start:end]
        return len(content) - len(content.lstrip(_BLANK)) + 1

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """The same without white space at either end."""
        content = self.content[start:end]
        return start + len(content) - len(content.lstrip()), end - len(content) + len(content.rstrip())

    def _bounds(self, number: int) -> tuple[int, int]:
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.content)
        content = self.content[start:end]
        return start, start + len(content.rstrip(b"\r\n"))
