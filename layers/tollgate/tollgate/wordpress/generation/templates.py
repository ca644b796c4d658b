"""The templates: files as they are delivered, with places such as `{{name:php}}` for what differs.

A place says how its value is to be quoted, so that none is left unquoted by accident.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from tollgate.wordpress.generation.quoting import FILTERS

_PLACE: Final = re.compile(r"\{\{(\w+):(\w+)\}\}")
_GAP: Final = re.compile(r"\n{3,}")


def filled(name: str, values: Mapping[str, str]) -> str:
    """A template with values in its places; one that stands alone in its line and is empty takes the line with it.

    Raises KeyError for a place without a value, and for a way of quoting that there is none of.
    """
    lines = []
    for line in _template(name).split("\n"):
        written = _PLACE.sub(lambda place: FILTERS[place[2]](values[place[1]]), line)
        if written.strip() or not _PLACE.search(line):
            lines.append(written.rstrip() if _PLACE.search(line) else written)
    return _GAP.sub("\n\n", "\n".join(lines))


@cache
def _template(name: str) -> str:
    return (files("tollgate.wordpress.generation") / "templates" / name).read_text(encoding="utf-8")
