"""The tables of docs/generation.md: what can be asked for, and what every answer is held against."""

from collections.abc import Iterator, Sequence
from typing import Final

from tollgate.wordpress.checks import blocks, plugins, themes
from tollgate.wordpress.checks.common import COMMON
from tollgate.wordpress.checks.results import Check
from tollgate.wordpress.generation import block_plans, plugin_plans, theme_plans
from tollgate.wordpress.generation.scaffolds import ENTRIES

_FAMILIES: Final = (("Everything", COMMON), ("Blocks", blocks.CHECKS), ("Plugins and scaffolds", plugins.CHECKS),
                    ("Themes", themes.CHECKS))  # fmt: skip


def tables() -> str:
    """Features, then checks."""
    return "\n".join([*_features(), "", *_checks()])


def _features() -> Iterator[str]:
    yield "| Endpoint | Features |\n|---|---|"
    for route, names in (
        ("`POST /v1/blocks/generate`", block_plans.FEATURES),
        ("`POST /v1/plugins/generate`", plugin_plans.FEATURES),
        ("`POST /v1/themes/generate`", theme_plans.FEATURES),
        ("`POST /v1/plugins/scaffold` (`include_files`)", ENTRIES),
    ):
        yield f"| {route} | {_listed(names)} |"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _checks() -> Iterator[str]:
    yield "| Of | Check | |\n|---|---|---|"
    told: set[str] = set()
    for family, checks in _FAMILIES:
        for check in _new(checks, told):
            yield f"| {family} | {check.id} | {check.title} |"
            told.add(check.id)


def _new(checks: Sequence[Check], told: set[str]) -> list[Check]:
    return [check for check in checks if check.id not in told]
