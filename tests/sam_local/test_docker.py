"""`with_docker` where it cannot have what it needs."""

import os
import subprocess

from tollgate_cli.template import ROOT


def test_who_may_not_start_a_daemon_is_told_what_is_missing() -> None:
    script = (ROOT / "tests/sam_local/with_docker").read_bytes()
    environment = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}

    ended = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-s", "true"],
        input=script,
        cwd="/",
        env={**environment, "TMPDIR": "/tmp", "HOME": "/tmp"},
        capture_output=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr == b"sam local cannot run here: no Docker daemon answers, and only root can start one.\n"
