"""Work that is done once for each item of a loop."""

import re
from collections.abc import Iterator
from typing import Final

from tollgate.wordpress import knowledge
from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import FUNCTIONS, LOOPS, METHOD_CALLS, called, made, wpdb_method
from tollgate.wordpress.tree import Node

_FETCHES: Final = ("get_posts", "get_users", "get_terms", "get_comments", "get_pages", "query_posts")
_REMOTE: Final = re.compile(r"wp_(?:safe_)?remote_(?:get|post|head|request)")
_META: Final = re.compile(r"get_(?:post|user|term|comment)_meta|get_metadata")


def _is_repeated(node: Node) -> bool:
    """Whether a loop runs it again and again. What a loop goes through is evaluated once."""
    here = node
    for parent in node.above():
        if parent.kind in LOOPS and (here.field in {"body", "condition", "update"}):
            return True
        if parent.kind in FUNCTIONS:
            return False
        here = parent
    return False


def _find_queries(file: File) -> Iterator[Hit]:
    remote = [name for name in file.called_names if _REMOTE.fullmatch(name)]
    found = [*file.calls(*_FETCHES), *file.calls(*remote)]
    found += [node for node in file.of("object_creation_expression") if made(node) == "WP_Query"]
    found += [node for node in file.of(*METHOD_CALLS) if wpdb_method(node) in knowledge.READING_METHODS]
    for node in found:
        if _is_repeated(node):
            yield Hit(node)


def _find_meta(file: File) -> Iterator[Hit]:
    for node in file.calls(*(name for name in file.called_names if _META.fullmatch(name))):
        if _is_repeated(node):
            yield Hit(node)


def _find_counts(file: File) -> Iterator[Hit]:
    for loop in file.of("for_statement"):
        condition = loop.get("condition")
        if condition is not None and any(called(node) in {"count", "sizeof"} for node in condition.walk()):
            yield Hit(loop)


RULES = (
    Rule(
        name="query_in_loop",
        category=Category.PERFORMANCE,
        severity=Severity.HIGH,
        message="A query or remote request is made in every round of a loop",
        suggestion="Ask once before the loop, as with post__in of WP_Query()",
        recommendation="Ask for all items at once, before the loop",
        example=Example(
            "<?php\nforeach ( $ids as $id ) {\n\t$list[] = get_posts( array( 'post_parent' => $id ) );\n}",
            "<?php\n$list = get_posts( array( 'post_parent__in' => $ids ) );\n"
            "foreach ( $list as $item ) {\n\tshop_add( $item );\n}",
        ),
        find=_find_queries,
    ),
    Rule(
        name="meta_in_loop",
        category=Category.PERFORMANCE,
        severity=Severity.MEDIUM,
        message="Meta data is fetched in every round of a loop",
        suggestion="Call update_meta_cache() with all ids before the loop",
        recommendation="Fetch meta data for all items at once",
        example=Example(
            "<?php\nforeach ( $ids as $id ) {\n\t$prices[] = get_post_meta( $id, 'price', true );\n}",
            "<?php\nupdate_meta_cache( 'post', $ids );\n$prices = array_map( 'shop_price', $ids );",
        ),
        find=_find_meta,
    ),
    Rule(
        name="count_in_condition",
        category=Category.PERFORMANCE,
        severity=Severity.LOW,
        message="The loop counts its items again in every round",
        suggestion="Call count() once before the loop, or use foreach",
        recommendation="Count before the loop",
        example=Example(
            "<?php\nfor ( $i = 0; $i < count( $items ); $i++ ) {\n\tshop_add( $items[ $i ] );\n}",
            "<?php\nfor ( $i = 0, $n = count( $items ); $i < $n; $i++ ) {\n\tshop_add( $items[ $i ] );\n}",
        ),
        find=_find_counts,
    ),
)
