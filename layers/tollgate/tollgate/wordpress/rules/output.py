"""What is printed, and whether it was escaped."""

from collections.abc import Iterator

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.sinks import outputs


def _find_unescaped(file: File) -> Iterator[Hit]:
    for sink in outputs(file):
        value = file.value(sink.value)
        if value.is_tainted and not value.is_printable:
            yield Hit(sink.node)


def _find_dynamic(file: File) -> Iterator[Hit]:
    for sink in outputs(file):
        value = file.value(sink.value)
        if not value.is_tainted and not value.is_printable:
            yield Hit(sink.node)


def _find_unsafe_printing(file: File) -> Iterator[Hit]:
    for node in file.calls("_e", "_ex"):
        yield Hit(node)


RULES = (
    Rule(
        name="unescaped_output",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="Request data is printed unescaped",
        suggestion="Wrap the value in esc_html()",
        recommendation="Escape every dynamic value where it is printed",
        example=Example(
            "<?php\necho '<p>' . $_GET['name'] . '</p>';",
            "<?php\necho '<p>' . esc_html( sanitize_text_field( wp_unslash( $_GET['name'] ) ) ) . '</p>';",
        ),
        find=_find_unescaped,
        cwe="CWE-79",
    ),
    Rule(
        name="unescaped_dynamic",
        category=Category.SECURITY,
        severity=Severity.MEDIUM,
        message="A value is printed without an escaper",
        suggestion="Wrap the value in esc_html(), esc_attr() or esc_url(), whichever fits the place",
        recommendation="Escape every dynamic value where it is printed",
        example=Example(
            "<?php\nfunction shop_row( $row ) {\n\techo '<td>' . $row->title . '</td>';\n}",
            "<?php\nfunction shop_row( $row ) {\n\techo '<td>' . esc_html( $row->title ) . '</td>';\n}",
        ),
        find=_find_dynamic,
        cwe="CWE-79",
        note="What an escaper gave back may be kept in a variable and printed later.",
    ),
    Rule(
        name="unsafe_printing",
        category=Category.SECURITY,
        severity=Severity.LOW,
        message="A translation is printed unescaped",
        suggestion="Call esc_html_e() or esc_attr_e() instead",
        recommendation="Print translations with esc_html_e() or esc_attr_e()",
        example=Example("<?php\n_e( 'Save', 'shop' );", "<?php\nesc_html_e( 'Save', 'shop' );"),
        find=_find_unsafe_printing,
        cwe="CWE-79",
    ),
)
