"""A training file, read as it comes: whatever is in it, no more than one line of it is held."""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

from msgspec import Struct

from tollgate.datasets.examples import MAX_LINE_BYTES, BadLine, Example, read_example

FEWEST: Final = 10
"""Examples that a file needs."""
_BOM: Final = b"\xef\xbb\xbf"
_MOST_LISTED: Final = 20
# Who has so many mistakes in a file has another file than they think.
_MOST_FOUND: Final = 1_000
_MOST_COMPARED: Final = 200_000


class Problem(NamedTuple):
    """What is wrong with a line, counted from 1."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"Line {self.line} {self.message}."


class Dataset(Struct):
    """What is known of a file."""

    format: str | None = None
    """`prompt_completion` or `messages`, as its first example has it."""
    examples: int = 0
    tokens: int = 0
    """About how many its texts have."""
    most_tokens: int = 0
    """More than any tokenizer makes of them: one for each byte, and some for each message."""
    longest_tokens: int = 0
    """Of the longest example."""
    duplicates: int = 0
    """Lines that were there before, among the first 200,000 different ones."""
    blank_lines: int = 0
    problems: tuple[Problem, ...] = ()
    """The first of them."""
    problem_count: int = 0
    is_read: bool = True
    """Whether it was read to its end: after 1,000 problems the rest is left alone."""

    @property
    def is_good(self) -> bool:
        """Whether a model can be trained with it."""
        return not self.problem_count and self.examples >= FEWEST

    @property
    def details(self) -> str | None:
        """A sentence or two on what there is to say; None where there is nothing."""
        if self.problem_count:
            more = self.problem_count - 1
            others = f" {more} more {'line is' if more == 1 else 'lines are'} no example." if more else ""
            return f"{self.problems[0]}{others}"
        if self.examples < FEWEST:
            return f"too few examples: {self.examples}, and at least {FEWEST} are needed."
        if self.duplicates:
            return f"{self.duplicates} {'line is a duplicate' if self.duplicates == 1 else 'lines are duplicates'}."
        return None


class DatasetReader:
    """Takes a file in pieces of any size. `on_example` is given each good example."""

    def __init__(self, on_example: Callable[[Example], None] | None = None) -> None:
        self._found = Dataset()
        self._on_example = on_example
        self._rest = b""
        self._is_skipping = False
        self._line = 0
        self._problems: list[Problem] = []
        self._seen: set[bytes] = set()

    @property
    def has_seen_enough(self) -> bool:
        """Whether reading on would tell nothing more."""
        return self._found.problem_count >= _MOST_FOUND

    def feed(self, piece: bytes) -> None:
        """The next bytes of the file."""
        for line in self._lines(piece):
            if self.has_seen_enough:
                self._found.is_read = False
                return
            self._take(line)

    def close(self) -> Dataset:
        """What is known of the file, now that it is over."""
        if (self._rest or self._is_skipping) and not self.has_seen_enough:
            self._take(None if self._is_skipping else self._rest)
        self._rest = b""
        self._found.problems = tuple(self._problems)
        return self._found

    def _lines(self, piece: bytes) -> Iterator[bytes | None]:
        """Lines that are complete with these bytes; None for one that is too long."""
        *ends, rest = piece.split(b"\n")
        for end in ends:
            line = None if self._is_skipping or len(self._rest) + len(end) > MAX_LINE_BYTES else self._rest + end
            self._rest, self._is_skipping = b"", False
            yield line
        if self._is_skipping or len(self._rest) + len(rest) > MAX_LINE_BYTES:
            self._rest, self._is_skipping = b"", True
        else:
            self._rest += rest

    def _take(self, line: bytes | None) -> None:
        self._line += 1
        if line is None:
            self._note(f"is longer than {MAX_LINE_BYTES} bytes")
            return
        if self._line == 1:
            line = line.removeprefix(_BOM)
        if not line.strip():
            self._found.blank_lines += 1
            return
        try:
            self._count(read_example(line), line)
        except BadLine as exc:
            self._note(str(exc))

    def _note(self, problem: str) -> None:
        self._found.problem_count += 1
        if len(self._problems) < _MOST_LISTED:
            self._problems.append(Problem(self._line, problem))

    def _count(self, example: Example, line: bytes) -> None:
        found = self._found
        if found.format not in {None, example.form}:
            raise BadLine("has another form than the lines before it: a file has 'prompt' lines or 'messages' lines")
        found.format = example.form
        found.examples += 1
        found.tokens += example.tokens
        found.most_tokens += example.most_tokens
        found.longest_tokens = max(found.longest_tokens, example.tokens)
        digest = blake2b(line.strip(), digest_size=8).digest()
        if digest in self._seen:
            found.duplicates += 1
        elif len(self._seen) < _MOST_COMPARED:
            self._seen.add(digest)
        if self._on_example is not None:
            self._on_example(example)
