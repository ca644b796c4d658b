"""Where visitors are sent."""

from collections.abc import Iterator

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import called


def _find(file: File) -> Iterator[Hit]:
    for sink in file.sinks:
        if sink.kind != "redirect":
            continue
        if file.value(sink.value).is_tainted:
            yield Hit(sink.node)
        elif called(sink.node) == "wp_redirect":
            yield Hit(sink.node, Severity.LOW, "wp_redirect() sends visitors to any address")


RULES = (
    Rule(
        name="open_redirect",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="Request data decides where a visitor is sent",
        suggestion="Call wp_safe_redirect() instead",
        recommendation="Redirect with wp_safe_redirect()",
        example=Example(
            "<?php\nwp_redirect( $_GET['to'] );\nexit;",
            "<?php\nwp_safe_redirect( esc_url_raw( wp_unslash( $_GET['to'] ) ) );\nexit;",
        ),
        find=_find,
        cwe="CWE-601",
        note="Low for any other wp_redirect().",
    ),
)
