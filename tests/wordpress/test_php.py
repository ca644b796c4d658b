"""What is generated, before PHP itself: it compiles, loads without a warning, and prints what it should."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from tollgate.contracts.wpllm.artifacts import (
    AttributeType,
    GenerateBlockRequest,
    GeneratePluginRequest,
    GenerateThemeRequest,
)
from tollgate.services.wpllm.blocks import block_spec
from tollgate.services.wpllm.plugins import plugin_spec
from tollgate.services.wpllm.themes import theme_spec
from tollgate.wordpress.analysis import analyze_file
from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Severity
from tollgate.wordpress.generation import block_plans, plugin_plans, theme_plans
from tollgate.wordpress.generation.blocks import block_files
from tollgate.wordpress.generation.files import named
from tollgate.wordpress.generation.plugins import plugin_files
from tollgate.wordpress.generation.scaffolds import ENTRIES, Scaffold, scaffold_files
from tollgate.wordpress.generation.themes import theme_files
from tollgate.wordpress.php import FUNCTIONS, name_of

_DOUBLE = Path(__file__).with_name("wordpress.php")
_NAMES = ["Book Shelf", "X */ phpinfo(); /*", 'it\'s "q" \\ ?> <?php', "Ünïcödé \u202e 日本 shop"]


@pytest.fixture(scope="module")
def php() -> str:
    """PHP's command line: Debian's package `php-cli`."""
    found = shutil.which("php")
    assert found, "PHP is not installed. Install Debian's package php-cli, or PHP 8.1 or later from elsewhere."
    return found


def _written(files: Mapping[str, str], folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def _compiles(php: str, folder: Path) -> list[str]:
    """What PHP says of the files that it cannot compile."""
    found = []
    for path in sorted(folder.rglob("*.php")):
        done = subprocess.run([php, "-l", str(path)], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            found.append(done.stdout + done.stderr)
    return found


def _run(php: str, folder: Path, *, load: list[str], render: Iterable[Any] = ()) -> Any:
    """Load files as WordPress would, with every function of WordPress that they call standing in."""
    parsed = [File(path.read_text(encoding="utf-8"), "php") for path in folder.rglob("*.php")]
    declared = {name_of(one).lower() for file in parsed for one in file.of(*FUNCTIONS)}
    called = {name for file in parsed for name in file.called_names} - declared
    known = subprocess.run(
        [php, "-r", "echo json_encode( get_defined_functions()['internal'] );"],
        capture_output=True,
        text=True,
        check=True,
    )
    job = {
        "load": [str(folder / name) for name in load],
        "functions": sorted(called - set(json.loads(known.stdout)) - {"exit", "require", "isset", "empty", "array"}),
        "render": list(render),
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [php, str(_DOUBLE), str(folder / "job.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def _plugin(name: str) -> dict[str, str]:
    spec = plugin_spec(GeneratePluginRequest(plugin_name=name, features=list(plugin_plans.FEATURES)))
    return named(plugin_files(spec, plugin_plans.usual_plan(spec)))


def _block(name: str, *features: str, **changes: Any) -> tuple[block_plans.BlockSpec, dict[str, str]]:
    attributes = {f"a_{kind.replace('-', '_')}": kind for kind in get_args(AttributeType)}
    body = {"block_type": name, "attributes": attributes, "features": list(features), **changes}
    spec = block_spec(GenerateBlockRequest.model_validate(body))
    return spec, named(block_files(spec, block_plans.usual_plan(spec)))


@pytest.mark.parametrize("name", _NAMES)
def test_a_plugin_with_every_feature_compiles_and_loads(php: str, tmp_path: Path, name: str) -> None:
    files = _plugin(name)
    folder = _written(files, tmp_path)

    assert _compiles(php, folder) == []
    main = next(iter(files))
    hooks = _run(php, folder, load=[main])["registered"]
    assert {"init", "rest_api_init", "add_meta_boxes", "admin_menu", "admin_init"} <= set(hooks)


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("structure", ["minimal", "standard", "advanced"])
def test_a_scaffold_with_every_file_compiles_and_loads(php: str, tmp_path: Path, name: str, structure: str) -> None:
    files = named(scaffold_files(Scaffold(name, structure, ENTRIES)))
    folder = _written(files, tmp_path)

    assert _compiles(php, folder) == []
    assert _run(php, folder, load=[next(iter(files))])["registered"]


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("kind", theme_plans.TYPES)
def test_a_theme_compiles(php: str, tmp_path: Path, name: str, kind: Any) -> None:
    request = GenerateThemeRequest(
        theme_name=name, type=kind, features=list(theme_plans.FEATURES), parent="twentytwentyfive"
    )
    spec = theme_spec(request)
    folder = _written(named(theme_files(spec, theme_plans.usual_plan(spec))), tmp_path)

    assert list(folder.rglob("*.php"))
    assert _compiles(php, folder) == []


@pytest.mark.parametrize("features", [(), ("server_side_rendering",), block_plans.FEATURES])
@pytest.mark.parametrize("name", ["price card", "X */ phpinfo(); /*"])
def test_a_block_compiles_and_registers_itself_once(
    php: str, tmp_path: Path, name: str, features: tuple[str, ...]
) -> None:
    spec, files = _block(name, *features)
    folder = _written(files, tmp_path)

    assert _compiles(php, folder) == []
    assert _run(php, folder, load=["register.php"])["registered"] == ["init"]
    done = _run(php, folder, load=["register.php"], render=[[spec.register_function, []]])
    where, arguments = done["registered"][-1]
    assert where == str(folder)
    assert arguments == ({"render_callback": spec.render_function} if features else [])


def test_what_a_block_prints_is_escaped_and_misses_nothing_where_attributes_are_missing(
    php: str, tmp_path: Path
) -> None:
    attributes = {"plan_name": "string", "fee": "number", "on": "boolean", "list": "array", "facts": "object",
                  "photo_url": "string", "link": "string", "note": "rich-text"}  # fmt: skip
    spec, files = _block("price card", "server_side_rendering", attributes=attributes)
    folder = _written(files, tmp_path)
    evil = "<script>alert( '1' )</script>"
    given = {
        "planName": evil, "fee": 9.5, "on": True, "list": [evil, [evil]], "facts": {evil: evil},
        "photoUrl": "javascript:alert(1)", "link": "https://example.com/?a=1&b=2", "note": f"<b>bold</b>{evil}",
    }  # fmt: skip

    calls = [[spec.render_function, [{}]], [spec.render_function, [given]], [spec.render_function, [given, ""]]]
    empty, full, again = _run(php, folder, load=["register.php"], render=calls)["printed"]

    assert "<script" not in full
    assert "javascript:" not in full
    assert "&lt;script&gt;alert( &#039;1&#039; )&lt;/script&gt;" in full
    assert "<b>bold</b>" in full
    assert 'class="wp-block is-on"' in full
    assert 'href="https://example.com/?a=1&amp;b=2"' in full
    assert full == again
    assert empty == '<div class="wp-block"><p class="wp-block-your-theme-price-card__fee">0</p></div>'


@pytest.mark.parametrize("category", Category)
def test_the_analysis_finds_next_to_nothing_in_what_is_generated(category: Category) -> None:
    theme = theme_spec(GenerateThemeRequest(theme_name="Quiet Gallery", type="classic_theme", features=["readme"]))
    everything = {
        **_plugin("Book Shelf"),
        **{f"s/{name}": content for name, content in _block("price card", *block_plans.FEATURES)[1].items()},
        **{f"b/{name}": content for name, content in _block("price card")[1].items()},
        **{f"t/{name}": content for name, content in named(theme_files(theme, theme_plans.usual_plan(theme))).items()},
        **{
            f"c/{name}": content
            for name, content in named(scaffold_files(Scaffold("Book Shelf", "advanced", ENTRIES))).items()
            if not name.startswith("tests/")
        },
    }

    for name, content in everything.items():
        analysis = analyze_file(name, content, category)

        assert analysis.score >= 9, (name, analysis.issues)
        assert not {issue.severity for issue in analysis.issues} & {Severity.CRITICAL, Severity.HIGH}
