"""What is delivered: files by the role that they play."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class GeneratedFile(NamedTuple):
    """A file. `role` is its key in an answer, `filename` its path inside of what is delivered."""

    role: str
    filename: str
    content: str


Files = Mapping[str, GeneratedFile]
"""By role, in the order of the answer."""


def by_role(files: Iterable[GeneratedFile]) -> Files:
    """The files by their roles.

    Raises ValueError where two have the same role or name.
    """
    listed = list(files)
    found = {file.role: file for file in listed}
    if len(found) != len(listed) or len({file.filename for file in listed}) != len(listed):
        raise ValueError(f"two files are one: {[file.filename for file in listed]}")
    return found


def php_files(files: Files) -> list[GeneratedFile]:
    """Those in PHP."""
    return [file for file in files.values() if file.filename.endswith(".php")]


def named(files: Files) -> dict[str, str]:
    """The contents by the names of the files."""
    return {file.filename: file.content for file in files.values()}
