"""The header of a plugin's or theme's main file, read as WordPress reads it.

https://developer.wordpress.org/reference/functions/get_file_data/
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

HEADER_BYTES: Final = 8_192
"""What WordPress reads of a file to find its header."""


def field(source: str, name: str) -> str | None:
    """What a header says under a name; None where it says nothing."""
    head = source.encode()[:HEADER_BYTES].decode("utf-8", "ignore").replace("\r", "\n")
    found = re.search(rf"^(?:[ \t]*<\?php)?[ \t/*#@]*{re.escape(name)}:(.*)$", head, re.MULTILINE | re.IGNORECASE)
    if not found:
        return None
    return re.sub(r"\s*(?:\*/|\?>).*", "", found[1]).strip() or None


def missing(source: str, names: Iterable[str], filename: str) -> Iterator[str]:
    """The fields that a header does not have."""
    for name in names:
        if field(source, name) is None:
            yield f"the header of {filename} has no '{name}'"
