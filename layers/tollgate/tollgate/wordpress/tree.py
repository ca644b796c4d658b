"""A parsed file, as plain objects that know their parents: rules walk them without asking the parser again."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final, Optional

if TYPE_CHECKING:
    from tree_sitter import Tree, TreeCursor

DEEPEST: Final = 120
"""How deep values are followed by recursion; real code is nowhere near it."""
DEEPEST_TREE: Final = 1_000
"""Source that is nested deeper than this is no source that anybody wrote."""


class Node:
    """A node of a syntax tree. `children` are those that grammars name; `tokens` the keywords and operators."""

    __slots__ = (
        "children",
        "depth",
        "end",
        "field",
        "is_broken",
        "kind",
        "parent",
        "place",
        "source",
        "start",
        "tokens",
    )

    def __init__(  # noqa: PLR0917 - thousands are made
        self, kind: str, start: int, end: int, source: bytes, parent: Optional["Node"] = None, field: str = ""
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.source = source
        self.parent = parent
        self.field = field
        """Under which name its parent has it; empty where grammars have none."""
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.place = len(parent.children) if parent is not None else 0
        """Where it is among the children of its parent."""
        self.children: list[Node] = []
        self.tokens: list[str] = []
        self.is_broken = False
        """Whether the parser had to guess here."""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.text[:40]!r}>"

    @property
    def text(self) -> str:
        """Its source."""
        return self.source[self.start : self.end].decode("utf-8", "replace")

    def get(self, field: str) -> Optional["Node"]:
        """The child under a name."""
        return next((child for child in self.children if child.field == field), None)

    def first(self, *kinds: str) -> Optional["Node"]:
        """The first child of one of these kinds."""
        return next((child for child in self.children if child.kind in kinds), None)

    def all(self, *kinds: str) -> list["Node"]:
        """The children of these kinds."""
        return [child for child in self.children if child.kind in kinds]

    def walk(self, *, not_into: Collection[str] = ()) -> Iterator["Node"]:
        """It and all beneath it, in the order of the source; what is of a kind `not_into` is not looked into."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            if node is self or node.kind not in not_into:
                waiting.extend(reversed(node.children))

    def above(self) -> Iterator["Node"]:
        """What it is in, from near to far."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def inside(self, *kinds: str) -> Optional["Node"]:
        """The nearest node of one of these kinds that it is in."""
        return next((node for node in self.above() if node.kind in kinds), None)

    @property
    def next(self) -> Optional["Node"]:
        """The sibling behind it."""
        return self._sibling(1)

    @property
    def previous(self) -> Optional["Node"]:
        """The sibling before it."""
        return self._sibling(-1)

    def _sibling(self, step: int) -> Optional["Node"]:
        siblings = self.parent.children if self.parent else [self]
        place = self.place + step
        return siblings[place] if 0 <= place < len(siblings) else None


def build(tree: "Tree", source: bytes) -> Node:
    """Our nodes of a parser's tree. Without recursion: source can be nested deeper than Python's stack."""
    cursor = tree.walk()
    root = _node_at(cursor, source, None)
    node = root
    while True:
        if cursor.goto_first_child():
            parent = node
        else:
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent() or node.parent is None:
                    return root
                node = node.parent
            parent = node.parent or root
        node = _node_at(cursor, source, parent)


def _node_at(cursor: "TreeCursor", source: bytes, parent: Node | None) -> Node:
    found = cursor.node
    assert found is not None  # noqa: S101 - a cursor is always at a node
    node = Node(found.type, found.start_byte, found.end_byte, source, parent, cursor.field_name or "")
    node.is_broken = found.is_error or found.is_missing
    if parent is not None:
        if found.is_named or node.is_broken:
            parent.children.append(node)
        else:
            parent.tokens.append(found.type)
    return node
