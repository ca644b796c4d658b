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


@pytest.mark.parametrize("first", [0, 1])
def test_files_that_were_changed_or_lost_are_out_of_date_and_no_others(copy: Path, first: int) -> None:
    names = list(generate.GENERATED)[first::2]
    for name in names[::2]:
        (copy / name).write_text("changed", encoding="utf-8")
    for name in names[1::2]:
        (copy / name).unlink()

    assert generate.outdated(copy) == names
    assert generate.write(copy) == names


def test_routes_are_listed_with_their_methods_sorted(template: Template) -> None:
    routes = json.loads(generate.routes(template))

    assert list(routes) == sorted(routes)
    assert routes["/keys/{key_id}"] == ["DELETE", "GET", "PATCH"]
    assert routes["/v1/models/{model_id+}"] == ["GET"]


def test_the_check_passes_where_everything_is_current() -> None:
    result = CliRunner().invoke(generate.main, ["--check"])

    assert (result.exit_code, result.output) == (0, "")
