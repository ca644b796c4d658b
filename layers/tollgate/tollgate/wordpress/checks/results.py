"""Checks and what they came to."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple


class Check(NamedTuple):
    """A check. `find` gets the subject, and yields a sentence for each thing that is wrong with it."""

    id: str
    title: str
    find: Callable[[Any], Iterator[str]]


class Outcome(NamedTuple):
    """What one check came to."""

    id: str
    title: str
    problems: Sequence[str]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def run(checks: Iterable[Check], subject: Any) -> list[Outcome]:
    """Every check of a subject. One that cannot make sense of it has not passed."""
    return [Outcome(check.id, check.title, _problems(check, subject)) for check in checks]


def _problems(check: Check, subject: Any) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(check.find(subject)))
    except Unreadable as exc:
        return (str(exc),)


class Unreadable(Exception):
    """A file is missing or no such file, so that a check has nothing to look at. The message is for who wrote it."""


def check_own(outcomes: Iterable[Outcome]) -> None:
    """Make sure that what nobody but the templates decided passes: what does not is never answered with.

    Raises RuntimeError, which names the checks; what they found may quote what a caller sent.
    """
    if ids := [one.id for one in outcomes if not one.passed]:
        raise RuntimeError(f"a template does not pass its own checks: {', '.join(ids)}")


def failed(outcomes: Iterable[Outcome]) -> list[str]:
    """What is wrong, a line for each, with the check that found it."""
    return [f"{one.id}: {problem}" for one in outcomes for problem in one.problems]
