"""Queries that ask for too much, or in a slow way."""

import re
from collections.abc import Iterator
from typing import Any, Final

from tollgate.wordpress import knowledge
from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import (
    METHOD_CALLS,
    arguments,
    called,
    entry_of,
    items,
    literal,
    made,
    method,
    text_of,
    wpdb_method,
)
from tollgate.wordpress.tree import Node

_SIZES: Final = frozenset({"posts_per_page", "numberposts"})
_SLOW_KEYS: Final = frozenset({"meta_query", "meta_key", "meta_value", "tax_query"})
_QUERIES: Final = frozenset({"get_posts", "get_users", "get_terms", "get_comments", "query_posts", "get_pages"})
_CACHES: Final = frozenset(
    {"wp_cache_get", "wp_cache_get_multiple", "get_transient", "get_site_transient", "wp_cache_remember"}
)
_LARGEST_PAGE: Final = 100
_RANDOM: Final = re.compile(r"order\s+by\s+rand\s*\(", re.IGNORECASE)


def _settings(file: File) -> Iterator[tuple[str, Any, Node]]:
    """What queries are told, in an array, an assignment, a call of `set` or a query string."""
    for array in file.of("array_creation_expression"):
        for key, value, entry in items(array):
            if isinstance(key, str) and (key != "number" or _is_for_query(array)):
                yield key, literal(value), entry
    for node in file.of("assignment_expression"):
        target = node.get("left")
        if target is not None and target.kind == "subscript_expression" and len(target.children) > 1:
            yield text_of(target.children[1]), literal(node.get("right")), node
    for node in file.of(*METHOD_CALLS):
        given = arguments(node)
        if method(node) == "set" and len(given) > 1:
            yield text_of(given[0]), literal(given[1]), node
    for node, given in _query_calls(file):
        for part in text_of(given[0]).split("&") if given else ():
            name, _, text = part.partition("=")
            yield name, int(text) if re.fullmatch(r"-?\d{1,9}", text) else text, node


def _query_calls(file: File) -> Iterator[tuple[Node, list[Node]]]:
    for call in file.calls(*_QUERIES):
        yield call, arguments(call)
    for node in file.of("object_creation_expression"):
        if made(node).endswith("_Query"):
            yield node, arguments(node)


def _is_for_query(array: Node) -> bool:
    call = array.inside("function_call_expression", "object_creation_expression")
    return call is not None and (called(call) in _QUERIES or made(call).endswith("_Query"))


def _find_unbounded(file: File) -> Iterator[Hit]:
    for key, value, node in _settings(file):
        if (key in {*_SIZES, "number"} and value in {-1, "-1"}) or (key == "nopaging" and value in {True, "true"}):
            yield Hit(node)


def _find_large_pages(file: File) -> Iterator[Hit]:
    for key, value, node in _settings(file):
        if key in {*_SIZES, "number"} and str(value).isdecimal() and int(str(value)) > _LARGEST_PAGE:
            yield Hit(node)


def _find_random(file: File) -> Iterator[Hit]:
    for key, value, node in _settings(file):
        if key == "orderby" and isinstance(value, str) and value.lower().split("(")[0] == "rand":
            yield Hit(node)
    for array in file.of("array_creation_expression"):
        orders = entry_of(array, "orderby")
        if any(key == "rand" for key, _, _ in items(orders)):
            yield Hit(array)
    for call in file.of(*METHOD_CALLS):
        if wpdb_method(call) in {*knowledge.READING_METHODS, "query", "prepare"} and _RANDOM.search(call.text):
            yield Hit(call)


def _find_query_posts(file: File) -> Iterator[Hit]:
    for call in file.calls("query_posts"):
        yield Hit(call)


def _find_uncached_sql(file: File) -> Iterator[Hit]:
    for call in file.of(*METHOD_CALLS):
        if wpdb_method(call) in knowledge.READING_METHODS and not file.has_in_scope(call, _CACHES):
            yield Hit(call)


def _find_slow_keys(file: File) -> Iterator[Hit]:
    for array in file.of("array_creation_expression"):
        call = array.inside(*METHOD_CALLS)
        if call is not None and wpdb_method(call) in knowledge.WRITING_METHODS:
            continue
        for key, _, entry in items(array):
            if key in _SLOW_KEYS:
                yield Hit(entry)


def _find_found_rows(file: File) -> Iterator[Hit]:
    for node in file.of("object_creation_expression"):
        given = arguments(node)
        if made(node) != "WP_Query" or not given or given[0].kind != "array_creation_expression":
            continue
        settings = {key: literal(value) for key, value, _ in items(given[0])}
        is_unbounded = settings.get("posts_per_page") == -1 or settings.get("nopaging") is True
        if not is_unbounded and not settings.keys() & {"paged", "no_found_rows", "offset", "page"}:
            yield Hit(node)


RULES = (
    Rule(
        name="unbounded_query",
        category=Category.PERFORMANCE,
        severity=Severity.HIGH,
        message="A query asks for everything there is",
        suggestion="Set posts_per_page or number to what is shown, and page through the rest",
        recommendation="Give every query a limit",
        example=Example(
            "<?php\n$all = get_posts( array( 'numberposts' => -1 ) );",
            "<?php\n$some = get_posts( array( 'numberposts' => 20 ) );",
        ),
        find=_find_unbounded,
    ),
    Rule(
        name="page_size",
        category=Category.PERFORMANCE,
        severity=Severity.MEDIUM,
        message="A page of a query is larger than 100",
        suggestion="Set posts_per_page to 100 at most",
        recommendation="Keep pages of queries at 100 or fewer",
        example=Example(
            "<?php\n$many = get_posts( array( 'posts_per_page' => 500 ) );",
            "<?php\n$some = get_posts( array( 'posts_per_page' => 100 ) );",
        ),
        find=_find_large_pages,
    ),
    Rule(
        name="random_order",
        category=Category.PERFORMANCE,
        severity=Severity.MEDIUM,
        message="The database sorts everything at random to give back a few",
        suggestion="Fetch ids once, keep them with set_transient(), and choose with array_rand()",
        recommendation="Choose at random in PHP, from ids that are cached",
        example=Example(
            "<?php\n$one = get_posts( array( 'orderby' => 'rand', 'numberposts' => 1 ) );",
            "<?php\n$new = get_posts( array( 'orderby' => 'date', 'numberposts' => 1 ) );",
        ),
        find=_find_random,
    ),
    Rule(
        name="query_posts",
        category=Category.PERFORMANCE,
        severity=Severity.MEDIUM,
        message="query_posts() replaces the main query",
        suggestion="Change the main query in pre_get_posts, or make a new WP_Query()",
        recommendation="Change the main query in pre_get_posts",
        example=Example("<?php\nquery_posts( 'cat=3' );", "<?php\n$posts_of_three = get_posts( array( 'cat' => 3 ) );"),
        find=_find_query_posts,
    ),
    Rule(
        name="uncached_sql",
        category=Category.PERFORMANCE,
        severity=Severity.MEDIUM,
        message="A query of the database's own is sent every time",
        suggestion="Keep the answer with wp_cache_set() and look there first with wp_cache_get()",
        recommendation="Cache the answers of SQL queries",
        example=Example(
            "<?php\nfunction shop_count() {\n\tglobal $wpdb;\n"
            '\treturn $wpdb->get_var( "SELECT COUNT(*) FROM {$wpdb->posts}" );\n}',
            "<?php\nfunction shop_count() {\n\tglobal $wpdb;\n\t$count = wp_cache_get( 'shop_count' );\n"
            '\tif ( false === $count ) {\n\t\t$count = $wpdb->get_var( "SELECT COUNT(*) FROM {$wpdb->posts}" );\n'
            "\t\twp_cache_set( 'shop_count', $count );\n\t}\n\treturn $count;\n}",
        ),
        find=_find_uncached_sql,
    ),
    Rule(
        name="slow_key",
        category=Category.PERFORMANCE,
        severity=Severity.LOW,
        message="Asking by meta data or by taxonomies is slow on large sites",
        suggestion="Ask by a term or by ids, as with post__in, where that will do",
        recommendation="Ask by what has an index of its own",
        example=Example(
            "<?php\n$red = get_posts( array( 'numberposts' => 5, 'meta_key' => 'colour' ) );",
            "<?php\n$red = get_posts( array( 'numberposts' => 5, 'post__in' => $ids ) );",
        ),
        find=_find_slow_keys,
    ),
    Rule(
        name="found_rows",
        category=Category.PERFORMANCE,
        severity=Severity.LOW,
        message="The query counts all that would match, and nobody asks how many",
        suggestion="Set no_found_rows to true in WP_Query() where there is no paging",
        recommendation="Set no_found_rows where there is no paging",
        example=Example(
            "<?php\n$new = new WP_Query( array( 'posts_per_page' => 5 ) );",
            "<?php\n$new = new WP_Query( array( 'posts_per_page' => 5, 'no_found_rows' => true ) );",
        ),
        find=_find_found_rows,
    ),
)
