"""What is known of a value: where request data in it comes from, and what it is safe for."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from tollgate.wordpress import knowledge


class Value(NamedTuple):
    """What is known of a value."""

    sources: frozenset[int] = frozenset()
    """Where the request data in it is read, by offset; empty where there is none, or it was sanitized."""
    is_printable: bool = False
    """Whether it is safe to print as it is."""
    is_sql_safe: bool = False
    """Whether it is safe as part of an SQL text: literals, numbers, names of tables, what was prepared."""
    is_mixed: bool = False
    """Whether something that is not safe was written into a text."""

    @property
    def is_tainted(self) -> bool:
        """Whether request data is in it."""
        return bool(self.sources)


LITERAL: Final = Value(is_printable=True, is_sql_safe=True)
DYNAMIC: Final = Value()
PRINTABLE: Final = Value(is_printable=True)
SQL_SAFE: Final = Value(is_sql_safe=True)

Environment = dict[str, Value]
"""What each variable holds, and each element and property with a literal name."""


def join(values: Iterable[Value]) -> Value:
    """A value that may be any of these, or is made of all of them."""
    result: Value | None = None
    for value in values:
        result = (
            value
            if result is None
            else Value(
                result.sources | value.sources,
                result.is_printable and value.is_printable,
                result.is_sql_safe and value.is_sql_safe,
                result.is_mixed or value.is_mixed,
            )
        )
    return LITERAL if result is None else result


def mixed(parts: Iterable[Value]) -> Value:
    """A text that is put together of these."""
    value = join(parts)
    return value if value.is_sql_safe else value._replace(is_mixed=True)


def result_of(function: str, values: list[Value]) -> Value:
    """What a function of PHP or core makes of what it is given; anything else makes a value of its own."""
    sources = join(values).sources
    if function in knowledge.NUMERIC or knowledge.is_silent(function):
        return LITERAL
    if function in knowledge.SANITIZERS:
        return Value(is_printable=function in knowledge.ESCAPERS, is_sql_safe=function == "sanitize_sql_orderby")
    if function in knowledge.ESCAPERS:
        return Value(sources, is_printable=True)
    if function in knowledge.AUTO_ESCAPED:
        return PRINTABLE
    if function == "esc_sql":
        return Value(sources, is_sql_safe=True)
    if function in knowledge.FORMATTERS:
        return join(values)
    if knowledge.PASSING_ON.match(function):
        return Value(sources)
    return DYNAMIC
