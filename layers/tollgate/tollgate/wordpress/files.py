"""A file as rules see it: its tree, its values, and which of its functions WordPress calls when."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tollgate.wordpress.flow import Flow
from tollgate.wordpress.languages import json_value
from tollgate.wordpress.parsing import parse
from tollgate.wordpress.php import (
    FUNCTIONS,
    METHOD_CALLS,
    arguments,
    called,
    items,
    literal,
    method,
    name_of,
    scope_of,
    superglobal,
    text_of,
)
from tollgate.wordpress.text import Text
from tollgate.wordpress.tree import DEEPEST_TREE, Node
from tollgate.wordpress.values import Value

if TYPE_CHECKING:
    from tollgate.wordpress.sinks import Sink


class File:
    """The source of one file in its language. What rules need of it is worked out once, when it is first needed."""

    def __init__(self, source: str, language: str, name: str | None = None) -> None:
        self.source = source
        self.language = "php" if language == "php_only" else language
        self.name = name
        self.text = Text(source)
        self.root = parse(self.text, language)

    @cached_property
    def nodes(self) -> list[Node]:
        """Every node, in the order of the source."""
        return list(self.root.walk())

    @cached_property
    def json(self) -> Any:
        """What a JSON file holds; None where it is not JSON."""
        return json_value(self.source)

    @cached_property
    def too_deep(self) -> Node | None:
        """Where it is nested deeper than rules can follow."""
        return next((node for node in self.nodes if node.depth > DEEPEST_TREE), None)

    @cached_property
    def _broken(self) -> tuple[list[int], list[int]]:
        """Where the parser had to guess: the starts, and the furthest end up to each of them."""
        broken = [node for node in self.nodes if node.is_broken]
        ends = accumulate((max(node.end, node.start + 1) for node in broken), max)
        return [node.start for node in broken], list(ends)

    def is_broken(self, start: int, end: int) -> bool:
        """Whether the parser had to guess anywhere between."""
        starts, ends = self._broken
        before = bisect_left(starts, end)
        return before > 0 and ends[before - 1] > start

    @cached_property
    def by_kind(self) -> Mapping[str, list[Node]]:
        """The nodes by what they are."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.kind, []).append(node)
        return found

    def of(self, *kinds: str) -> Iterator[Node]:
        """The nodes of these kinds: those of each in the order of the source."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())

    @cached_property
    def _flow(self) -> Flow:
        return Flow(self.root)

    def value(self, node: Node) -> Value:
        """What is known of an expression's value."""
        return self._flow.value(node)

    @cached_property
    def _calls(self) -> Mapping[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.of("function_call_expression", "exit_statement"):
            found.setdefault(called(node), []).append(node)
        for node in self.of("name"):
            # `defined( … ) || exit` has no parentheses, and is no call to the grammar.
            if node.text.lower() in {"exit", "die"} and node.parent and node.parent.kind == "binary_expression":
                found.setdefault("exit", []).append(node)
        return found

    def calls(self, *names: str) -> Iterator[Node]:
        """The calls of functions with these names."""
        for name in names:
            yield from self._calls.get(name, ())

    @property
    def called_names(self) -> Collection[str]:
        """The names of all functions that are called."""
        return self._calls.keys()

    @cached_property
    def sinks(self) -> "list[Sink]":
        """Where values end up."""
        from tollgate.wordpress.sinks import find_sinks  # noqa: PLC0415 - which knows files

        return list(find_sinks(self))

    @cached_property
    def functions(self) -> list[Node]:
        """Functions, methods and closures."""
        return list(self.of(*FUNCTIONS))

    def calls_in(self, scope: Node, names: Collection[str]) -> list[Node]:
        """The calls of these functions that belong to a scope."""
        found = self._calls_by_scope.get(scope, {})
        return [node for name in names if name in found for node in found[name]]

    @cached_property
    def _calls_by_scope(self) -> Mapping[Node, Mapping[str, list[Node]]]:
        found: dict[Node, dict[str, list[Node]]] = {}
        for name, nodes in self._calls.items():
            for node in nodes:
                found.setdefault(self.scope(node), {}).setdefault(name, []).append(node)
        for node in self.of(*METHOD_CALLS, "scoped_call_expression"):
            # A method of the file's own is asked for as `->name`.
            found.setdefault(self.scope(node), {}).setdefault(f"->{_method_name(node)}", []).append(node)
        return found

    def scope(self, node: Node) -> Node:
        """The function that a node is in, or the file."""
        if node not in self._scopes:
            self._scopes[node] = scope_of(node)
        return self._scopes[node]

    @cached_property
    def _scopes(self) -> dict[Node, Node]:
        return {}

    @cached_property
    def superglobals(self) -> Mapping[Node, frozenset[str]]:
        """Which superglobals each scope reads."""
        found: dict[Node, set[str]] = {}
        for node in self.of("variable_name"):
            if name := superglobal(node):
                found.setdefault(self.scope(node), set()).add(name)
        return {scope: frozenset(names) for scope, names in found.items()}

    def has_before(self, node: Node, names: Collection[str]) -> bool:
        """Whether one of these functions is called before a node, in its scope or one around it.

        A function of this file that calls one of them counts as well.
        """
        scope: Node | None = self.scope(node)
        while scope is not None:
            if any(call.start < node.start for call in self._with_helpers(scope, names)):
                return True
            if scope.kind != "anonymous_function":
                return False
            scope = self.scope(scope)
        return False

    def has_in_scope(self, node: Node, names: Collection[str]) -> bool:
        """Whether one of these functions is called anywhere in a node's scope."""
        return self.has_in(self.scope(node), names)

    def has_in(self, scope: Node, names: Collection[str]) -> bool:
        """Whether one of these functions, or one of this file that calls one, is called anywhere in a scope."""
        return bool(self._with_helpers(scope, names))

    def _with_helpers(self, scope: Node, names: Collection[str]) -> list[Node]:
        helpers = self._helpers(tuple(sorted(names)))
        return self.calls_in(scope, [*names, *helpers, *(f"->{name}" for name in helpers)])

    def _helpers(self, names: tuple[str, ...]) -> frozenset[str]:
        if names not in self._known_helpers:
            containing = {name_of(self.scope(node)).lower() for node in self.calls(*names)}
            self._known_helpers[names] = frozenset(containing - {""})
        return self._known_helpers[names]

    @cached_property
    def _known_helpers(self) -> dict[tuple[str, ...], frozenset[str]]:
        return {}

    @cached_property
    def hooks(self) -> Mapping[Node, frozenset[str]]:
        """Functions of this file that WordPress calls, by what it calls them on: `wp_ajax_save`, `activation`."""
        found: dict[Node, set[str]] = {}
        for call in self.calls("add_action", "add_filter"):
            given = arguments(call)
            if len(given) > 1:
                hook = _hook_name(given[0])
                for function in self.named_by(given[1]):
                    found.setdefault(function, set()).add(hook)
        for name in ("register_activation_hook", "register_deactivation_hook", "register_uninstall_hook"):
            for call in self.calls(name):
                given = arguments(call)
                for function in self.named_by(given[1]) if len(given) > 1 else ():
                    found.setdefault(function, set()).add("activation")
        return {function: frozenset(hooks) for function, hooks in found.items()}

    def hooks_of(self, node: Node) -> frozenset[str]:
        """The hooks of the function that a node is in."""
        return self.hooks.get(self.scope(node), frozenset())

    def named_by(self, callback: Node) -> list[Node]:
        """The functions of this file that a callback means."""
        if callback.kind in FUNCTIONS:
            return [callback]
        name = text_of(callback)
        if callback.kind == "array_creation_expression":
            entries = [value for _, value, _ in items(callback)]
            name = text_of(entries[1]) if len(entries) == 2 else ""
        elif callback.kind in {*METHOD_CALLS, "function_call_expression"}:
            name = called(callback) or method(callback)
        name = name.rpartition("::")[2].rpartition("\\")[2].lower()
        return [function for function in self.functions if name and name_of(function).lower() == name]


def _method_name(node: Node) -> str:
    name = node.get("name")
    return name.text.lower() if name is not None else ""


def _hook_name(node: Node) -> str:
    """The name of a hook; of one that is put together, its beginning."""
    while node.kind == "binary_expression" and node.children:
        node = node.children[0]
    if isinstance(name := literal(node), str):
        return name
    if node.kind in {"encapsed_string", "heredoc"}:
        part = node.first("string_content")
        return part.text if part is not None else ""
    return ""
