"""docs/rules.md: every rule of the analysis, with what it finds and what it leaves alone."""

from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.findings import Category, Rule
from tollgate.wordpress.rules import catalogue
from tollgate.wordpress.scores import FACTORS, MOST_OF_ONE_RULE

_FENCES: Final = {"php": "php", "js": "jsx", "json": "json"}
_TITLES: Final = {
    Category.SECURITY: "Security",
    Category.PERFORMANCE: "Performance",
    Category.QUALITY: "Quality",
}
_HEAD: Final = """# Rules of the analysis

Written by `make generate` from `layers/tollgate/tollgate/wordpress/rules`. `POST /v1/analyze` and its siblings hold
code against these rules without asking any model, running nothing and costing nothing: the source is parsed, and each
function and the file itself is followed from where request data is read to where it ends up.

For each statement and type of issue the worst finding is listed, of equal ones that of the rule that stands first here;
the others show as recommendations. The score begins at 10 and is multiplied for each issue by {factors}, at most
{most} times for one rule. A file with a name loses half a point for each habit that `notes` tells.
"""


def page() -> str:
    """The page."""
    factors = ", ".join(f"{factor} ({severity.value})" for severity, factor in FACTORS.items())
    return "\n".join([_HEAD.format(factors=factors, most=MOST_OF_ONE_RULE), *_sections()])


def _sections() -> Iterator[str]:
    for category, title in _TITLES.items():
        rules = [rule for rule in catalogue() if rule.category is category]
        yield f"## {title}\n"
        yield "| Rule | Severity | Languages | CWE |\n|---|---|---|---|"
        for rule in rules:
            languages = ", ".join(sorted(rule.languages))
            yield f"| [`{rule.id}`](#{_anchor(rule)}) | {rule.severity.value} | {languages} | {rule.cwe or ''} |"
        yield ""
        for rule in rules:
            yield from _section(rule)


def _section(rule: Rule) -> Iterator[str]:
    fence = _FENCES[rule.example.language]
    yield f"### {rule.id}\n"
    yield f"{rule.message}. {rule.suggestion}.{f' {rule.note}' if rule.note else ''}\n"
    yield f"Found:\n\n```{fence}\n{rule.example.bad}\n```\n"
    yield f"Left alone:\n\n```{fence}\n{rule.example.good}\n```\n"


def _anchor(rule: Rule) -> str:
    return rule.id.replace(".", "")
