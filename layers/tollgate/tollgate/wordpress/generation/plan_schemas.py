"""Parts of the JSON Schemas that plans are asked for in, and of what is looked at in a plan beyond them.

The schemas have types and choices alone, which every provider can hold its models to; the rest is told in words.
"""

from collections.abc import Iterator
from typing import Any, Final

TEXT: Final = {"type": "string"}


def object_of(properties: dict[str, Any]) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def list_of(items: dict[str, Any]) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": items}


def text_problems(name: str, text: str, *, longest: int, fewest_words: int = 1) -> Iterator[str]:
    """What is wrong with a text for people."""
    if len(text.split()) < fewest_words:
        yield f"{name}: '{text[:40]}' has fewer words than {fewest_words}"
    if len(text) > longest:
        yield f"{name}: more than {longest} characters"
