"""From where request data is read to where it ends up."""

import pytest

from tollgate.wordpress.analysis import analyze_source
from tollgate.wordpress.findings import Category

_HIGH = ["security.unsanitized_input", "security.unescaped_output"]


def _rules(code: str) -> list[str]:
    return [issue.rule for issue in analyze_source(f"<?php\n{code}", Category.SECURITY).issues]


@pytest.mark.parametrize(
    "code",
    [
        "$x = $_GET['a'] ?? '';\necho $x;",
        "$x = trim( wp_unslash( $_GET['a'] ) );\necho $x;",
        "$x['k'] = $_GET['a'];\necho $x['k'];",
        "$x = array(\n'k' => $_GET['a'],\n);\necho $x['k'];",
        "list( $a, $b ) = explode( ',', $_GET['x'] );\necho $b;",
        "foreach ( $_POST['a'] as $v ) {\necho $v;\n}",
        "$y = '<b>';\n$y .= $_GET['a'];\necho $y;",
        "if ( $c ) {\n$x = $_GET['a'];\n} else {\n$x = 1;\n}\necho $x;",
        "try {\n$x = $_GET['a'];\n} catch ( E $e ) {\n$x = 1;\n}\necho $x;",
        "switch ( $c ) {\ncase 1:\n$x = $_GET['a'];\nbreak;\ndefault:\n$x = 1;\n}\necho $x;",
        "$x = $_GET['a'];\n$f = function () use ( $x ) {\necho $x;\n};",
        "$x = $_GET['a'];\n$f = fn() => print( $x );",
        "class A {\nfunction m() {\n$this->x = $_GET['a'];\necho $this->x;\n}\n}",
    ],
)
def test_request_data_is_followed(code: str) -> None:
    assert _rules(code) == _HIGH


def test_what_a_later_round_of_a_loop_prints_was_read_in_an_earlier_one() -> None:
    assert _rules("while ( $i-- ) {\necho $y;\n$y = $_POST['x'];\n}") == _HIGH[::-1]


@pytest.mark.parametrize(
    "code",
    [
        "$x = $_GET['a'];\nif ( $c ) {\n$x = absint( $x );\n} else {\n$x = 0;\n}\necho $x;",
        "$x = $_GET['a'];\n$x = 'fixed';\necho $x;",
        "$d = array(\n'a' => $_GET['a'],\n'b' => 1,\n);\necho $d['b'];",
        "$x = $_GET['a'];\nif ( $c ) {\nreturn;\n}\necho (int) $x;",
    ],
)
def test_request_data_that_is_replaced_on_every_way_is_not_found_where_something_is_printed(code: str) -> None:
    assert _rules(code) == ["security.unsanitized_input"]


@pytest.mark.parametrize(
    "code",
    [
        "if ( ! isset( $_POST['a'] ) || 'x' === $_POST['a'] ) {\nreturn;\n}",
        "switch ( $_GET['a'] ) {\ncase 'x':\necho 'y';\n}",
        "$ids = array_map( 'absint', $_POST['ids'] );\necho implode( ',', $ids );",
        "$t = esc_html( $title );\necho '<p>' . $t . '</p>';",
        "echo $is_open ? 'open' : 'closed';",
        "function shop_show( int $n ) {\necho $n;\n}",
        "echo self::NAME, PHP_EOL, count( $a ), $n + 1;",
        "defined( 'ABSPATH' ) or die( 'No' );",
        "if ( wp_verify_nonce( $_POST['n'], 'a' ) ) {\nupdate_option( 'x', sanitize_key( $_POST['x'] ) );\n}",
        "$in = implode( ',', array_fill( 0, 3, '%d' ) );\n$wpdb->query( \"SELECT 1 WHERE 1 IN ( $in )\" );",
    ],
)
def test_what_is_safe_is_left_alone(code: str) -> None:
    assert _rules(code) == []


@pytest.mark.parametrize(
    "template",
    [
        "<?php foreach ( $a as $i ) : ?><li><?= $_GET['x'] ?></li><?php endforeach; ?>",
        "<?php if ( $a ) : ?><?= $_GET['x'] ?><?php endif; ?>",
        "<?php if ( $a ) { ?><p><?= $_GET['x'] ?></p><?php } ?>",
        "<p><?php echo $_GET['x'] ?></p>",
    ],
)
def test_templates_are_read_between_their_tags(template: str) -> None:
    assert [one.rule for one in analyze_source(template, Category.SECURITY).issues] == ["security.unescaped_output"]
