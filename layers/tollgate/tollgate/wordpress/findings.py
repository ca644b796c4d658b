"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from tollgate.wordpress.files import File
    from tollgate.wordpress.tree import Node


class Severity(StrEnum):
    """How bad it is, from worst to mildest."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


_RANKS: Final[Mapping[Severity, int]] = {severity: rank for rank, severity in enumerate(Severity)}


class Category(StrEnum):
    """What an analysis looks for."""

    SECURITY = "security"
    PERFORMANCE = "performance"
    QUALITY = "quality"

    @property
    def issue_type(self) -> str:
        """What issues of rules of this category are called."""
        return _ISSUE_TYPES[self]


_ISSUE_TYPES: Final = {
    Category.SECURITY: "security_vulnerability",
    Category.PERFORMANCE: "performance_issue",
    Category.QUALITY: "quality_issue",
}


class Example(NamedTuple):
    """Two pieces of code: one that a rule finds, and one that does the same and is left alone."""

    bad: str
    good: str
    language: str = "php"


class Hit(NamedTuple):
    """A place that a rule found; without a severity or message of its own it has the rule's."""

    node: "Node"
    severity: Severity | None = None
    message: str | None = None
    suggestion: str | None = None


class Rule(NamedTuple):
    """One rule of the catalogue."""

    name: str
    """Without its category: `unescaped_output`."""
    category: Category
    severity: Severity
    message: str
    suggestion: str
    """One sentence that names what to call instead."""
    recommendation: str
    """One sentence for the whole file."""
    example: Example
    find: Callable[["File"], Iterable[Hit]]
    languages: frozenset[str] = frozenset({"php"})
    cwe: str | None = None
    note: str | None = None
    """When it fires at another severity, or what it leaves alone."""

    @property
    def id(self) -> str:
        """`security.unescaped_output`."""
        return f"{self.category}.{self.name}"


class Position(NamedTuple):
    """Where in a text: both count from 1, columns in code points."""

    line: int
    column: int


class Range(NamedTuple):
    """From the first token to behind the last one."""

    start: Position
    end: Position


class Issue(NamedTuple):
    """A finding as callers see it."""

    line: int
    column: int
    """Of the first character of the line that is not blank."""
    severity: Severity
    type: str
    message: str
    suggestion: str
    code_snippet: str
    rule: str
    range: Range
    origin: str = "rules"
    cwe: str | None = None
