"""Texts to be translated."""

from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import argument, called, text_of

# Where each function expects the text domain.
_PLACES: Final = {
    "__": 1, "_e": 1, "esc_html__": 1, "esc_html_e": 1, "esc_attr__": 1, "esc_attr_e": 1,
    "_x": 2, "_ex": 2, "esc_html_x": 2, "esc_attr_x": 2, "_n_noop": 2, "_n": 3, "_nx_noop": 3, "_nx": 4,
}  # fmt: skip


def _find(file: File) -> Iterator[Hit]:
    for call in file.calls(*_PLACES):
        if not text_of(argument(call, _PLACES[called(call)], "domain")):
            yield Hit(call)


RULES = (
    Rule(
        name="text_domain",
        category=Category.QUALITY,
        severity=Severity.LOW,
        message="A translation does not say whose it is",
        suggestion="Give __() the text domain as a literal",
        recommendation="Give every translation its text domain as a literal",
        example=Example("<?php\n$label = __( 'Save' );", "<?php\n$label = __( 'Save', 'shop' );"),
        find=_find,
    ),
)
