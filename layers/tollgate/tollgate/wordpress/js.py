"""JavaScript's syntax as rules want to read it."""

from typing import Final

from tollgate.wordpress.tree import Node

FUNCTIONS: Final = frozenset(
    {
        "function_declaration",
        "function_expression",
        "arrow_function",
        "method_definition",
        "generator_function_declaration",
    }
)
_HEADED: Final = frozenset(
    {
        "class_declaration",
        "for_in_statement",
        "for_statement",
        "function_declaration",
        "generator_function_declaration",
        "if_statement",
        "method_definition",
        "switch_statement",
        "while_statement",
    }
)
_STATEMENTS: Final = frozenset(
    {
        "expression_statement",
        "field_definition",
        "import_statement",
        "lexical_declaration",
        "return_statement",
        "throw_statement",
        "variable_declaration",
    }
)


def called(node: Node) -> str:
    """What a call calls, by its last name: `html` of `$( a ).html( b )`; empty where it has none."""
    return last_name(node.get("function")) if node.kind == "call_expression" else ""


def last_name(node: Node | None) -> str:
    """The last part of a dotted name."""
    if node is None:
        return ""
    if node.kind == "member_expression":
        name = node.get("property")
        return name.text if name is not None else ""
    return node.text if node.kind == "identifier" else ""


def arguments(call: Node) -> list[Node]:
    """The values that a call is given."""
    holder = call.get("arguments")
    return [one for one in holder.children if one.kind != "comment"] if holder is not None else []


def text_of(node: Node | None) -> str:
    """A literal text; empty where it is none."""
    return node.text[1:-1] if node is not None and node.kind == "string" else ""


def is_literal(node: Node) -> bool:
    """Whether it is text or a number that stands in the source."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if here.kind in {"parenthesized_expression", "binary_expression"}:
            waiting.extend(here.children)
        elif here.kind == "template_string":
            if here.first("template_substitution") is not None:
                return False
        elif here.kind not in {"string", "number", "null", "undefined", "true", "false"}:
            return False
    return True


def function_name(function: Node) -> str:
    """The name of a function, or of what it is assigned to."""
    name = function.get("name")
    if name is not None:
        return name.text
    parent = function.parent
    while parent is not None and parent.kind in {"call_expression", "arguments", "parenthesized_expression"}:
        # `memo( () => … )`
        parent = parent.parent
    if (
        parent is not None
        and parent.kind in {"variable_declarator", "pair", "assignment_expression"}
        and parent.children
    ):
        return parent.children[0].text
    return ""


def has_jsx(function: Node) -> bool:
    """Whether a function makes elements, itself or in what it calls in passing."""
    return any(
        node.kind in {"jsx_element", "jsx_self_closing_element"} or called(node) == "createElement"
        for node in function.walk()
    )


def is_component(function: Node) -> bool:
    """Whether a function is a component: named like one, or `edit` and `save` of a block."""
    name = function_name(function)
    if name[:1].isupper() or name in {"edit", "save"}:
        return True
    is_exported = function.parent is not None and function.parent.kind == "export_statement"
    return is_exported and has_jsx(function)


def unit_of(node: Node) -> tuple[int, int]:
    """The smallest statement around a node; the header of a loop, a branch or a function is one by itself."""
    here: Node | None = node
    while here is not None:
        if here.kind in _HEADED:
            body = here.get("body") or here.get("consequence")
            return here.start, body.start if body is not None and body.start > here.start else here.end
        if here.kind in _STATEMENTS:
            return here.start, here.end
        here = here.parent
    return node.start, node.end
