"""What is in the repository works on every machine and is nobody's secret."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tollgate_cli.template import ROOT

MACHINE_PATH = re.compile(r"(?<![\w.$)}-])/(?:home|Users|root|work|mnt|media)/\w|\b[A-Z]:\\Users\b")
PACKAGE_REGISTRY = re.compile(
    r"\bpypi\.org|\bpythonhosted\.org|\bnpmjs\.(?:org|com)|\byarnpkg\.com|\bindex-url\b",
    re.IGNORECASE,
)
SECRETS = {
    "a key of the gateway": re.compile(r"\btg-(?!Invented)[0-9A-Za-z]{43}\b"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a provider's key": re.compile(
        r"\bsk-(?:ant-|proj-|or-)?[0-9A-Za-z]{20,}|\bAIza[0-9A-Za-z_-]{35}|\bxai-[0-9A-Za-z]{40,}"
    ),
    "a token of a code host": re.compile(r"\bgh[pousr]_[0-9A-Za-z]{36}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{20}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [*matches(MACHINE_PATH)]

    assert not found, f"write paths from the root of the repository: {found}"


def test_no_file_names_a_package_registry() -> None:
    found = [*matches(PACKAGE_REGISTRY)]

    assert not found, f"packages come from whichever index the machine uses: {found}"


@pytest.mark.parametrize("kind", list(SECRETS))
def test_no_file_holds_a_secret(kind: str) -> None:
    found = [*matches(SECRETS[kind])]

    assert not found, f"{kind}? Take it out, and make it invalid. In tests and events keys are `tg-Invented…`: {found}"


def matches(pattern: re.Pattern[str]) -> Iterator[str]:
    """Where the tracked files hold something."""
    for path in tracked_files():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), 1):
            if pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}"


@cache
def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
