"""`tollgate up` with files of the operator's own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("variable", "document", "complaint"),
    [
        (
            "TOLLGATE_CATALOGUE",
            {"models": [{"id": "openai/mine", "n_max": 0}]},
            "This file cannot be used: {path}: models[0] (openai/mine): n_max: ",
        ),
        (
            "TOLLGATE_PROVIDERS",
            {"providers": [{"id": "openai", "name": "Mine", "base_url": "http://localhost:8000/v1"}]},
            "This file cannot be used: {path}: providers[0] (openai): id: that name is taken",
        ),
    ],
)
def test_a_mistake_in_a_file_of_the_operators_stops_the_start(
    tmp_path: Path, variable: str, document: Any, complaint: str
) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(document))

    ended = subprocess.run(
        [sys.executable, "-m", "tollgate_cli.main", "up"],
        env={**os.environ, "PORT": "0", variable: str(path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: " + complaint.format(path=path))
    assert "Traceback" not in ended.stderr
