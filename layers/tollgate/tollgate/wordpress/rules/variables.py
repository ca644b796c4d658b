"""Variables that nobody gave a value."""

from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.knowledge import words
from tollgate.wordpress.php import FUNCTIONS, METHOD_CALLS, called, name_of, variable, within
from tollgate.wordpress.tree import Node

_ALWAYS_THERE: Final = words(
    "this GLOBALS _GET _POST _REQUEST _COOKIE _SERVER _FILES _ENV _SESSION argc argv php_errormsg "
    "http_response_header"
)  # fmt: skip
# A file that is included finds what WordPress and the one that includes it have.
_GIVEN_TO_FILES: Final = words(
    "wpdb wp_query post posts wp authordata page pages multipage numpages wp_rewrite wp_the_query wp_version "
    "wp_filesystem pagenow typenow current_user user_ID user_id comment id more args attributes content block "
    "template template_name query_string request single withcomments wp_customize wp_styles wp_scripts wp_roles "
    "wp_admin_bar wp_post_types wp_taxonomies locale l10n product woocommerce instance this_page title context"
)
# They give values to variables that they are handed.
_SETTING: Final = words(
    "preg_match preg_match_all parse_str wp_parse_str exec system sscanf fscanf str_replace str_ireplace "
    "preg_replace preg_replace_callback similar_text openssl_sign openssl_encrypt openssl_private_encrypt "
    "openssl_public_encrypt settype list each getimagesize dns_get_mx getmxrr fsockopen is_callable headers_sent "
    "flock proc_open curl_multi_exec array_multisort sort rsort usort uasort uksort ksort asort natsort shuffle "
    "array_push array_unshift array_walk"
)
_UNKNOWN_NAMES: Final = frozenset({"extract", "eval", "include", "get_defined_vars", "compact", "parse_str"})
_LOOKS: Final = frozenset({"isset", "empty", "unset"})
_INCLUDES: Final = ("include_expression", "include_once_expression", "require_expression", "require_once_expression")


def _find(file: File) -> Iterator[Hit]:
    defined = {name_of(function).lower() for function in file.functions}
    for scope in (file.root, *(one for one in file.functions if one.kind != "arrow_function")):
        nodes = list(within(scope))
        if any(called(node) in _UNKNOWN_NAMES or node.kind in {"dynamic_variable_name", *_INCLUDES} for node in nodes):
            continue
        known = _assigned(scope, nodes, defined) | _ALWAYS_THERE
        if scope is file.root:
            known |= _GIVEN_TO_FILES
        yield from _unknown(nodes, known)


def _unknown(nodes: list[Node], known: frozenset[str] | set[str]) -> Iterator[Hit]:
    seen: set[str] = set()
    for node in nodes:
        name = variable(node)
        if name and name not in known and name not in seen and not _is_asked_about(node):
            seen.add(name)
            yield Hit(node, None, f"${name[:80]} is read and never assigned")


def _assigned(scope: Node, nodes: list[Node], defined: set[str]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        names |= _given_by(node, defined)
    for closure in scope.walk():
        if closure.kind == "anonymous_function_use_clause":
            # What a function uses is given to it; by reference, a closure can set what is around it.
            is_own = closure.parent is scope
            names |= {variable(one) for one in closure.walk() if is_own or (one.parent and one.parent.kind == "by_ref")}
    return names


def _given_by(node: Node, defined: set[str]) -> set[str]:
    """The names that get a value by this node."""
    match node.kind:
        case "assignment_expression" | "augmented_assignment_expression":
            return _targets(node.children[0])
        case "reference_assignment_expression":
            return _targets(node)
        case "foreach_statement":
            return {name for head in node.children[1:] if head.field != "body" for name in _targets(head)}
        case "global_declaration" | "static_variable_declaration" | "catch_clause" | "unset_statement":
            return {variable(one) for one in node.children}
        case "simple_parameter" | "property_promotion_parameter" | "variadic_parameter":
            return {variable(node.get("name"))}
        case "by_ref":
            return _targets(node)
        case "variable_name" if _may_be_set(node, defined):
            return {variable(node)}
    return set()


def _targets(target: Node) -> set[str]:
    """The variables that get a value, also those of which only an element or property does."""
    found: set[str] = set()
    waiting = [target]
    while waiting:
        node = waiting.pop()
        if node.kind == "variable_name":
            found.add(variable(node))
        elif node.kind in {"subscript_expression", "member_access_expression"}:
            waiting.extend(node.children[:1])
        else:
            waiting.extend(node.children)
    return found


def _may_be_set(node: Node, defined: set[str]) -> bool:
    """Whether it is handed to what may give it a value: a function that does, or one that this file does not know."""
    if node.parent is None or node.parent.kind != "argument":
        return False
    call = node.inside(
        "function_call_expression", "object_creation_expression", "scoped_call_expression", *METHOD_CALLS
    )
    if call is None or call.kind != "function_call_expression":
        return True
    name = called(call)
    return not name or name in _SETTING or name in defined


def _is_asked_about(node: Node) -> bool:
    here = node
    for parent in node.above():
        if called(parent) in _LOOKS or parent.kind == "unset_statement":
            return True
        if parent.kind == "binary_expression" and "??" in parent.tokens and here is parent.children[0]:
            return True
        if parent.kind == "augmented_assignment_expression" and "??=" in parent.tokens and here is parent.children[0]:
            return True
        if parent.kind not in {
            "subscript_expression",
            "member_access_expression",
            "argument",
            "arguments",
            *METHOD_CALLS,
        }:
            return parent.kind in {"property_element", "scoped_property_access_expression"} or (
                parent.kind in FUNCTIONS and parent.get("body") is not node
            )
        here = parent
    return False


RULES = (
    Rule(
        name="undefined_variable",
        category=Category.QUALITY,
        severity=Severity.MEDIUM,
        message="A variable is read and never assigned",
        suggestion="Give it a value first, or ask isset()",
        recommendation="Give every variable a value before reading it",
        example=Example(
            "<?php\n/** Counts. */\nfunction shop_total( $items ) {\n\treturn count( $itms );\n}",
            "<?php\n/** Counts. */\nfunction shop_total( $items ) {\n\treturn count( $items );\n}",
        ),
        find=_find,
        cwe="CWE-457",
        note="What WordPress hands to templates ($post, $args and the like) counts as assigned outside of functions.",
    ),
)
