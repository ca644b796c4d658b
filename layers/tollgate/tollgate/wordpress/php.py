"""PHP's syntax as rules want to read it: who is called with what, which literals there are, where a statement ends."""

from collections.abc import Iterator
from typing import Any, Final

from tollgate.wordpress.knowledge import words
from tollgate.wordpress.tree import Node

FUNCTIONS: Final = frozenset({"function_definition", "method_declaration", "anonymous_function", "arrow_function"})
CLASSES: Final = frozenset(
    {"class_declaration", "interface_declaration", "trait_declaration", "enum_declaration", "anonymous_class"}
)
LOOPS: Final = frozenset({"for_statement", "foreach_statement", "while_statement", "do_statement"})
CALLS: Final = frozenset({"function_call_expression", "exit_statement"})
METHOD_CALLS: Final = frozenset({"member_call_expression", "nullsafe_member_call_expression"})
SUPERGLOBALS: Final = frozenset({"_GET", "_POST", "_REQUEST", "_COOKIE", "_SERVER", "_FILES"})

NOT_LITERAL: Final = object()
"""What `literal` says of everything else; None is a literal too."""


def called(node: Node) -> str:
    """The lower-case name of the function that a node calls; empty where it calls none by its name."""
    if node.kind == "exit_statement":
        return "exit"
    if node.kind != "function_call_expression":
        return ""
    function = node.get("function")
    if function is None or function.kind not in {"name", "qualified_name"}:
        return ""
    return function.text.rpartition("\\")[2].strip().lower()


def method(node: Node) -> str:
    """The lower-case name of the method that a node calls on an object."""
    name = node.get("name") if node.kind in METHOD_CALLS else None
    return name.text.lower() if name is not None and name.kind == "name" else ""


def wpdb_method(node: Node) -> str:
    """The lower-case name of the method of `$wpdb` that a node calls."""
    subject = node.get("object") if node.kind in METHOD_CALLS else None
    return method(node) if subject is not None and is_wpdb(subject) else ""


def is_wpdb(node: Node) -> bool:
    """Whether it is WordPress's database object."""
    if node.kind == "variable_name":
        return node.text == "$wpdb"
    if node.kind == "member_access_expression":
        name = node.get("name")
        return name is not None and name.text in {"wpdb", "db"} and node.source[node.start : node.start + 5] == b"$this"
    return node.kind == "subscript_expression" and node.text.replace('"', "'") == "$GLOBALS['wpdb']"


def made(node: Node) -> str:
    """The class that a node makes an object of, as it is written; empty where it makes none."""
    if node.kind != "object_creation_expression":
        return ""
    name = node.first("name", "qualified_name")
    return name.text.lstrip("\\") if name is not None else ""


def arguments(call: Node) -> list[Node]:
    """The values that a call is given, by their place; those behind `name:` where they stand."""
    if call.kind == "exit_statement":
        return list(call.children)
    holder = call.first("arguments")
    if holder is None:
        return []
    return [one.children[-1] for one in holder.all("argument") if one.children]


def argument(call: Node, place: int, name: str = "") -> Node | None:
    """One of these values: that with a name, else that at a place."""
    holder = call.first("arguments")
    for one in holder.all("argument") if holder and name else ():
        given = one.get("name")
        if given is not None and given.text == name:
            return one.children[-1]
    values = arguments(call)
    return values[place] if place < len(values) else None


def literal(node: Node | None) -> Any:
    """What a literal is worth: text, a number, True, False or None; NOT_LITERAL for all else."""
    if node is None:
        return NOT_LITERAL
    match node.kind:
        case "string" | "encapsed_string":
            if all(child.kind in {"string_content", "escape_sequence"} for child in node.children):
                return node.text[1:-1]
        case "nowdoc":
            body = node.get("value")
            return body.text if body is not None else ""
        case "integer":
            return _integer(node.text)
        case "float":
            return float(node.text.replace("_", ""))
        case "boolean":
            return node.text.lower() == "true"
        case "null":
            return None
        case "unary_op_expression":
            return _signed(node)
    return NOT_LITERAL


def _integer(text: str) -> Any:
    text = text.lower().replace("_", "")
    try:
        return int(text, 0) if not text[1:].isdecimal() or text[0] != "0" else int(text, 8)
    except ValueError:
        return NOT_LITERAL


def _signed(node: Node) -> Any:
    if (
        len(node.children) != 1
        or node.children[0].kind not in {"integer", "float"}
        or node.tokens not in (["-"], ["+"])
    ):
        return NOT_LITERAL
    value = literal(node.children[0])
    return value if value is NOT_LITERAL or node.tokens == ["+"] else -value


def text_of(node: Node | None) -> str:
    """A literal text; empty where it is none."""
    value = literal(node)
    return value if isinstance(value, str) else ""


def items(array: Node | None) -> Iterator[tuple[Any, Node, Node]]:
    """The entries of an array literal: the key (None where there is none), the value, and the entry itself."""
    if array is None or array.kind != "array_creation_expression":
        return
    for entry in array.all("array_element_initializer"):
        if len(entry.children) > 1:
            yield literal(entry.children[0]), entry.children[-1], entry
        elif entry.children:
            yield None, entry.children[0], entry


def entry_of(array: Node | None, key: str) -> Node | None:
    """The value under a key of an array literal."""
    return next((value for name, value, _ in items(array) if name == key), None)


def variable(node: Node | None) -> str:
    """The name of a variable without its sign; empty for all else."""
    return node.text[1:] if node is not None and node.kind == "variable_name" else ""


def root_of(node: Node) -> Node:
    """What an element is an element of, to the end: `$a` of `$a['b']['c']`."""
    while node.kind == "subscript_expression" and node.children:
        node = node.children[0]
    return node


def superglobal(node: Node) -> str:
    """Of which superglobal a node is an element or the whole: `_POST`; empty for all else."""
    name = variable(root_of(node))
    return name if name in SUPERGLOBALS else ""


def reads(scope: Node) -> Iterator[Node]:
    """The elements of superglobals that a scope reads, each as a whole: `$_POST['a']['b']` is one."""
    for node in within(scope):
        if node.kind == "subscript_expression" and superglobal(node) and not _is_part(node) and not _is_written(node):
            yield node


def _is_part(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.kind == "subscript_expression" and parent.children[0] is node


def _is_written(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.kind == "assignment_expression" and node.field == "left"


def within(scope: Node) -> Iterator[Node]:
    """What belongs to a function or file itself, and not to functions and classes inside of it. Arrow functions do."""
    for node in scope.walk(not_into=(*(FUNCTIONS - {"arrow_function"}), *CLASSES)):
        if node is scope or node.kind not in FUNCTIONS - {"arrow_function"}:
            yield node


def scope_of(node: Node) -> Node:
    """The function that a node is in, or the file. Arrow functions are part of what they stand in."""
    last = node
    for one in node.above():
        if one.kind in FUNCTIONS and one.kind != "arrow_function":
            return one
        last = one
    return last


def name_of(function: Node) -> str:
    """The name of a function, method or class; empty for one without."""
    name = function.get("name")
    return name.text if name is not None else ""


def is_echo_tag(statement: Node) -> bool:
    """Whether it is what stands between `<?=` and the end of the tag."""
    if statement.kind != "expression_statement":
        return False
    before = statement.previous
    if before is None and statement.parent is not None and statement.parent.kind == "colon_block":
        before = statement.parent.previous
    tag = (
        before.children[-1]
        if before is not None and before.kind == "text_interpolation" and before.children
        else before
    )
    return tag is not None and tag.kind == "php_tag" and tag.text == "<?="


_HEADED: Final = FUNCTIONS | CLASSES | LOOPS | {"if_statement", "else_if_clause", "switch_statement", "try_statement"}
_STATEMENTS: Final = words(
    "break_statement case_statement const_declaration continue_statement default_statement echo_statement "
    "else_clause exit_statement expression_statement function_static_declaration global_declaration "
    "property_declaration return_statement unset_statement"
)


def unit_of(node: Node) -> tuple[int, int]:
    """The smallest statement around a node. The header of a loop, a branch, a function or a class is one by itself."""
    here: Node | None = node
    while here is not None:
        if here.kind in _HEADED and here.kind != "arrow_function":
            body = here.get("body") or here.first("declaration_list", "compound_statement")
            return here.start, body.start if body is not None and body.start > here.start else here.end
        if here.kind in _STATEMENTS:
            return here.start, here.end
        if here.kind in {"text", "text_interpolation"} or here.parent is None:
            break
        here = here.parent
    return node.start, node.end
