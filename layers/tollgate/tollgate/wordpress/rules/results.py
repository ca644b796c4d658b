"""Results that may be errors, and loops that leave things changed."""

from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.knowledge import words
from tollgate.wordpress.php import METHOD_CALLS, arguments, called, literal, method, superglobal, variable
from tollgate.wordpress.tree import Node

_FAILING: Final = words(
    "wp_insert_term wp_insert_user wp_remote_get wp_remote_head wp_remote_post wp_remote_request wp_safe_remote_get "
    "wp_safe_remote_head wp_safe_remote_post wp_safe_remote_request wp_update_term wp_update_user wp_create_user"
)  # fmt: skip
_ERROR_ARGUMENT: Final = frozenset({"wp_insert_post", "wp_update_post"})
_RESETS: Final = frozenset({"wp_reset_postdata", "wp_reset_query"})
# They tell an error from an answer.
_CHECKS: Final = frozenset({"is_wp_error", "wp_remote_retrieve_response_code"})


def _find_unchecked(file: File) -> Iterator[Hit]:
    last_uses, checked = _last_uses(file), _checked(file)
    for call in file.calls(*_FAILING, *_ERROR_ARGUMENT):
        given = arguments(call)
        if called(call) in _ERROR_ARGUMENT and (len(given) < 2 or literal(given[1]) is not True):
            continue
        name = _kept_in(call)
        if name is None:
            if _is_used(call):
                yield Hit(call)
        elif last_uses.get((file.scope(call), name), 0) > call.end and (file.scope(call), name) not in checked:
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


def _last_uses(file: File) -> dict[tuple[Node, str], int]:
    """Where each scope uses each variable last; that it is returned is no use."""
    found: dict[tuple[Node, str], int] = {}
    for node in file.of("variable_name"):
        if node.parent is None or node.parent.kind != "return_statement":
            key = file.scope(node), variable(node)
            found[key] = max(node.start, found.get(key, 0))
    return found


def _checked(file: File) -> set[tuple[Node, str]]:
    """The variables of each scope that are asked whether they are an error."""
    asked = [value for call in file.calls(*_CHECKS) for value in arguments(call)]
    asked += [node.children[0] for node in file.of("binary_expression") if "instanceof" in node.tokens]
    return {(file.scope(value), variable(value)) for value in asked if variable(value)}


def _find_resets(file: File) -> Iterator[Hit]:
    reset = {file.scope(call) for call in file.of(*METHOD_CALLS) if method(call) == "reset_postdata"}
    for call in file.of(*METHOD_CALLS):
        if method(call) != "the_post" or superglobal(call):
            continue
        subject = call.get("object")
        if subject is not None and subject.text in {"$wp_query", "$this"}:
            continue
        if not file.has_in_scope(call, _RESETS) and file.scope(call) not in reset:
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
