"""Request data as the name of a file."""

from collections.abc import Iterator

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import reads, superglobal


def _find_inclusions(file: File) -> Iterator[Hit]:
    for sink in file.sinks:
        if sink.kind == "inclusion" and file.value(sink.value).is_tainted:
            yield Hit(sink.node)


def _find_paths(file: File) -> Iterator[Hit]:
    for sink in file.sinks:
        if sink.kind == "path" and file.value(sink.value).is_tainted:
            yield Hit(sink.node)


def _find_uploads(file: File) -> Iterator[Hit]:
    for node in file.calls("move_uploaded_file"):
        yield Hit(node)
    names = {
        node.start
        for scope in (file.root, *file.functions)
        for node in reads(scope)
        if superglobal(node) == "_FILES" and "'name'" in node.text.replace('"', "'")
    }
    for sink in file.sinks if names else ():
        if sink.kind == "path" and names & file.value(sink.value).sources:
            yield Hit(sink.node)


RULES = (
    Rule(
        name="file_inclusion",
        category=Category.SECURITY,
        severity=Severity.CRITICAL,
        message="Request data decides which file is included",
        suggestion="Look the name up in a fixed list with in_array() and include what the list holds",
        recommendation="Include files from a fixed list only",
        example=Example(
            "<?php\nrequire plugin_dir_path( __FILE__ ) . $_GET['view'] . '.php';",
            "<?php\nrequire plugin_dir_path( __FILE__ ) . 'views/list.php';",
        ),
        find=_find_inclusions,
        cwe="CWE-98",
    ),
    Rule(
        name="path_traversal",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="Request data becomes the path of a file",
        suggestion="Take the name through sanitize_file_name() and keep to one folder",
        recommendation="Build paths from sanitized file names below one folder",
        example=Example(
            "<?php\nreadfile( WP_CONTENT_DIR . '/exports/' . $_GET['file'] );",
            "<?php\nreadfile( WP_CONTENT_DIR . '/exports/' . sanitize_file_name( wp_unslash( $_GET['file'] ) ) );",
        ),
        find=_find_paths,
        cwe="CWE-22",
    ),
    Rule(
        name="unsafe_upload",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="An upload is stored without WordPress's checks of its type and name",
        suggestion="Hand the upload to wp_handle_upload()",
        recommendation="Store uploads with wp_handle_upload()",
        example=Example(
            "<?php\ncheck_admin_referer( 'shop_logo' );\n"
            "move_uploaded_file( $_FILES['logo']['tmp_name'], WP_CONTENT_DIR . '/logo.png' );",
            "<?php\ncheck_admin_referer( 'shop_logo' );\n"
            "$logo = wp_handle_upload( $_FILES['logo'], array( 'test_form' => true ) );",
        ),
        find=_find_uploads,
        cwe="CWE-434",
    ),
)
