"""POST /v1/analyze/batch."""

from typing import Any

import pytest

from tests.functions.conftest import Site

_FILES = [{"name": "a.php", "content": "<?php echo 'x';"}, {"name": "b.php", "content": "<?php echo $_COOKIE['t'];"}]


async def _analyze(site: Site, files: Any, **changes: Any) -> Any:
    body = {"files": files, "analysis_type": "security", **changes}
    return await site.send("POST", "/v1/analyze/batch", json=body)


async def test_each_file_has_its_result_and_all_have_a_summary(site: Site) -> None:
    body = (await _analyze(site, _FILES)).json()

    assert body["id"].startswith("batch_analysis_")
    assert body.keys() == {"id", "object", "created", "results", "summary"}
    assert [(one["file"], one["score"], len(one["issues"])) for one in body["results"]] == [
        ("a.php", 9.5, 0),
        ("b.php", 2.0, 1),
    ]
    assert body["summary"] == {"total_files": 2, "files_with_issues": 1, "total_issues": 1, "average_score": 5.75}


async def test_the_order_of_files_changes_only_the_order_of_results(site: Site) -> None:
    files = [*_FILES, {"name": "a.php", "content": ""}, {"name": "c.css", "content": "a {"}]

    there = (await _analyze(site, files)).json()["results"]
    back = (await _analyze(site, files[::-1])).json()["results"]

    assert back == there[::-1]


async def test_a_file_that_cannot_be_parsed_fails_alone(site: Site) -> None:
    body = (await _analyze(site, [{"name": "a.php", "content": "<?php if ("}, *_FILES])).json()

    assert body["results"][0]["issues"][0]["rule"] == "quality.parse_error"
    assert [one["score"] for one in body["results"][1:]] == [9.5, 2.0]


async def test_a_model_is_asked_about_each_file(site: Site) -> None:
    body = (await _analyze(site, _FILES, model="openai/gpt-4o")).json()

    assert len(site.upstream.requests) >= 2
    assert [one["score"] for one in body["results"]] == [9.5, 2.0]


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ([], 400, "invalid_parameters"),
        ([{"name": "a.php", "content": ""}] * 101, 400, "invalid_parameters"),
        ([{"name": "", "content": ""}], 400, "invalid_parameters"),
        ([{"name": "a.php"}], 400, "invalid_parameters"),
        ([{"name": "a.txt", "content": "a" * 262_145}], 413, "payload_too_large"),
        ([{"name": "a.txt", "content": "a" * 262_144}] * 9, 413, "payload_too_large"),
    ],
)
async def test_too_few_and_too_many_files_are_refused(site: Site, files: Any, status: int, code: str) -> None:
    response = await _analyze(site, files)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
