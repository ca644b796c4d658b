"""Request data that is run."""

from collections.abc import Iterator

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity


def _find(file: File) -> Iterator[Hit]:
    for sink in file.sinks:
        if sink.kind == "execution" and file.value(sink.value).is_tainted:
            yield Hit(sink.node)


def _find_objects(file: File) -> Iterator[Hit]:
    for sink in file.sinks:
        if sink.kind == "object" and file.value(sink.value).is_tainted:
            yield Hit(sink.node)


RULES = (
    Rule(
        name="dangerous_execution",
        category=Category.SECURITY,
        severity=Severity.CRITICAL,
        message="Request data is run as code or as a command",
        suggestion="Take eval(), exec() or the like out, and choose among fixed actions with in_array() instead",
        recommendation="Never run what a request sends",
        example=Example(
            "<?php\neval( $_POST['code'] );", "<?php\n$n = absint( $_POST['n'] );\nsystem( 'nice -n ' . $n );"
        ),
        find=_find,
        cwe="CWE-94",
    ),
    Rule(
        name="object_injection",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="Request data is unserialized, which makes objects of the sender's choice",
        suggestion="Exchange data as JSON and read it with json_decode()",
        recommendation="Exchange data as JSON instead of serialized PHP",
        example=Example(
            "<?php\n$cart = unserialize( wp_unslash( $_COOKIE['cart'] ) );",
            "<?php\n$cart = json_decode( sanitize_text_field( wp_unslash( $_COOKIE['cart'] ) ), true );",
        ),
        find=_find_objects,
        cwe="CWE-502",
    ),
)
