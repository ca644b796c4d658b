"""REST routes and who may call them."""

from collections.abc import Iterator
from typing import Any, Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import FUNCTIONS, argument, entry_of, items, literal, text_of
from tollgate.wordpress.tree import Node

_WRITING: Final = ("POST", "PUT", "PATCH", "DELETE", "CREATABLE", "EDITABLE", "DELETABLE", "ALLMETHODS")


def _find(file: File) -> Iterator[Hit]:
    for call in file.calls("register_rest_route"):
        options = argument(call, 2, "args")
        if options is None or options.kind != "array_creation_expression":
            continue
        if any(_is_open(endpoint) for endpoint in _endpoints(options)):
            yield Hit(call)


def _endpoints(options: Node) -> list[Node]:
    entries: list[tuple[Any, Node, Node]] = list(items(options))
    several = [value for key, value, _ in entries if key is None and value.kind == "array_creation_expression"]
    return several or [options]


def _is_open(endpoint: Node) -> bool:
    permission = entry_of(endpoint, "permission_callback")
    if permission is None:
        return any(key == "callback" for key, _, _ in items(endpoint))
    return _is_always_true(permission) and _writes(entry_of(endpoint, "methods"))


def _is_always_true(permission: Node) -> bool:
    if text_of(permission).lstrip("\\") == "__return_true":
        return True
    if permission.kind not in FUNCTIONS or (body := permission.get("body")) is None:
        return False
    if body.kind == "compound_statement":
        statement = body.children[0] if len(body.children) == 1 else None
        value = (
            statement.children[0] if statement and statement.kind == "return_statement" and statement.children else None
        )
    else:
        value = body
    return literal(value) is True


def _writes(methods: Node | None) -> bool:
    return methods is not None and any(word in methods.text.upper() for word in _WRITING)


RULES = (
    Rule(
        name="rest_permission",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="A REST route lets anybody in",
        suggestion="Give it a permission_callback that asks current_user_can()",
        recommendation="Give every REST route a permission_callback",
        example=Example(
            "<?php\nregister_rest_route( 'shop/v1', '/orders', array( 'methods' => 'POST', 'callback' => 'shop_order', "
            "'permission_callback' => '__return_true' ) );",
            "<?php\nregister_rest_route( 'shop/v1', '/orders', array( 'methods' => 'POST', 'callback' => 'shop_order', "
            "'permission_callback' => 'shop_may_order' ) );",
        ),
        find=_find,
        cwe="CWE-862",
        note="`__return_true` is found where the route writes; on one that only reads it is a statement of intent.",
    ),
)
