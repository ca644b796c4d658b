"""What is written into SQL texts."""

from collections.abc import Iterator

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity


def _find_injections(file: File) -> Iterator[Hit]:
    for sink in file.sinks:
        value = file.value(sink.value)
        if sink.kind == "sql" and value.is_tainted and not value.is_sql_safe:
            yield Hit(sink.node)


def _find_unprepared(file: File) -> Iterator[Hit]:
    for sink in file.sinks:
        value = file.value(sink.value)
        if sink.kind == "sql" and value.is_mixed and not value.is_tainted and not value.is_sql_safe:
            yield Hit(sink.node)


RULES = (
    Rule(
        name="sql_injection",
        category=Category.SECURITY,
        severity=Severity.CRITICAL,
        message="Request data becomes part of an SQL text",
        suggestion="Put a placeholder into the text and give the value to $wpdb->prepare()",
        recommendation="Give every value of a query to $wpdb->prepare()",
        example=Example(
            "<?php\n$wpdb->get_row( \"SELECT * FROM {$wpdb->posts} WHERE ID = \" . $_GET['id'] );",
            "<?php\n$id = absint( $_GET['id'] );\n"
            '$wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$wpdb->posts} WHERE ID = %d", $id ) );',
        ),
        find=_find_injections,
        cwe="CWE-89",
    ),
    Rule(
        name="unprepared_sql",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="A value is written into an SQL text instead of being prepared",
        suggestion="Put a placeholder into the text and give the value to $wpdb->prepare()",
        recommendation="Give every value of a query to $wpdb->prepare()",
        example=Example(
            "<?php\nfunction shop_find( $slug ) {\n\tglobal $wpdb;\n"
            "\treturn $wpdb->get_var( \"SELECT ID FROM {$wpdb->posts} WHERE post_name = '$slug'\" );\n}",
            "<?php\nfunction shop_find( $slug ) {\n\tglobal $wpdb;\n"
            "\treturn $wpdb->get_var( $wpdb->prepare( "
            '"SELECT ID FROM {$wpdb->posts} WHERE post_name = %s", $slug ) );\n}',
        ),
        find=_find_unprepared,
        cwe="CWE-89",
    ),
)
