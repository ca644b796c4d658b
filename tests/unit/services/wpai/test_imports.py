"""What a function loads at a cold start is what it needs."""

import json
import subprocess
import sys

import pytest

from tollgate_cli.template import ROOT

_LISTS = [
    "list_providers",
    "get_provider",
    "list_provider_models",
    "get_provider_model",
    "get_namespace",
    "check_support",
]


@pytest.mark.parametrize("name", _LISTS)
def test_a_function_that_generates_nothing_loads_no_chat(name: str) -> None:
    app = ROOT / "functions" / "wpai" / name / "app.py"
    code = f"import runpy, sys, json; runpy.run_path({str(app)!r}); print(json.dumps(sorted(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    loaded = set(json.loads(done.stdout))
    assert "tollgate.edge.wordpress" in loaded
    assert not loaded & {
        "tollgate.contracts.router.chat",
        "tollgate.services.completions",
        "tollgate.services.candidates",
    }
