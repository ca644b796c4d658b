"""What `make build` made is as small as it is said to be in docs/architecture.md: every cold start pays for it."""

import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from tollgate_cli.local.sam import BUILT
from tollgate_cli.template import ROOT, Function, read_template

TEMPLATE: Final = read_template()
MOST_MB: Final = {
    "TollgateLayer": (40, 16),
    "SdksLayer": (24, 9),
    "VectorsLayer": (14, 5),
    "ParsersLayer": (12, 3),
    "RuntimeLayer": (0.2, 0.1),
}
"""Of each layer, unpacked and zipped."""
FUNCTION_KB: Final = 20
LAMBDA_MB: Final = 250
"""What Lambda takes, unpacked: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

each_function = pytest.mark.parametrize("function", TEMPLATE.functions.values(), ids=lambda function: function.folder)


@pytest.mark.parametrize("layer", [name for name, _ in TEMPLATE.resources("AWS::Serverless::LayerVersion")])
def test_a_layer_is_not_larger_than_is_said(layer: str, tmp_path: Path) -> None:
    files = files_of(BUILT / layer)
    with zipfile.ZipFile(tmp_path / "zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file)

    sizes_mb = (size_of(files) / 1e6, (tmp_path / "zip").stat().st_size / 1e6)

    assert files, "run `make build`"
    told = f"{layer} has {sizes_mb[0]:.2f} MB, {sizes_mb[1]:.2f} zipped"
    assert all(size <= most for size, most in zip(sizes_mb, MOST_MB[layer], strict=True)), told


@each_function
def test_a_function_is_a_few_lines(function: Function) -> None:
    files = [file for file in files_of(ROOT / "functions" / function.folder) if file.suffix != ".pyc"]

    assert size_of(files) <= FUNCTION_KB * 1000


@each_function
def test_a_function_with_its_layers_fits_into_lambda(function: Function) -> None:
    properties: dict[str, Any] = TEMPLATE.raw["Resources"][function.name]["Properties"]
    layers = [*TEMPLATE.raw["Globals"]["Function"]["Layers"], *properties.get("Layers", [])]

    size = sum(size_of(files_of(BUILT / layer["Ref"])) for layer in layers)

    assert size < LAMBDA_MB * 1e6 / 2, f"{size / 1e6:.0f} MB: half of what Lambda takes is enough"


def files_of(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def size_of(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)
