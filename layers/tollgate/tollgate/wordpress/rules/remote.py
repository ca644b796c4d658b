"""Slow work at the wrong time."""

import re
from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import name_of

_READS: Final = re.compile(r"wp_(?:safe_)?remote_(?:get|head|request)")
_CACHES: Final = frozenset(
    {"get_transient", "get_site_transient", "wp_cache_get", "wp_cache_get_multiple", "wp_cache_remember"}
)
_ACTIVATION: Final = re.compile(r"(?:^|_)(?:de)?activat(?:e|ion)(?:_|$)|(?:^|_)(?:un)?install(?:_|$)", re.IGNORECASE)
_SWITCHES: Final = frozenset({"activation", "after_switch_theme", "switch_theme"})


def _find_flushes(file: File) -> Iterator[Hit]:
    for call in file.calls("flush_rewrite_rules"):
        name = name_of(file.scope(call))
        if not file.hooks_of(call) & _SWITCHES and not _ACTIVATION.search(name):
            yield Hit(call)


def _find_uncached(file: File) -> Iterator[Hit]:
    for call in file.calls(*(name for name in file.called_names if _READS.fullmatch(name))):
        if not file.has_in_scope(call, _CACHES):
            yield Hit(call)


RULES = (
    Rule(
        name="rewrite_flush",
        category=Category.PERFORMANCE,
        severity=Severity.HIGH,
        message="All rewrite rules are made anew on ordinary requests",
        suggestion="Call flush_rewrite_rules() from register_activation_hook() and register_deactivation_hook() only",
        recommendation="Flush rewrite rules on activation and deactivation only",
        example=Example(
            "<?php\nadd_action( 'init', 'shop_routes' );\nfunction shop_routes() {\n\tflush_rewrite_rules();\n}",
            "<?php\nregister_activation_hook( __FILE__, 'shop_routes' );\n"
            "function shop_routes() {\n\tflush_rewrite_rules();\n}",
        ),
        find=_find_flushes,
    ),
    Rule(
        name="remote_uncached",
        category=Category.PERFORMANCE,
        severity=Severity.HIGH,
        message="A page waits for another server every time",
        suggestion="Keep the answer with set_transient() and look there first with get_transient()",
        recommendation="Cache what other servers answer",
        example=Example(
            "<?php\nfunction shop_rates() {\n\treturn wp_remote_get( 'https://rates.example/eur' );\n}",
            "<?php\nfunction shop_rates() {\n\t$rates = get_transient( 'shop_rates' );\n\tif ( false === $rates ) {\n"
            "\t\t$rates = wp_remote_retrieve_body( wp_remote_get( 'https://rates.example/eur' ) );\n"
            "\t\tset_transient( 'shop_rates', $rates, HOUR_IN_SECONDS );\n\t}\n\treturn $rates;\n}",
        ),
        find=_find_uncached,
        note="What is sent with wp_remote_post() cannot be cached, and is left alone.",
    ),
)
