"""Writing and comparing what is derived."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tollgate_cli import generate
from tollgate_cli.template import Template


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in generate.GENERATED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    generate.write(tmp_path)
    return tmp_path


def test_what_was_just_written_is_current(copy: Path) -> None:
    assert generate.outdated(copy) == []
    assert generate.write(copy) == []


@pytest.mark.parametrize("name", list(generate.GENERATED))
def test_a_file_that_was_changed_or_lost_is_out_of_date(copy: Path, name: str) -> None:
    (copy / name).write_text("changed", encoding="utf-8")
    assert generate.outdated(copy) == [name]

    (copy / name).unlink()
    assert generate.outdated(copy) == [name]


def test_routes_are_listed_with_their_methods_sorted(template: Template) -> None:
    routes = json.loads(generate.routes(template))

    assert list(routes) == sorted(routes)
    assert routes["/keys/{key_id}"] == ["DELETE", "GET", "PATCH"]
    assert routes["/v1/models/{model_id+}"] == ["GET"]


def test_the_check_passes_where_everything_is_current() -> None:
    result = CliRunner().invoke(generate.main, ["--check"])

    assert (result.exit_code, result.output) == (0, "")
