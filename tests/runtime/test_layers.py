"""The layers as `sam build` makes them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.runtime.process import ROOT

IS_LAMBDAS_PYTHON: Final = sys.version_info[:2] == (3, 13)
BIN: Final = Path(sys.executable).parent


def build(layer: str, target: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    assignments = [f"{name}={value}" for name, value in {"ARTIFACTS_DIR": str(folder), **variables}.items()]
    return subprocess.run(
        ["make", "-C", ROOT / "layers" / layer, target, *assignments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def runtime_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("RuntimeLayer")
    assert build("runtime", "build-RuntimeLayer", folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def tollgate_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("TollgateLayer")
    made = build("tollgate", "build-TollgateLayer", folder)
    assert made.returncode == 0, made.stderr
    return folder


def test_the_runtime_layer_has_an_executable_script_and_the_package(runtime_layer: Path) -> None:
    script = runtime_layer / "tollgate-runtime"
    modules = {path.name for path in (runtime_layer / "python/tollgate_runtime").glob("*.py")}

    assert script.stat().st_mode & 0o777 == 0o755
    assert modules == {path.name for path in (ROOT / "layers/runtime/tollgate_runtime").glob("*.py")}
    assert sorted(path.name for path in runtime_layer.iterdir()) == ["python", "tollgate-runtime"]


def test_the_tollgate_layer_has_extensions_for_both_processors(tollgate_layer: Path) -> None:
    names = sorted(path.name for path in tollgate_layer.rglob("_pydantic_core*.so"))

    assert names == [
        "_pydantic_core.cpython-313-aarch64-linux-gnu.so",
        "_pydantic_core.cpython-313-x86_64-linux-gnu.so",
    ]


def test_the_parsers_layer_has_extensions_for_both_processors_and_little_else(tmp_path: Path) -> None:
    made = build("parsers", "build-ParsersLayer", tmp_path)

    assert made.returncode == 0, made.stderr
    extensions = list(tmp_path.rglob("*.so"))
    packages = {path.parent.name for path in extensions}
    assert packages == {"tree_sitter", "tree_sitter_javascript", "tree_sitter_json", "tree_sitter_php"}
    for processor in ("aarch64", "x86_64"):
        assert sum(path.name.endswith(f".cpython-313-{processor}-linux-gnu.so") for path in extensions) == len(packages)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 16_000_000


def test_the_vectors_layer_has_extensions_for_both_processors_and_little_else(tmp_path: Path) -> None:
    made = build("vectors", "build-VectorsLayer", tmp_path)

    assert made.returncode == 0, made.stderr
    extensions = list(tmp_path.rglob("*.so"))
    assert {path.parent.name for path in extensions} == {"msgspec", "orjson"}
    for processor in ("aarch64", "x86_64"):
        assert sum(path.name.endswith(f".cpython-313-{processor}-linux-gnu.so") for path in extensions) == 2
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 16_000_000


@pytest.mark.skipif(not IS_LAMBDAS_PYTHON, reason="extensions are made for Lambda's Python")
def test_pinecone_can_be_imported_from_its_layer_beside_tollgates(tmp_path: Path, tollgate_layer: Path) -> None:
    assert build("vectors", "build-VectorsLayer", tmp_path).returncode == 0
    program = (
        "import asyncio\n"
        "from pinecone import AsyncIndex, AsyncPinecone\n"
        "async def main():\n"
        "    async with AsyncPinecone(api_key='x', host='http://127.0.0.1:9'):\n"
        "        async with AsyncIndex(host='http://127.0.0.1:9', api_key='x') as index:\n"
        "            print(index.host)\n"
        "asyncio.run(main())"
    )

    found = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": f"{tmp_path / 'python'}:{tollgate_layer / 'python'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (found.stdout.strip(), found.stderr) == ("http://127.0.0.1:9", "")


def test_the_tollgate_layer_has_all_of_the_package(tollgate_layer: Path) -> None:
    source = ROOT / "layers/tollgate/tollgate"
    files = {path.relative_to(source) for path in source.rglob("*") if path.suffix in {".py", ".json"}}

    copied = tollgate_layer / "python/tollgate"

    assert files == {path.relative_to(copied) for path in copied.rglob("*") if path.suffix in {".py", ".json"}}


def test_the_tollgate_layer_has_nothing_that_a_function_never_asks_for(tollgate_layer: Path) -> None:
    packages = tollgate_layer / "python"

    assert not [path for path in packages.rglob("*") if path.name in {"tests", "sboms"} or path.suffix == ".pyi"]
    assert not (packages / "bin").exists()
    assert [path.name for path in tollgate_layer.iterdir()] == ["python"]


def test_tollgate_can_be_imported_from_its_layer_alone(tollgate_layer: Path) -> None:
    if not IS_LAMBDAS_PYTHON:
        # Extensions are made for Lambda's Python; another one finds what is pure.
        assert (tollgate_layer / "python/tollgate/edge/endpoint.py").exists()
        return

    found = subprocess.run(
        [sys.executable, "-S", "-c", "import tollgate.edge.endpoint as it; print(it.__file__)"],
        env={"PYTHONPATH": str(tollgate_layer / "python")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == str(tollgate_layer / "python/tollgate/edge/endpoint.py")


@pytest.mark.skipif(not IS_LAMBDAS_PYTHON, reason="only Lambda's Python can read the bytecode")
def test_every_module_of_the_layers_has_bytecode_that_tells_its_place_on_lambda(
    runtime_layer: Path, tollgate_layer: Path
) -> None:
    import marshal  # noqa: PLC0415 - of no other Python's bytecode

    for layer in (runtime_layer, tollgate_layer):
        for module in layer.rglob("*.py"):
            bytecode = (module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc").read_bytes()
            # Bit 0: by hash of the source; bit 1 unset: which nobody checks.
            assert bytecode[4:8] == b"\x01\x00\x00\x00"
            assert marshal.loads(bytecode[16:]).co_filename == f"/opt/{module.relative_to(layer)}"


def test_without_lambdas_python_the_layer_is_built_without_bytecode_and_says_so(tmp_path: Path) -> None:
    made = build("runtime", "build-RuntimeLayer", tmp_path, LAMBDA_PYTHON="")

    assert made.returncode == 0
    assert "No Python 3.13 was found" in made.stdout
    assert not list(tmp_path.rglob("*.pyc"))


def test_without_uv_the_message_tells_where_it_comes_from(tmp_path: Path) -> None:
    make = shutil.which("make")
    assert make is not None

    made = subprocess.run(
        [make, "-C", ROOT / "layers/tollgate", "build-TollgateLayer", f"ARTIFACTS_DIR={tmp_path}"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode != 0
    assert "make build" in made.stderr


@pytest.mark.parametrize(
    ("layer", "target"),
    [
        ("runtime", "build-RuntimeLayer"),
        ("tollgate", "build-TollgateLayer"),
        ("parsers", "build-ParsersLayer"),
        ("vectors", "build-VectorsLayer"),
    ],
)
def test_without_a_place_to_build_to_nothing_is_built(layer: str, target: str) -> None:
    made = subprocess.run(
        ["make", "-C", ROOT / "layers" / layer, target],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath},
    )

    assert made.returncode != 0
    assert "ARTIFACTS_DIR" in made.stderr
