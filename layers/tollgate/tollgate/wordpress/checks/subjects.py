"""A set of files as checks see it: parsed once, whatever is asked of it."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from tollgate.wordpress.checks.results import Unreadable
from tollgate.wordpress.files import File
from tollgate.wordpress.generation.files import Files
from tollgate.wordpress.languages import language_of_name
from tollgate.wordpress.php import arguments, text_of


class Subject:
    """Generated files, the text domain that they are to be translated in, and the words of who asked for them."""

    def __init__(self, files: Files, domain: str, asked: str) -> None:
        self.files = files
        self.domain = domain
        self.asked = asked.lower()

    @cached_property
    def contents(self) -> Mapping[str, str]:
        """The contents by the names of the files."""
        return {file.filename: file.content for file in self.files.values()}

    @cached_property
    def parsed(self) -> Mapping[str, File]:
        """The files that have a language, by name."""
        return {
            name: File(content, language, name)
            for name, content in self.contents.items()
            if (language := language_of_name(name)) is not None
        }

    def in_language(self, language: str) -> Iterator[tuple[str, File]]:
        """The files in one language."""
        for name, file in self.parsed.items():
            if file.language == language:
                yield name, file

    def file(self, name: str) -> File:
        """One file, parsed.

        Raises Unreadable where there is none.
        """
        if name not in self.parsed:
            raise Unreadable(f"{name} is missing")
        return self.parsed[name]

    def json(self, name: str) -> dict[str, Any]:
        """What a JSON file holds.

        Raises Unreadable where it is missing or no object.
        """
        if name not in self.contents:
            raise Unreadable(f"{name} is missing")
        try:
            value = json.loads(self.contents[name])
        except ValueError as exc:
            raise Unreadable(f"{name} is not JSON") from exc
        if not isinstance(value, dict):
            raise Unreadable(f"{name} is no JSON object")
        return value


def is_guarded(file: File, constant: str) -> bool:
    """Whether a PHP file stops where it is asked for directly: `defined( 'ABSPATH' ) || exit;` in the file itself."""
    for call in file.calls("defined"):
        if text_of(next(iter(arguments(call)), None)) == constant and file.scope(call) is file.root:
            return True
    return False
