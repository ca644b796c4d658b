"""A file, as a form carries it: whoever calls, and whoever is called."""

from typing import NamedTuple


class Upload(NamedTuple):
    """A file in a form, as it was sent."""

    name: str
    media_type: str
    content: bytes
