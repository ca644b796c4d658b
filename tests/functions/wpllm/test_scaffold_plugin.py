"""POST /v1/plugins/scaffold."""

import io
import zipfile
from typing import Any

import pytest

from tests.functions.conftest import Site

_ENTRIES = ["readme.txt", "uninstall.php", "languages/"]


async def _scaffold(site: Site, **changes: Any) -> Any:
    headers = changes.pop("headers", {})
    body = {"plugin_name": "Book Shelf", "structure": "standard", "include_files": _ENTRIES, **changes}
    return await site.send("POST", "/v1/plugins/scaffold", json=body, headers=headers)


async def test_the_answer_has_every_file_that_was_named_and_costs_nothing(site: Site) -> None:
    response = await _scaffold(site)

    body = response.json()
    assert response.status_code == 200
    assert body["id"].startswith("scaffold_")
    assert (body["object"], body["plugin_name"]) == ("plugin_scaffold", "Book Shelf")
    assert isinstance(body["created"], int)
    assert "model" not in body
    assert body["structure"] == {
        "main_file": "book-shelf.php",
        "includes_dir": "includes/",
        "assets_dir": "assets/",
        "readme_file": "readme.txt",
        "uninstall_file": "uninstall.php",
        "languages_dir": "languages/",
    }
    assert {role: file["filename"] for role, file in body["files"].items()} == {
        "main_file": "book-shelf.php",
        "readme_file": "readme.txt",
        "uninstall_file": "uninstall.php",
        "languages_file": "languages/book-shelf.pot",
    }
    assert body["files"]["readme_file"]["content"].startswith("=== Book Shelf ===\n")
    assert 'msgid ""\n' in body["files"]["languages_file"]["content"]
    assert body["validation"]["passed"] is True
    assert await site.ledger() == []


@pytest.mark.parametrize(
    ("structure", "files", "directories"),
    [
        ("minimal", {"main_file"}, set()),
        ("standard", {"main_file"}, {"includes_dir", "assets_dir"}),
        (
            "advanced",
            {
                "main_file",
                "includes_class_book_shelf_php",
                "tests_bootstrap_php",
                "tests_test_sample_php",
                "phpunit_xml_dist",
            },
            {"includes_dir", "assets_dir", "admin_dir", "public_dir", "tests_dir"},
        ),
    ],
)
async def test_a_structure_has_its_files_and_folders(
    site: Site, structure: str, files: set[str], directories: set[str]
) -> None:
    body = (await _scaffold(site, structure=structure, include_files=[])).json()

    assert set(body["files"]) == files
    assert set(body["structure"]) == {"main_file", *directories}
    assert all(body["structure"][name].endswith("/") for name in directories)


@pytest.mark.parametrize(
    ("entry", "role", "filename"),
    [
        ("composer.json", "composer_json", "composer.json"),
        (".gitignore", "gitignore", ".gitignore"),
        (".distignore", "distignore", ".distignore"),
        (".editorconfig", "editorconfig", ".editorconfig"),
        (".phpcs.xml.dist", "phpcs_xml_dist", ".phpcs.xml.dist"),
        ("phpunit.xml.dist", "phpunit_xml_dist", "phpunit.xml.dist"),
        ("tests/", "tests_bootstrap_php", "tests/bootstrap.php"),
        ("bin/install-wp-tests.sh", "bin_install_wp_tests_sh", "bin/install-wp-tests.sh"),
        ("assets/", "assets_index", "assets/index.php"),
        ("includes/", "includes_index", "includes/index.php"),
    ],
)
async def test_an_entry_is_a_file(site: Site, entry: str, role: str, filename: str) -> None:
    body = (await _scaffold(site, include_files=[entry, entry])).json()

    assert body["files"][role]["filename"] == filename
    assert body["files"][role]["content"]


async def test_the_same_request_has_the_same_files(site: Site) -> None:
    first, second = (await _scaffold(site)).json(), (await _scaffold(site)).json()

    assert first["files"] == second["files"]
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"plugin_name": "-"}, "plugin_name"),
        ({"structure": "huge"}, "structure"),
        ({"include_files": ["../secret"]}, "include_files.0"),
        ({"include_files": ["/etc/passwd"]}, "include_files.0"),
        ({"include_files": ["readme.txt", "a\\b"]}, "include_files.1"),
        ({"include_files": ["readme.txt"] * 33}, "include_files"),
    ],
)
async def test_what_cannot_be_scaffolded_is_refused(site: Site, changes: dict[str, Any], field: str) -> None:
    response = await _scaffold(site, **changes)

    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid_parameters", field)


async def test_an_account_without_money_may_scaffold(site: Site) -> None:
    key = await site.world.key(await site.world.account(balance_usd=None))

    response = await site.send("POST", "/v1/plugins/scaffold", key=key, json={"plugin_name": "Book Shelf"})

    assert response.status_code == 200


async def test_an_archive_is_the_same_bytes_each_time(site: Site) -> None:
    first = await _scaffold(site, headers={"accept": "application/zip"})
    second = await _scaffold(site, headers={"accept": "application/zip"})

    assert first.content == second.content
    assert first.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        assert archive.namelist() == [
            "book-shelf/book-shelf.php",
            "book-shelf/languages/book-shelf.pot",
            "book-shelf/readme.txt",
            "book-shelf/uninstall.php",
        ]


async def test_an_archive_is_given_again_under_its_key(site: Site) -> None:
    headers = {"accept": "application/zip", "idempotency-key": "once"}

    first, second = await _scaffold(site, headers=headers), await _scaffold(site, headers=headers)

    assert second.content == first.content
    assert second.headers["content-disposition"] == first.headers["content-disposition"]
