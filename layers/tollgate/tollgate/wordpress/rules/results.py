"""Results that may be errors, and loops that leave things changed."""

from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.knowledge import words
from tollgate.wordpress.php import METHOD_CALLS, arguments, called, literal, method, superglobal, variable, within
from tollgate.wordpress.tree import Node

_FAILING: Final = words(
    "wp_insert_term wp_insert_user wp_remote_get wp_remote_head wp_remote_post wp_remote_request wp_safe_remote_get "
    "wp_safe_remote_head wp_safe_remote_post wp_safe_remote_request wp_update_term wp_update_user wp_create_user"
)  # fmt: skip
_ERROR_ARGUMENT: Final = frozenset({"wp_insert_post", "wp_update_post"})
# They tell an error from an answer.
_CHECKS: Final = frozenset({"is_wp_error", "wp_remote_retrieve_response_code"})


def _find_unchecked(file: File) -> Iterator[Hit]:
    for call in file.calls(*_FAILING, *_ERROR_ARGUMENT):
        given = arguments(call)
        if called(call) in _ERROR_ARGUMENT and (len(given) < 2 or literal(given[1]) is not True):
            continue
        name = _kept_in(call)
        if name is None:
            if _is_used(call):
                yield Hit(call)
        elif _is_read(name, call, file) and not _is_checked(name, file.scope(call)):
            yield Hit(call)


def _kept_in(call: Node) -> str | None:
    parent = call.parent
    if parent is not None and parent.kind == "assignment_expression" and call.field == "right":
        return variable(parent.children[0]) or None
    return None


def _is_used(call: Node) -> bool:
    """Whether something is done with a result that has no name: an element is taken, or a function is given it."""
    parent = call.parent
    if parent is None:
        return False
    if parent.kind == "argument":
        outer = parent.inside("function_call_expression")
        return outer is not None and called(outer) in {"json_decode", "wp_remote_retrieve_body"}
    return parent.kind in {"subscript_expression", "echo_statement", "foreach_statement"}


def _is_read(name: str, call: Node, file: File) -> bool:
    return any(
        node.kind == "variable_name"
        and variable(node) == name
        and node.start > call.end
        and not _is_only_returned(node)
        for node in within(file.scope(call))
    )


def _is_only_returned(node: Node) -> bool:
    return node.parent is not None and node.parent.kind == "return_statement"


def _is_checked(name: str, scope: Node) -> bool:
    for node in within(scope):
        if called(node) in _CHECKS and any(variable(value) == name for value in arguments(node)):
            return True
        if node.kind == "binary_expression" and "instanceof" in node.tokens and variable(node.children[0]) == name:
            return True
    return False


def _find_resets(file: File) -> Iterator[Hit]:
    for call in file.of(*METHOD_CALLS):
        if method(call) != "the_post" or superglobal(call):
            continue
        subject = call.get("object")
        if subject is not None and subject.text in {"$wp_query", "$this"}:
            continue
        scope = file.scope(call)
        is_reset = file.has_in_scope(call, frozenset({"wp_reset_postdata", "wp_reset_query"})) or any(
            method(node) == "reset_postdata" for node in within(scope)
        )
        if not is_reset:
            yield Hit(call)


RULES = (
    Rule(
        name="unchecked_wp_error",
        category=Category.QUALITY,
        severity=Severity.MEDIUM,
        message="A result is used that may be a WP_Error",
        suggestion="Ask is_wp_error() first",
        recommendation="Ask is_wp_error() before using what may have failed",
        example=Example(
            "<?php\n$answer = wp_remote_get( 'https://example.com' );\n$body = $answer['body'];",
            "<?php\n$answer = wp_remote_get( 'https://example.com' );\n"
            "$body = is_wp_error( $answer ) ? '' : $answer['body'];",
        ),
        find=_find_unchecked,
        cwe="CWE-252",
    ),
    Rule(
        name="missing_reset",
        category=Category.QUALITY,
        severity=Severity.MEDIUM,
        message="A loop of its own leaves another post behind as the current one",
        suggestion="Call wp_reset_postdata() after the loop",
        recommendation="Call wp_reset_postdata() after loops of their own",
        example=Example(
            "<?php\n$news = new WP_Query( array( 'cat' => 3 ) );\n"
            "while ( $news->have_posts() ) {\n\t$news->the_post();\n\tthe_title();\n}",
            "<?php\n$news = new WP_Query( array( 'cat' => 3 ) );\n"
            "while ( $news->have_posts() ) {\n\t$news->the_post();\n\tthe_title();\n}\n"
            "wp_reset_postdata();",
        ),
        find=_find_resets,
    ),
)
