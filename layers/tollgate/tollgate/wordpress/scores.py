"""How good a file is, from 0 to 10."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Issue, Severity

FACTORS: Final[Mapping[Severity, Decimal]] = {
    Severity.CRITICAL: Decimal("0.10"),
    Severity.HIGH: Decimal("0.25"),
    Severity.MEDIUM: Decimal("0.60"),
    Severity.LOW: Decimal("0.85"),
}
MOST_OF_ONE_RULE: Final = 3
"""So many findings of one rule count; what a file does everywhere is one habit."""
_BEST: Final = Decimal(10)
_HALF: Final = Decimal("0.5")
_GUARDS: Final = frozenset({"ABSPATH", "WPINC", "WP_UNINSTALL_PLUGIN"})
_NO_CODE: Final = frozenset({"php_tag", "comment", "text", "text_interpolation", "php_end_tag", "empty_statement"})


class Deduction(NamedTuple):
    """What a named file loses for its habits, which are no findings."""

    points: Decimal
    note: str


def score_of(issues: Iterable[Issue], deductions: Iterable[Deduction] = ()) -> Decimal:
    """The score, to one decimal."""
    seen: Counter[str] = Counter()
    score = _BEST
    for issue in issues:
        seen[issue.rule] += 1
        if seen[issue.rule] <= MOST_OF_ONE_RULE:
            score *= FACTORS[issue.severity]
    score -= sum((one.points for one in deductions), Decimal(0))
    return min(max(score, Decimal(0)), _BEST).quantize(Decimal("0.1"), ROUND_HALF_UP)


def average(scores: Iterable[Decimal]) -> Decimal:
    """The mean of rounded scores, to two decimals; of no scores it is the best one."""
    values = list(scores)
    mean = sum(values, Decimal(0)) / len(values) if values else _BEST
    return mean.quantize(Decimal("0.01"), ROUND_HALF_UP)


def hygiene(file: File, category: Category) -> list[Deduction]:
    """What a PHP file that has a name loses."""
    if file.language != "php":
        return []
    found: list[Deduction] = []
    statements = [node for node in file.root.children if node.kind not in _NO_CODE]
    if category is Category.SECURITY:
        if statements and not _is_guarded(file):
            found.append(Deduction(_HALF, "The file can be called directly: it does not look for ABSPATH."))
        return found
    if category is Category.PERFORMANCE and not statements:
        found.append(Deduction(_HALF, "The file has no statement and no declaration."))
    if category is Category.QUALITY and not _has_docblock(file):
        found.append(Deduction(_HALF, "The file says nothing about itself: it has no docblock at its top."))
    if _ends_in_tag(file):
        found.append(Deduction(_HALF, "The file ends with a closing tag that it does not need."))
    return found


def _is_guarded(file: File) -> bool:
    return any(
        node.text.strip("'\"") in _GUARDS
        for node in file.of("name", "string", "encapsed_string")
        if len(node.text) <= 24
    )


def _has_docblock(file: File) -> bool:
    after_tag = [node for node in file.root.children if node.kind not in {"php_tag", "text"}]
    if not after_tag or after_tag[0].kind != "comment" or not after_tag[0].text.startswith("/**"):
        return False
    # A docblock right before a declaration is the declaration's.
    follower = after_tag[1].kind if len(after_tag) > 1 else ""
    return follower not in {"function_definition", "class_declaration", "interface_declaration", "trait_declaration"}


def _ends_in_tag(file: File) -> bool:
    texts = [node for node in file.of("text") if node.text.strip()]
    return not texts and file.source.rstrip().endswith("?>") and any(True for _ in file.of("php_end_tag"))
