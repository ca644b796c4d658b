"""POST /v1/plugins/scaffold."""

from typing import Any

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
