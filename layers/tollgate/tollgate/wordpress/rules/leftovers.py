"""What was of use while somebody was looking for a mistake."""

from collections.abc import Iterator

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.js import called


def _find_debugging(file: File) -> Iterator[Hit]:
    if file.language == "js":
        for node in file.of("call_expression"):
            function = node.get("function")
            if (
                called(node) == "log"
                and function is not None
                and function.text in {"console.log", "window.console.log"}
            ):
                yield Hit(node)
        return
    for call in file.calls("error_log", "var_dump", "print_r"):
        yield Hit(call)


def _find_silenced(file: File) -> Iterator[Hit]:
    for node in file.of("error_suppression_expression"):
        yield Hit(node)


RULES = (
    Rule(
        name="debug_code",
        category=Category.QUALITY,
        severity=Severity.LOW,
        message="Debugging code was left in",
        suggestion="Take it out, or call wp_trigger_error() for what an operator should know",
        recommendation="Take debugging code out",
        example=Example("<?php\nerror_log( 'here' );", "<?php\nwp_trigger_error( 'shop_sync', 'No rates today.' );"),
        find=_find_debugging,
        languages=frozenset({"php", "js"}),
        cwe="CWE-489",
    ),
    Rule(
        name="silenced",
        category=Category.QUALITY,
        severity=Severity.LOW,
        message="Errors are silenced",
        suggestion="Look first, as with file_exists(), and handle what fails",
        recommendation="Handle errors instead of silencing them",
        example=Example(
            "<?php\n$size = @filesize( ABSPATH );", "<?php\n$size = file_exists( ABSPATH ) ? filesize( ABSPATH ) : 0;"
        ),
        find=_find_silenced,
        cwe="CWE-391",
    ),
)
