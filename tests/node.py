"""Node, for tests of what JavaScript makes of something."""

import os
import shutil

from tollgate_cli.template import ROOT


def node() -> str:
    """The program: that of the tests' own environment, where it has been made."""
    found = shutil.which("node", path=f"{ROOT / '.venv-node' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert found, "make .venv-node/ready"
    return found
