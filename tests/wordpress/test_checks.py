"""Each check finds what it is there for: files that pass, with one thing spoiled."""

from collections.abc import Callable
from typing import Any

import pytest

from tollgate.contracts.wpllm.artifacts import GenerateBlockRequest, GeneratePluginRequest, GenerateThemeRequest
from tollgate.services.wpllm.blocks import block_spec
from tollgate.services.wpllm.plugins import install_instructions, plugin_spec
from tollgate.services.wpllm.themes import theme_spec
from tollgate.wordpress.checks import blocks as block_checks
from tollgate.wordpress.checks import plugins as plugin_checks
from tollgate.wordpress.checks import themes as theme_checks
from tollgate.wordpress.checks.css import added_problems, balance_problem
from tollgate.wordpress.checks.markup import blocks
from tollgate.wordpress.checks.results import Outcome, run
from tollgate.wordpress.generation import block_plans, plugin_plans, theme_plans
from tollgate.wordpress.generation.blocks import block_files
from tollgate.wordpress.generation.files import Files
from tollgate.wordpress.generation.plugins import plugin_files
from tollgate.wordpress.generation.themes import theme_files

_BLOCK = {
    "block_type": "price card",
    "attributes": {"plan_name": "string", "fee": "number"},
    "features": list(block_plans.FEATURES[:3]),
}


def _spoiled(files: Files, filename: str, old: str, new: str) -> Files:
    role = next(role for role, file in files.items() if file.filename == filename)
    assert old in files[role].content
    return {**files, role: files[role]._replace(content=files[role].content.replace(old, new))}


def _failing(outcomes: list[Outcome]) -> set[str]:
    return {outcome.id for outcome in outcomes if not outcome.passed}


def _of_block(change: Callable[[Files], Files]) -> set[str]:
    spec = block_spec(GenerateBlockRequest.model_validate(_BLOCK))
    files = change(block_files(spec, block_plans.usual_plan(spec)))
    return _failing(run(block_checks.CHECKS, block_checks.BlockSubject(spec, files)))


def _of_plugin(change: Callable[[Files], Files]) -> set[str]:
    spec = plugin_spec(GeneratePluginRequest(plugin_name="Book Shelf", features=list(plugin_plans.FEATURES)))
    files = change(plugin_files(spec, plugin_plans.usual_plan(spec)))
    subject = plugin_checks.PluginSubject(spec, files, install_instructions(spec))
    return _failing(run(plugin_checks.CHECKS, subject))


def _of_theme(kind: Any, change: Callable[[Files], Files]) -> set[str]:
    request = GenerateThemeRequest(theme_name="Quiet Gallery", type=kind, features=list(theme_plans.FEATURES))
    spec = theme_spec(request)
    files = change(theme_files(spec, theme_plans.usual_plan(spec)))
    return _failing(run(theme_checks.CHECKS, theme_checks.ThemeSubject(spec, files)))


@pytest.mark.parametrize(
    ("check", "filename", "old", "new"),
    [
        ("B1", "block.json", '"category": "widgets"', '"colour": "red"'),
        ("B1", "block.json", '"title": "Price Card",', ""),
        ("B2", "block.json", "your-theme/price-card", "your-theme/other"),
        ("B3", "block.json", '"apiVersion": 3', '"apiVersion": 2'),
        ("B4", "block.json", '"default": ""', '"default": 1'),
        ("B5", "block.json", "file:./style.css", "file:./other.css"),
        ("B6", "editor.js", "registerBlockType( 'your-theme", "registerBlockType( 'my-theme"),
        ("B6", "editor.js", "blockEditor.useBlockProps()", "{}"),
        ("B6", "editor.js", "label: __( 'Plan name', 'your-theme' )", "label: 'Plan name'"),
        ("B6", "editor.js", "save: () => null", "save: () => 'x'"),
        ("B6", "editor.js", "'use strict';", "const x = <p>jsx</p>;"),
        ("B7", "editor.asset.php", "'wp-components', ", ""),
        ("B8", "register.php", "/render.php", "/other.php"),
        ("B8", "register.php", "render_price_card_block", "render_other_block"),
        ("B8", "render.php", "! function_exists(", "! is_callable("),
        ("B8", "render.php", "get_block_wrapper_attributes()", "'class=\"x\"'"),
        ("B8", "block.json", '"name":', '"render": "file:./render.php", "name":'),
        ("B9", "render.php", "esc_html( (string) $plan_name )", "$plan_name"),
        ("B9", "render.php", "isset( $attributes['planName'] ) ?", "true ?"),
        ("B10", "render.php", "return '<div '", "return ( '<div '"),
        ("B10", "editor.js", "'use strict';", "function ("),
        ("B10", "style.css", "}", ""),
        ("B10", "editor.js", "'your-theme' )", "'other' )"),
        ("C2", "register.php", "\n", "\r\n"),
        ("C3", "register.php", "<?php", "<?php\n// TODO: the rest"),
        ("C4", "register.php", "add_action(", "eval( $_GET['x'] ); add_action("),
    ],
)  # fmt: skip
def test_a_check_of_blocks(check: str, filename: str, old: str, new: str) -> None:
    assert check in _of_block(lambda files: _spoiled(files, filename, old, new))


@pytest.mark.parametrize(
    ("check", "filename", "old", "new"),
    [
        ("P1", "book-shelf.php", "Plugin Name: Book Shelf", "Plugin Name: Other"),
        ("P1", "book-shelf.php", " * License: GPL-2.0-or-later\n", ""),
        ("P1", "readme.txt", "Stable tag: 1.0.0", "Stable tag: 2.0.0"),
        ("P2", "includes/cron.php", "defined( 'ABSPATH' ) || exit;", ""),
        ("P2", "includes/cron.php", "function book_shelf_run_daily() {", "function book_shelf_run_daily( {"),
        ("P2", "includes/cron.php", "$counts = wp_count_posts(", "$counts = $x?->wp_count_posts("),
        ("P3", "book-shelf.php", "require_once __DIR__ . '/includes/cron.php';\n", ""),
        ("P3", "book-shelf.php", "/includes/cron.php", "/includes/gone.php"),
        ("P3", "includes/blocks.php", "/blocks/items", "/blocks/others"),
        ("P4", "includes/cron.php", "book_shelf_run_daily", "book_shelf_activate"),
        ("P4", "includes/cron.php", "book_shelf_run_daily", "run_daily"),
        ("P5", "includes/taxonomies.php", "'book-shelf' ),", "'other' ),"),
        ("P5", "blocks/items/editor.js", "'book-shelf' )", "'other' )"),
        ("P6", "includes/rest-api.php", "'post_type'      => 'book_shelf_item'", "'post_type'      => 'film'"),
        ("P6", "includes/meta-boxes.php", "save_post_book_shelf_item", "save_post_film"),
        ("P7", "book-shelf.php", "Text Domain:", "*/ phpinfo(); /* Text Domain:"),
        ("C4", "includes/meta-boxes.php", "wp_verify_nonce( $nonce", "strlen( $nonce"),
    ],
)  # fmt: skip
def test_a_check_of_plugins(check: str, filename: str, old: str, new: str) -> None:
    assert check in _of_plugin(lambda files: _spoiled(files, filename, old, new))


def test_instructions_that_name_another_folder_are_found() -> None:
    spec = plugin_spec(GeneratePluginRequest(plugin_name="Book Shelf"))
    files = plugin_files(spec, plugin_plans.usual_plan(spec))

    outcomes = run(plugin_checks.CHECKS, plugin_checks.PluginSubject(spec, files, "wp-content/plugins/other/"))

    assert _failing(outcomes) == {"P8"}


@pytest.mark.parametrize("name", ["../x.php", "/x.php", "a\\b.php", "a//b.php"])
def test_a_name_that_leaves_the_folder_is_found(name: str) -> None:
    def moved(files: Files) -> Files:
        return {**files, "cron": files["cron"]._replace(filename=name)}

    assert "C1" in _of_plugin(moved)


@pytest.mark.parametrize(
    ("check", "filename", "old", "new"),
    [
        ("T1", "style.css", "Theme Name: Quiet Gallery", "Theme Name: Other"),
        ("T1", "style.css", "Tested up to: 6.9\n", ""),
        ("T1", "style.css", "Version:", "*/ body {} /* Version:"),
        ("T2", "theme.json", '"version": 3', '"version": 2'),
        ("T2", "theme.json", '"appearanceTools": true', '"appearances": true'),
        ("T2", "style.css", "Requires at least: 6.6", "Requires at least: 6.0"),
        ("T3", "theme.json", '"name": "Base",', ""),
        ("T3", "theme.json", "#1a1a1a", "#eeeeee"),
        ("T4", "theme.json", '"name": "wide"', '"name": "gone"'),
        ("T4", "templates/index.html", '"slug":"header"', '"slug":"gone"'),
        ("T5", "templates/index.html", "<!-- /wp:query -->", ""),
        ("T5", "templates/index.html", "wp:post-date", "wp:post-dates"),
        ("T5", "templates/index.html", '{"isLink":true}', '{"isLink":true'),
        ("T5", "patterns/hero.php", "Slug: quiet-gallery/hero", "Slug: other/hero"),
        ("T6", "parts/header.html", "spacing|50", "spacing|55"),
        ("T6", "parts/header.html", "--spacing--50", "--spacing--55"),
        ("T6", "patterns/hero.php", '"backgroundColor":"primary"', '"backgroundColor":"mauve"'),
        ("T7", "patterns/hero.php", "defined( 'ABSPATH' ) || exit;", ""),
        ("T7", "patterns/hero.php", "esc_html_e( 'Welcome', 'quiet-gallery' )", "esc_html_e( 'Welcome', 'other' )"),
    ],
)
def test_a_check_of_block_themes(check: str, filename: str, old: str, new: str) -> None:
    assert check in _of_theme("block_theme", lambda files: _spoiled(files, filename, old, new))


@pytest.mark.parametrize(
    ("filename", "old", "new"),
    [
        ("header.php", "wp_head();", ""),
        ("header.php", "wp_body_open();", ""),
        ("footer.php", "wp_footer();", ""),
        ("functions.php", "quiet_gallery_setup", "setup"),
    ],
)
def test_a_check_of_classic_themes(filename: str, old: str, new: str) -> None:
    assert "T7" in _of_theme("classic_theme", lambda files: _spoiled(files, filename, old, new))


def test_files_that_are_spoiled_in_nothing_pass() -> None:
    assert _of_block(lambda files: files) == set()
    assert _of_plugin(lambda files: files) == set()
    assert _of_theme("block_theme", lambda files: files) == set()
    assert _of_theme("classic_theme", lambda files: files) == set()


@pytest.mark.parametrize(
    "css",
    [
        ".a { color: red; }",
        ".a, .a__part { color: red; }\n@media (max-width: 600px) { .a > p { margin: 0; } }",
        "/* body { */ .a:hover::before { content: '}'; }",
    ],
)
def test_styles_about_the_block_alone_may_be_added(css: str) -> None:
    assert list(added_problems(css, "a")) == []


@pytest.mark.parametrize(
    "css",
    [
        "",
        "nonsense",
        "body { color: red; }",
        ".a, body { color: red; }",
        ".ab { color: red; }",
        ".a-b { color: red; }",
        ".a { color: red; } }",
        ".a { background: url(https://evil.example/x.png); }",
        ".a { background: u/**/rl(x); } </style><script>",
        "@import 'x'; .a { color: red; }",
        "@media print { body { display: none; } }",
    ],
)
def test_other_styles_may_not(css: str) -> None:
    assert list(added_problems(css, "a"))


@pytest.mark.parametrize(("css", "problem"), [("a { b: c }", None), ("a { ", "not closed"), ("}", "not opened")])
def test_braces(css: str, problem: str | None) -> None:
    found = balance_problem(css)

    assert (found is None) if problem is None else (problem in (found or ""))


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<!-- wp:group --><!-- /wp:group -->", None),
        ('<!-- wp:spacer {"height":"1px"} /-->', None),
        ("<!-- wp:group -->", "wp:group is not closed"),
        ("<!-- wp:group --><!-- /wp:query -->", "wp:query is closed where it is not the block that is open"),
        ("<!-- wp:spacer {height} /-->", "the attributes of wp:spacer are not JSON"),
        ("<!-- wp:spacer -", "a block's comment is not well formed"),
    ],
)
def test_markup(source: str, problem: str | None) -> None:
    problems = [one for one in blocks(source) if isinstance(one, str)]

    assert problem in problems if problem else problems == []
