"""Switches that take protection away, and what tells visitors about the inside."""

from collections.abc import Iterator

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import arguments, called, items, literal, text_of


def _find_ssl(file: File) -> Iterator[Hit]:
    for array in file.of("array_creation_expression"):
        for key, value, entry in items(array):
            if key == "sslverify" and literal(value) is False:
                yield Hit(entry)
    for call in file.calls("add_filter"):
        given = arguments(call)
        if [text_of(value) for value in given[:2]] in (
            ["https_ssl_verify", "__return_false"],
            ["https_local_ssl_verify", "__return_false"],
        ):
            yield Hit(call)


def _find_disclosure(file: File) -> Iterator[Hit]:
    for call in file.calls("phpinfo", "var_dump", "print_r"):
        given = arguments(call)
        if called(call) == "print_r" and len(given) > 1 and literal(given[1]) in {True}:  # noqa: FURB171 - 1 is as good
            continue
        yield Hit(call)
    for call in file.calls("ini_set"):
        given = arguments(call)
        if len(given) > 1 and text_of(given[0]) == "display_errors" and literal(given[1]) in {True, "1", "on", "On"}:
            yield Hit(call)


RULES = (
    Rule(
        name="ssl_verify_off",
        category=Category.SECURITY,
        severity=Severity.MEDIUM,
        message="The other side's certificate is not checked",
        suggestion="Leave sslverify out: wp_remote_get() checks certificates by itself",
        recommendation="Let WordPress check certificates",
        example=Example(
            "<?php\n$answer = wp_remote_get( $url, array( 'sslverify' => false ) );",
            "<?php\n$answer = wp_remote_get( $url, array( 'timeout' => 5 ) );",
        ),
        find=_find_ssl,
        cwe="CWE-295",
    ),
    Rule(
        name="disclosure",
        category=Category.SECURITY,
        severity=Severity.LOW,
        message="Visitors are shown what is inside",
        suggestion="Write it to the log with wp_trigger_error() while debugging, and take it out afterwards",
        recommendation="Take debugging output out",
        example=Example("<?php\nvar_dump( $order );", "<?php\n$dump = print_r( $order, true );"),
        find=_find_disclosure,
        cwe="CWE-200",
    ),
)
