"""Where values end up: what runs them, prints them, sends them to the database or takes them for a path."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from tollgate.wordpress.files import File
from tollgate.wordpress.php import METHOD_CALLS, arguments, called, is_echo_tag, literal, wpdb_method
from tollgate.wordpress.tree import Node

EXECUTION: Final = (
    "eval", "assert", "create_function", "exec", "system", "shell_exec", "passthru", "popen", "proc_open", "pcntl_exec"
)  # fmt: skip
PRINTING: Final = ("printf", "vprintf", "exit", "die", "wp_die", "trigger_error", "_doing_it_wrong")
PATHS: Final = (
    "fopen", "file_get_contents", "file_put_contents", "readfile", "unlink", "rename", "move_uploaded_file",
    "wp_delete_file", "copy", "file", "rmdir", "mkdir", "fpassthru", "show_source", "highlight_file",
)  # fmt: skip
_INCLUDES: Final = (
    "include_expression", "include_once_expression", "require_expression", "require_once_expression"
)  # fmt: skip
SQL_METHODS: Final = frozenset({"query", "get_results", "get_row", "get_var", "get_col", "prepare"})


class Sink(NamedTuple):
    """A place where a value ends up."""

    kind: str
    """`execution`, `sql`, `inclusion`, `output`, `object`, `path` or `redirect`."""
    node: Node
    """What does it: a call, a statement."""
    value: Node


def find_sinks(file: File) -> Iterator[Sink]:
    """Every sink of a PHP file."""
    yield from _calls(file)
    for node in file.of("shell_command_expression"):
        yield from (Sink("execution", node, child) for child in node.children if child.kind != "string_content")
    for node in file.of(*_INCLUDES):
        yield from (Sink("inclusion", node, child) for child in node.children)
    for node in file.of(*METHOD_CALLS):
        if wpdb_method(node) in SQL_METHODS and (given := arguments(node)):
            yield Sink("sql", node, given[0])
    yield from outputs(file)


def reached(file: File) -> frozenset[int]:
    """Where request data is read that ends up in a sink as it came."""
    found: set[int] = set()
    for sink in file.sinks:
        value = file.value(sink.value)
        is_safe = (sink.kind == "output" and value.is_printable) or (sink.kind == "sql" and value.is_sql_safe)
        if not is_safe:
            found |= value.sources
    return frozenset(found)


def outputs(file: File) -> Iterator[Sink]:
    """Everything that is printed."""
    for node in file.of("echo_statement", "print_intrinsic"):
        yield from (Sink("output", node, value) for value in _parts(node))
    for node in file.of("expression_statement"):
        if is_echo_tag(node):
            yield from (Sink("output", node, value) for value in _parts(node))
    for node in file.calls(*PRINTING):
        given = arguments(node) if node.kind != "name" else []
        # The rest of what `wp_die` takes is no text; a status is no text either.
        texts = given[:1] if called(node) in {"wp_die", "trigger_error"} else given
        yield from (Sink("output", node, value) for value in texts)


def _parts(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.kind == "sequence_expression":
            yield from child.children
        elif child.kind != "comment":
            yield child


def _calls(file: File) -> Iterator[Sink]:
    for node in file.calls(*EXECUTION):
        yield from (Sink("execution", node, value) for value in arguments(node))
    for node in file.calls("unserialize", "maybe_unserialize"):
        yield from (Sink("object", node, value) for value in arguments(node)[:1])
    for node in file.calls(*PATHS):
        name, given = called(node), arguments(node)
        places = given[1:2] if name == "move_uploaded_file" else given[:2] if name in {"rename", "copy"} else given[:1]
        yield from (Sink("path", node, value) for value in places)
    for node in file.calls("wp_redirect"):
        yield from (Sink("redirect", node, value) for value in arguments(node)[:1])
    for node in file.calls("header"):
        for value in arguments(node)[:1]:
            if _beginning(value).lower().startswith("location:"):
                yield Sink("redirect", node, value)


def _beginning(node: Node) -> str:
    while node.kind == "binary_expression" and node.children:
        node = node.children[0]
    if isinstance(text := literal(node), str):
        return text
    part = node.first("string_content")
    return part.text if part is not None else ""
