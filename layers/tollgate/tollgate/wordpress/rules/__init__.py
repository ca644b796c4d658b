"""The catalogue of rules, in its order: of findings that are equally bad, that of the earlier rule is kept."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Final

from tollgate.wordpress.findings import Category, Rule

# One module for each rule or tight group; a module has its rules in `RULES`.
_MODULES: Final = (
    "dangerous_execution",
    "sql",
    "file_access",
    "output",
    "requests",
    "rest",
    "redirects",
    "secrets",
    "js_unsafe_html",
    "settings",
    "queries",
    "loops",
    "remote",
    "js_rendering",
    "assets",
    "syntax",
    "schemas",
    "variables",
    "results",
    "deprecated",
    "blocks",
    "naming",
    "translations",
    "leftovers",
)

_ORDER: Final = {
    name: place
    for place, name in enumerate(
        (
            "security.dangerous_execution",
            "security.sql_injection",
            "security.file_inclusion",
            "security.unescaped_output",
            "security.unprepared_sql",
            "security.missing_nonce",
            "security.missing_capability",
            "security.rest_permission",
            "security.object_injection",
            "security.path_traversal",
            "security.unsafe_upload",
            "security.open_redirect",
            "security.hardcoded_secret",
            "security.js_unsafe_html",
            "security.unsanitized_input",
            "security.unescaped_dynamic",
            "security.tainted_extract",
            "security.weak_random",
            "security.ssl_verify_off",
            "security.missing_unslash",
            "security.unsafe_printing",
            "security.disclosure",
            "performance.unbounded_query",
            "performance.query_in_loop",
            "performance.rewrite_flush",
            "performance.remote_uncached",
            "performance.render_mutation",
            "performance.meta_in_loop",
            "performance.page_size",
            "performance.random_order",
            "performance.query_posts",
            "performance.uncached_sql",
            "performance.not_enqueued",
            "performance.rerender",
            "performance.whole_import",
            "performance.slow_key",
            "performance.found_rows",
            "performance.asset_params",
            "performance.count_in_condition",
            "quality.parse_error",
            "quality.schema",
            "quality.undefined_variable",
            "quality.unchecked_wp_error",
            "quality.missing_reset",
            "quality.deprecated",
            "quality.block_props",
            "quality.unprefixed",
            "quality.text_domain",
            "quality.docblock",
            "quality.debug_code",
            "quality.silenced",
        )
    )
}


@cache
def catalogue() -> Sequence[Rule]:
    """Every rule."""
    modules = (import_module(f"tollgate.wordpress.rules.{name}") for name in _MODULES)
    return sorted((rule for module in modules for rule in module.RULES), key=lambda rule: _ORDER[rule.id])


@cache
def rules_of(category: Category) -> Sequence[Rule]:
    """The rules of one category. What cannot be parsed is found by every analysis."""
    return [rule for rule in catalogue() if rule.category is category or rule.id == "quality.parse_error"]


def place_of(rule_id: str) -> int:
    """The place of a rule in the catalogue; what is none of its rules comes last."""
    return _ORDER.get(rule_id, len(_ORDER))
