"""POST /v1/plugins/generate."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.functions.conftest import Site
from tests.upstream import a_completion, json_reply

_MODEL = "openai/gpt-4o"
_CODE = """/**
 * Tells the administrator about a new book.
 *
 * @param int $post_id The book.
 * @return void
 */
function book_shelf_tell_administrator( $post_id ) {
	wp_mail( get_option( 'admin_email' ), __( 'A new book', 'book-shelf' ), get_the_title( $post_id ) );
}
add_action( 'publish_book_shelf_item', 'book_shelf_tell_administrator' );"""
_PLAN: dict[str, Any] = {
    "description": "Keeps a list of books and says when one is added.",
    "tags": ["books", "library"],
    "item": {"singular": "Book", "plural": "Books"},
    "icon": "dashicons-book",
    "fields": [
        {"key": "isbn", "label": "ISBN", "type": "text"},
        {"key": "pages", "label": "Pages", "type": "number"},
        {"key": "is_lent", "label": "Lent to somebody", "type": "checkbox"},
    ],
    "code": "",
}
_FEATURES = ["custom_post_type", "meta_boxes", "rest_api"]


def _reply(plan: Any) -> Any:
    return json_reply(a_completion(json.dumps(plan)))


async def _generate(site: Site, **changes: Any) -> Any:
    headers = changes.pop("headers", {})
    body = {"plugin_name": "Book Shelf", "description": "Keeps a list of books", "features": _FEATURES, **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    return await site.send("POST", "/v1/plugins/generate", json=body, headers=headers)


async def test_the_template_serves_where_the_sandbox_stands_in_for_the_model(site: Site) -> None:
    response = await _generate(site, features=["custom_post_type", "rest_api"])

    body = response.json()
    assert response.status_code == 200, body
    assert body["id"].startswith("plugin_gen_")
    assert (body["object"], body["model"], body["plugin_name"]) == ("plugin_generation", "wp-llm-13b", "Book Shelf")
    assert {role: file["filename"] for role, file in body["files"].items()} == {
        "main_plugin": "book-shelf.php",
        "custom_post_type": "includes/post-types.php",
        "rest_api": "includes/rest-api.php",
    }
    assert "wp-content/plugins/book-shelf/" in body["installation_instructions"]
    assert (body["source"], body["validation"]["passed"]) == ("template", True)
    assert len(await site.ledger()) == 2


@pytest.mark.parametrize(
    ("feature", "filename", "holds"),
    [
        ("custom_post_type", "includes/post-types.php", "register_post_type(\n\t\t'book_shelf_item'"),
        ("taxonomies", "includes/taxonomies.php", "register_taxonomy("),
        ("rest_api", "includes/rest-api.php", "'book-shelf/v1'"),
        ("admin_interface", "includes/admin.php", "check_admin_referer("),
        ("meta_boxes", "includes/meta-boxes.php", "wp_verify_nonce("),
        ("settings", "includes/settings.php", "register_setting("),
        ("shortcodes", "includes/shortcodes.php", "add_shortcode("),
        ("blocks", "includes/blocks.php", "register_block_type("),
        ("lifecycle", "includes/lifecycle.php", "register_activation_hook("),
        ("cron", "includes/cron.php", "wp_schedule_event("),
        ("uninstall", "uninstall.php", "WP_UNINSTALL_PLUGIN"),
        ("readme", "readme.txt", "=== Book Shelf ==="),
        ("i18n", "languages/book-shelf.pot", 'msgid ""'),
    ],
)
async def test_a_feature_is_a_file(site: Site, feature: str, filename: str, holds: str) -> None:
    files = (await _generate(site, features=[feature])).json()["files"]

    assert files[feature]["filename"] == filename
    assert holds in files[feature]["content"]


async def test_a_model_decides_on_words_and_fields(site: Site) -> None:
    site.upstream.replies[:] = [_reply(_PLAN)]

    body = (await _generate(site, model=_MODEL)).json()

    assert (body["source"], body["notes"]) == ("model", [])
    assert "__( 'Books', 'book-shelf' )" in body["files"]["custom_post_type"]["content"]
    assert "'menu_icon'    => 'dashicons-book'" in body["files"]["custom_post_type"]["content"]
    assert "'book_shelf_isbn'" in body["files"]["meta_boxes"]["content"]
    assert "Description: Keeps a list of books and says" in body["files"]["main_plugin"]["content"]
    assert len(await site.ledger()) == 1


async def test_what_no_feature_covers_is_a_file_of_the_models_own_that_passes_the_same_checks(site: Site) -> None:
    site.upstream.replies[:] = [_reply({**_PLAN, "code": _CODE})]

    body = (await _generate(site, model=_MODEL)).json()

    assert (body["source"], body["validation"]["passed"]) == ("model", True)
    assert body["files"]["features"]["filename"] == "includes/features.php"
    assert "defined( 'ABSPATH' ) || exit;" in body["files"]["features"]["content"]
    assert "'/includes/features.php'" in body["files"]["main_plugin"]["content"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("function ( {", "P2: includes/features.php"),
        ("/** X. */\nfunction save_it() {}", "P4: includes/features.php declares save_it"),
        ("/** X. */\nfunction book_shelf_register_post_type() {}", "P4: book_shelf_register_post_type is declared in"),
        ("/** X. */\nfunction book_shelf_a() { return __( 'a', 'other' ); }", "P5: includes/features.php"),
        ("/** X. */\nfunction book_shelf_a() { echo $_GET['a']; }", "C4: includes/features.php"),
        ("/** X. */\nfunction book_shelf_a( $x ) { return eval( $x ); }", "calls eval()"),
        ("require_once __DIR__ . '/missing.php';", "P3: includes/features.php requires includes/missing.php"),
        ("wp_count_posts( 'film' );", "P6: includes/features.php is about the post type 'film'"),
        ("/** X. */\nfunction book_shelf_a( $x ) { return match ( $x ) { 1 => 2 }; }", "newer than PHP 7.4"),
        ("?><p>Hi</p><?php", "plan: code: it is PHP without tags"),
        ("// TODO: the rest", "C3: includes/features.php"),
    ],
)
async def test_code_that_fails_a_check_is_never_answered_with(site: Site, code: str, told: str) -> None:
    site.upstream.replies[:] = [_reply({**_PLAN, "code": code})]

    body = (await _generate(site, model=_MODEL)).json()

    assert told in site.upstream.requests[1].json["messages"][-1]["content"]
    assert (body["source"], body["validation"]["passed"]) == ("template", True)
    assert "features" not in body["files"]
    assert code not in json.dumps(body["notes"])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fields": []}, "fields: between 1 and 12"),
        ({"fields": [{"key": "post_id", "label": "A", "type": "text"}]}, "the key 'post_id'"),
        ({"fields": [{"key": "a'b", "label": "A", "type": "text"}]}, "the key 'a'b'"),
        ({"tags": []}, "tags: between 1 and 5"),
        ({"item": {"singular": "", "plural": "Books"}}, "item: '' has fewer words than 1"),
    ],
)
async def test_a_plan_is_looked_at_before_files_are_made_of_it(site: Site, changes: dict[str, Any], told: str) -> None:
    site.upstream.replies[:] = [_reply({**_PLAN, **changes}), _reply(_PLAN)]

    body = (await _generate(site, model=_MODEL)).json()

    assert told in site.upstream.requests[1].json["messages"][-1]["content"]
    assert body["source"] == "model"


async def test_the_first_answer_is_charged_and_the_template_serves_where_the_second_cannot_be_asked(site: Site) -> None:
    broken = json_reply({"error": {"message": "down"}}, status=500)
    site.upstream.replies[:] = [_reply({**_PLAN, "tags": []}), broken]

    body = (await _generate(site, model=_MODEL)).json()

    assert body["source"] == "template"
    assert len(await site.ledger()) == 1


async def test_a_hostile_name_leaves_one_comment_and_calls_nothing(site: Site) -> None:
    body = (await _generate(site, plugin_name="X */ phpinfo(); /*", features=[])).json()

    source = body["files"]["main_plugin"]["content"]
    assert body["files"]["main_plugin"]["filename"] == "x-phpinfo.php"
    assert " * Plugin Name: X phpinfo(); /*\n" in source
    assert source.partition("*/")[2].count("phpinfo()") == 0
    assert body["plugin_name"] == "X */ phpinfo(); /*"


async def test_an_archive_has_one_folder_with_every_file(site: Site) -> None:
    response = await _generate(site, headers={"accept": "application/zip"})

    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == [
            "book-shelf/book-shelf.php",
            "book-shelf/includes/meta-boxes.php",
            "book-shelf/includes/post-types.php",
            "book-shelf/includes/rest-api.php",
        ]
    assert response.headers["x-tollgate-source"] == "template"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"plugin_name": ...}, "plugin_name"),
        ({"plugin_name": ""}, "plugin_name"),
        ({"plugin_name": "x" * 101}, "plugin_name"),
        ({"plugin_name": "***"}, "plugin_name"),
        ({"plugin_name": "Uninstall"}, "plugin_name"),
        ({"description": "x" * 501}, "description"),
        ({"features": "rest_api"}, "features"),
        ({"features": ["x" * 65]}, "features.0"),
        ({"seed": "1"}, "seed"),
    ],
)
async def test_what_no_plugin_can_be_made_of_is_refused(site: Site, changes: dict[str, Any], field: str) -> None:
    response = await _generate(site, **changes)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid_parameters", field)
    assert await site.ledger() == []


async def test_it_is_told_that_it_began_and_what_came_of_it(site: Site) -> None:
    body = (await _generate(site)).json()

    started, done = await site.world.events()
    assert (started["type"], started["data"]["id"]) == ("generation.started", body["id"])
    assert (done["type"], done["data"]["files"]) == ("generation.completed", body["files"])


async def test_a_failure_is_told_of(site: Site) -> None:
    key = await site.world.key(site.account_id, models=["sandbox/*"])

    response = await site.send("POST", "/v1/plugins/generate", key=key, json={"plugin_name": "X1", "model": _MODEL})

    assert response.status_code == 403
    _, failed = await site.world.events()
    assert (failed["type"], failed["data"]["error"]["code"]) == ("generation.failed", "model_not_allowed")


async def test_the_same_request_under_a_key_is_answered_once(site: Site) -> None:
    headers = {"idempotency-key": "once"}

    first, second = await _generate(site, headers=headers), await _generate(site, headers=headers)

    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert len(await site.ledger()) == 2
