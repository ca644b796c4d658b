"""How request data is taken in, and what is done on a request's word."""

from collections.abc import Iterator
from typing import Final

from tollgate.wordpress import knowledge
from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import (
    METHOD_CALLS,
    arguments,
    called,
    literal,
    reads,
    superglobal,
    text_of,
    unit_of,
    wpdb_method,
)
from tollgate.wordpress.sinks import reached
from tollgate.wordpress.tree import Node

_SENT: Final = frozenset({"_POST", "_FILES"})
_STEERING: Final = frozenset({"_GET", "_POST", "_REQUEST", "_FILES"})
_HANDLERS: Final = ("wp_ajax_", "admin_post_")
_PUBLIC: Final = ("wp_ajax_nopriv_", "admin_post_nopriv_")


def _changes(file: File) -> Iterator[Node]:
    """Everything that leaves something behind."""
    for name in file.called_names:
        if knowledge.changes_state(name):
            yield from file.calls(name)
    for call in file.calls("fopen"):
        if len(given := arguments(call)) > 1 and text_of(given[1])[:1] in {"w", "a", "x", "c"}:
            yield call
    for call in file.of(*METHOD_CALLS):
        name = wpdb_method(call)
        if name in knowledge.WRITING_METHODS or (name == "query" and _is_writing(arguments(call))):
            yield call


def _is_writing(given: list[Node]) -> bool:
    text = given[0] if given else None
    while text is not None and text.kind in {"binary_expression", *METHOD_CALLS}:
        text = text.children[0] if text.kind == "binary_expression" else next(iter(arguments(text)), None)
    if text is None:
        return False
    content = literal(text)
    if not isinstance(content, str):
        part = next((node for node in text.walk() if node.kind == "string_content"), None)
        content = part.text if part is not None else ""
    return knowledge.WRITING_SQL.match(content) is not None


def _find_nonces(file: File) -> Iterator[Hit]:
    for change in _changes(file):
        steering = file.superglobals.get(file.scope(change), frozenset()) & _STEERING
        if steering and not file.has_before(change, knowledge.NONCE_CHECKS):
            yield Hit(change, Severity.HIGH if steering & _SENT else Severity.MEDIUM)


def _find_capabilities(file: File) -> Iterator[Hit]:
    for change in _changes(file):
        hooks = file.hooks_of(change)
        scope = file.scope(change)
        if scope is file.root or any(hook.startswith(_PUBLIC) for hook in hooks):
            # What is open to visitors has nothing to check.
            continue
        is_handler = any(hook.startswith(_HANDLERS) or hook == "admin_init" for hook in hooks)
        if (is_handler or file.superglobals.get(scope, frozenset()) & _STEERING) and not file.has_in_scope(
            change, knowledge.CAPABILITY_CHECKS
        ):
            yield Hit(change)


def _find_unsanitized(file: File) -> Iterator[Hit]:
    in_sinks = reached(file)
    used_up = _used_up(file)
    for node in _all_reads(file):
        treatment = _treatment(node)
        if treatment != "none" or _is_made_by_server(node):
            continue
        if node.start not in in_sinks:
            yield Hit(node)
        elif (node.start, *unit_of(node)) not in used_up:
            # Where the statement that reads it is the one that misuses it, the rule of the misuse says it all.
            yield Hit(node, Severity.HIGH)


def _used_up(file: File) -> set[tuple[int, int, int]]:
    """Where request data is read and misused by one statement."""
    return {(source, *unit_of(sink.node)) for sink in file.sinks for source in file.value(sink.value).sources}


def _find_slashed(file: File) -> Iterator[Hit]:
    for node in _all_reads(file):
        if _treatment(node) == "slashed" and superglobal(node) != "_FILES":
            yield Hit(node)


def _find_extract(file: File) -> Iterator[Hit]:
    for node in file.calls("extract"):
        if any(superglobal(value) or file.value(value).is_tainted for value in arguments(node)[:1]):
            yield Hit(node)


def _all_reads(file: File) -> Iterator[Node]:
    for scope in (file.root, *(one for one in file.functions if one.kind != "arrow_function")):
        yield from reads(scope)


def _is_made_by_server(node: Node) -> bool:
    keys = ("'tmp_name'", "'size'", "'error'")
    return superglobal(node) == "_FILES" and any(key in node.text.replace('"', "'") for key in keys)


def _treatment(node: Node) -> str:  # noqa: C901, PLR0912 - one case for each thing that can be around it
    """What becomes of request data where it is read.

    `none` where it goes on as it came, `slashed` where it is sanitized with WordPress's slashes still in it, `clean`
    where it was sanitized, escaped, or only looked at.
    """
    is_unslashed = False
    here = node
    for parent in node.above():
        match parent.kind:
            case "argument" | "arguments" | "parenthesized_expression" | "array_element_initializer":
                pass
            case "array_creation_expression" | "encapsed_string" | "heredoc" | "heredoc_body":
                pass
            case "error_suppression_expression" | "sequence_expression" | "by_ref":
                pass
            case "cast_expression":
                cast = parent.get("type")
                if cast is not None and cast.text.lower() in knowledge.NUMERIC_CASTS:
                    return "clean"
            case "conditional_expression":
                if here.field == "condition" and parent.get("body") is not None:
                    return "clean"
            case "binary_expression":
                if not set(parent.tokens) & {".", "??"}:
                    return "clean"
            case "unary_op_expression" | "match_condition_list" | "update_expression" | "unset_statement":
                return "clean"
            case "function_call_expression":
                name = called(parent)
                if name in {"array_map", "map_deep"}:
                    name = next((text_of(value).lower() for value in arguments(parent) if text_of(value)), name)
                is_unslashed = is_unslashed or name in {"wp_unslash", "stripslashes", "stripslashes_deep"}
                if knowledge.is_silent(name) or name in knowledge.SELF_UNSLASHING:
                    return "clean"
                if name in knowledge.SANITIZERS:
                    return "clean" if is_unslashed else "slashed"
                if name in knowledge.ESCAPERS:
                    return "clean"
            case "if_statement" | "else_if_clause" | "while_statement" | "switch_statement" | "match_expression":
                return "clean"
            case _:
                return "none"
        here = parent
    return "none"


RULES = (
    Rule(
        name="missing_nonce",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="Something is changed on a request whose nonce was not checked",
        suggestion="Call check_admin_referer() or check_ajax_referer() first",
        recommendation="Check a nonce before acting on what a form sends",
        example=Example(
            "<?php\nupdate_option( 'shop_name', sanitize_text_field( wp_unslash( $_POST['name'] ) ) );",
            "<?php\ncheck_admin_referer( 'shop_save' );\n"
            "update_option( 'shop_name', sanitize_text_field( wp_unslash( $_POST['name'] ) ) );",
        ),
        find=_find_nonces,
        cwe="CWE-352",
        note="Medium where only `$_GET` or `$_REQUEST` are read. A function of the same file that checks one counts.",
    ),
    Rule(
        name="missing_capability",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="Something is changed on a request whose sender may not be allowed to",
        suggestion="Ask current_user_can() first",
        recommendation="Ask current_user_can() before changing anything",
        example=Example(
            "<?php\nadd_action( 'wp_ajax_shop_reset', 'shop_reset' );\nfunction shop_reset() {\n"
            "\tcheck_ajax_referer( 'shop_reset' );\n\tdelete_option( 'shop_name' );\n}",
            "<?php\nadd_action( 'wp_ajax_shop_reset', 'shop_reset' );\nfunction shop_reset() {\n"
            "\tcheck_ajax_referer( 'shop_reset' );\n\tif ( ! current_user_can( 'manage_options' ) ) {\n"
            "\t\twp_die( -1 );\n\t}\n\tdelete_option( 'shop_name' );\n}",
        ),
        find=_find_capabilities,
        cwe="CWE-862",
        note="Handlers that are open to visitors (`wp_ajax_nopriv_…`) are left alone.",
    ),
    Rule(
        name="unsanitized_input",
        category=Category.SECURITY,
        severity=Severity.MEDIUM,
        message="Request data is taken as it comes",
        suggestion="Take it through sanitize_text_field( wp_unslash( … ) ) or absint() where it is read",
        recommendation="Sanitize request data where it is read",
        example=Example(
            "<?php\n$name = $_POST['name'];", "<?php\n$name = sanitize_text_field( wp_unslash( $_POST['name'] ) );"
        ),
        find=_find_unsanitized,
        cwe="CWE-20",
        note="High where the value ends up in a sink of the same scope.",
    ),
    Rule(
        name="tainted_extract",
        category=Category.SECURITY,
        severity=Severity.MEDIUM,
        message="extract() lets a request set variables of its choice",
        suggestion="Read the fields that are needed by their names instead of calling extract()",
        recommendation="Read the fields that are needed by their names",
        example=Example("<?php\nextract( $_POST );", "<?php\n$age = absint( $_POST['age'] );"),
        find=_find_extract,
        cwe="CWE-621",
    ),
    Rule(
        name="missing_unslash",
        category=Category.SECURITY,
        severity=Severity.LOW,
        message="Request data is sanitized with WordPress's slashes still in it",
        suggestion="Call wp_unslash() before the sanitizer",
        recommendation="Unslash request data before sanitizing it",
        example=Example(
            "<?php\n$name = sanitize_text_field( $_POST['name'] );",
            "<?php\n$name = sanitize_text_field( wp_unslash( $_POST['name'] ) );",
        ),
        find=_find_slashed,
        cwe="CWE-20",
    ),
)
