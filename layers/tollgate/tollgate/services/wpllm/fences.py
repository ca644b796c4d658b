"""Answers that are one Markdown fence and nothing else: the code is what was asked for, and the fence is not.

An answer that has words beside a fence stays as it is. The same text comes out however an answer is cut into pieces.
https://spec.commonmark.org/0.31.2/#fenced-code-blocks
"""

import re
from typing import Final

# Three blanks at most, and after the fence one word at most, for the language.
_OPENING: Final = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})[ \t]*[^\s`]*\s*")
_BEGINNING: Final = re.compile(r" {0,3}(`{0,2}|~{0,2}|`{3,}[^`]*|~{3,}.*)\s*")


def without_fence(text: str) -> str:
    """What is between the fences of an answer that is one fence; any other text as it is."""
    unfenced = Unfenced()
    return unfenced.feed(text) + unfenced.close()


class Unfenced:
    """The text of an answer that comes in pieces, without the fence that it may be in.

    Text that begins like a fence is held back until it is known whether there is something beside it.
    """

    def __init__(self) -> None:
        self._is_decided = False
        self._held: list[str] = []
        self._line = ""
        """The line that has not ended."""
        self._close: re.Pattern[str] | None = None
        """What ends the fence, once one was opened."""
        self._is_closed = False
        self._inside: list[str] = []

    def feed(self, piece: str) -> str:
        """Take a piece; what can be passed on by now."""
        if self._is_decided:
            return piece
        self._held.append(piece)
        *lines, self._line = (self._line + piece).split("\n")
        may_be_one_fence = all(self._takes(line) for line in lines) and self._may_go_on_with(self._line)
        return "" if may_be_one_fence else self.give_up()

    def close(self) -> str:
        """What is left when the answer is over."""
        if self._is_decided:
            return ""
        is_one_fence = self._takes(self._line) and self._is_closed
        if not is_one_fence:
            return self.give_up()
        self._is_decided = True
        return "".join(f"{line}\n" for line in self._inside)

    def give_up(self) -> str:
        """What was held back, as it came: of an answer that is no fence, or that broke off."""
        held, self._held, self._is_decided = "".join(self._held), [], True
        return held

    def _takes(self, line: str) -> bool:
        """Take a whole line; whether the answer may still be one fence."""
        if self._is_closed:
            return not line.strip()
        if self._close is None:
            opening = _OPENING.fullmatch(line)
            if opening is not None:
                fence = opening["fence"]
                self._close = re.compile(rf" {{0,3}}{fence}{fence[0]}*\s*")
            return opening is not None or not line.strip()
        if self._close.fullmatch(line):
            self._is_closed = True
        else:
            self._inside.append(line)
        return True

    def _may_go_on_with(self, line: str) -> bool:
        """Whether it may be one fence with this line, of which there may be more."""
        if self._is_closed:
            return not line.strip()
        return self._close is not None or _BEGINNING.fullmatch(line) is not None
