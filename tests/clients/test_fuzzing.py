"""Whatever the OpenAPI document allows, and much that it does not: answered as the document says, never by a 500."""

import json
import subprocess
from pathlib import Path

from tests.running import ROOT, Running

_CHECKS = Path(__file__).with_name("fuzz_checks.py")
_EXAMPLES = 6
_PATIENCE_S = 480


def test_made_up_requests_are_answered_as_the_document_says(running: Running) -> None:
    # An account of its own: what is made up may change its plan.
    key = running.new_key(10, "operate", "full")
    command = [
        str(ROOT / ".venv-fuzz/bin/python"),
        str(_CHECKS),
        running.base_url,
        key,
        str(_EXAMPLES),
    ]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["operations"] > 30
    assert found["findings"] == []
