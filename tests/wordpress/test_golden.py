"""The verdicts that do not change."""

import pytest

from tests.wordpress.golden import GOLDEN, Golden
from tollgate.wordpress.analysis import analyze_file, analyze_source
from tollgate.wordpress.findings import Category
from tollgate.wordpress.scores import average

each_row = pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row.id} {row.category}")


@each_row
def test_what_is_found_and_how_it_is_scored(row: Golden) -> None:
    analysis = analyze_source(row.code, Category(row.category))

    assert [(one.line, one.rule.partition(".")[2], one.severity) for one in analysis.issues] == list(row.issues)
    assert str(analysis.score) == row.score


@each_row
def test_windows_and_old_mac_line_ends_change_nothing(row: Golden) -> None:
    for line_end in ("\r\n", "\r"):
        analysis = analyze_source(row.code.replace("\n", line_end), Category(row.category))

        assert [(one.line, one.rule.partition(".")[2], one.severity) for one in analysis.issues] == list(row.issues)


def test_one_finding_for_one_statement_the_rest_are_recommendations() -> None:
    analysis = analyze_source("<?php echo $_POST['data']; ?>", Category.SECURITY)

    (issue,) = analysis.issues
    assert (issue.line, issue.column, issue.type) == (1, 1, "security_vulnerability")
    assert (issue.code_snippet, issue.cwe) == ("echo $_POST['data'];", "CWE-79")
    assert (issue.range.start, issue.range.end) == ((1, 7), (1, 27))
    assert any("nonce" in sentence for sentence in analysis.recommendations)


def test_the_snippet_of_an_echo_tag_is_what_stands_between_its_marks() -> None:
    (issue,) = analyze_source("<p>\n  <?= $_GET['q'] ?>\n</p>", Category.SECURITY).issues

    assert (issue.line, issue.column, issue.code_snippet) == (2, 3, "$_GET['q']")


@pytest.mark.parametrize(
    ("name", "code", "category", "score", "notes"),
    [
        ("plugin.php", "<?php echo $_POST['data']; ?>", "security", "2.0", 1),
        ("functions.php", "<?php function test() { return 'test'; } ?>", "security", "9.5", 1),
        ("functions.php", "<?php // Theme functions ?>", "performance", "9.0", 2),
        ("a.php", "<?php\ndefined( 'ABSPATH' ) || exit;\nquery_posts( 'cat=3' );\n", "performance", "6.0", 0),
        ("a.php", "<?php\ndefined( 'ABSPATH' ) || exit;\n$a = 1;\n", "security", "10.0", 0),
        ("a.php", "<?php\nif ( ! defined( 'WPINC' ) ) {\n\tdie;\n}\n$a = 1;\n", "security", "10.0", 0),
        ("a.php", "", "security", "10.0", 0),
        ("a.php", "<?php\n/**\n * The file.\n */\n\n$a = 1;\n", "quality", "10.0", 0),
        ("a.php", "<?php\n$a = 1;\n?>\n", "quality", "9.0", 2),
        ("a.php", "<?php\n/**\n * The file.\n */\n\n$a = 1;\n?>\n<p>Hello</p>\n", "quality", "10.0", 0),
        ("readme.txt", "<?php echo $_POST['data']; ?>", "security", "10.0", 0),
        ("Makefile", "<?php echo $_POST['data']; ?>", "security", "10.0", 0),
    ],
)
def test_a_file_with_a_name_is_held_to_its_hygiene(name: str, code: str, category: str, score: str, notes: int) -> None:
    analysis = analyze_file(name, code, Category(category))

    assert (str(analysis.score), len(analysis.notes)) == (score, notes)


def test_the_average_is_that_of_rounded_scores_to_two_decimals() -> None:
    scores = [
        analyze_file("a.php", code, Category.SECURITY).score for code in ("<?php echo $_POST['d'];", "<?php $a = 1;")
    ]

    assert str(average(scores)) == "5.75"
    assert str(average([])) == "10.00"


def test_a_zero_byte_hides_nothing_that_follows() -> None:
    (issue,) = analyze_source("<?php /* \0 */ echo $_GET['a'];", Category.SECURITY).issues

    assert issue.rule == "security.unescaped_output"
