"""Texts cut into passages, and what is stored of each. Nothing here reaches anything."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from tollgate.contracts.aipuffer.vectors import VectorItem
from tollgate.stores.vectors import OWNER

MOST_PASSAGES: Final = 2_000
"""Of one text."""
_OVERLAP: Final = 600
_LONGEST_ID: Final = 80
_UNFIT_FOR_ID: Final = re.compile(r"[^A-Za-z0-9_.:-]")
_UNFIT_FOR_NAME: Final = re.compile(r"[^a-z0-9_-]")
_TAG: Final = re.compile(r"<(?:[A-Za-z/!?][^<>]*)>")
_BREAKS: Final = re.compile(r"[\r\n\t ]+")
_SOURCE: Final = "text_entry_global_form"


class Span(NamedTuple):
    """A part of a text, in characters."""

    start: int
    end: int


class Source(NamedTuple):
    """A text to be stored, with its passages."""

    parent_id: str
    text: str
    spans: Sequence[Span]
    metadata: Mapping[str, Any]
    """What the caller knows of it, as stores take it."""

    def passages(self) -> list[str]:
        """The texts that are embedded."""
        return [self.text[span.start : span.end] for span in self.spans]

    def known_of(self, place: int, vector_id: str, owner: str) -> dict[str, Any]:
        """What is stored beside the vector of a passage."""
        span = self.spans[place]
        return {
            "source": _SOURCE,
            **self.metadata,
            "vector_id": vector_id,
            "parent_vector_id": self.parent_id,
            "chunk_index": place,
            "total_chunks": len(self.spans),
            "char_start": span.start,
            "char_end": span.end,
            "original_content": self.text[span.start : span.end],
            OWNER: owner,
        }


def spans_of(length: int, size: int) -> list[Span]:
    """The passages of a text: `size` characters each but the last, which overlap by a quarter, or by 600 at most."""
    step = size - min(_OVERLAP, size // 4)
    starts = range(0, max(length - size, 0) + step, step)
    return [Span(start, min(start + size, length)) for start in starts]


def source_of(item: VectorItem, *, size: int, new_id: str) -> Source:
    """A text with its passages. `new_id` is for one that has no id in it."""
    metadata: dict[str, Any] = {}
    for name, value in item.metadata.items():
        key = _UNFIT_FOR_NAME.sub("", name.lower())
        if key and value is not None:
            metadata[key] = _storable(value)
    if item.uri:
        metadata["uri"] = _plain(item.uri)
    return Source(_parent_id(item, new_id), item.content, spans_of(len(item.content), size), metadata)


def _parent_id(item: VectorItem, new_id: str) -> str:
    known = item.metadata
    named = (known.get("parent_vector_id"), item.id, known.get("vector_id"), known.get("id"))
    for one in named:
        if isinstance(one, str | int) and not isinstance(one, bool) and (cleaned := _cleaned(str(one))):
            return cleaned
    return new_id


def _cleaned(text: str) -> str:
    return _UNFIT_FOR_ID.sub("_", text).strip("_.:-")[:_LONGEST_ID]


def _storable(value: Any) -> str | int | float | bool:
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, bool | int | float):
        return value
    return to_json(value).decode()


def _plain(text: str) -> str:
    """A text without tags, in one line."""
    return _BREAKS.sub(" ", _TAG.sub("", text)).strip()
