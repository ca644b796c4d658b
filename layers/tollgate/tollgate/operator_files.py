"""Files that an operator writes: a list of entries in JSON. A mistake in one is told by its entry and field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


class BadFile(Exception):
    """A file cannot be used; the message names it, the entry and the field."""


class Written(NamedTuple):
    """An entry as it stands in its file."""

    place: str
    """Where it is, for a message: the file, the entry's number and its id."""
    fields: dict[str, Any]


def read_list(path: Path, under: str, model: type[M]) -> Iterator[tuple[Written, M]]:
    """The entries of a file `{under: [...]}`, each as it was written and as `model` reads it.

    Raises BadFile.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as exc:
        raise BadFile(f"{path}: {exc.strerror}") from exc
    except ValueError as exc:
        raise BadFile(f"{path}: not JSON: {exc}") from exc
    entries = document.get(under) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise BadFile(f'{path}: expected an object with a list under "{under}"')
    for number, entry in enumerate(entries):
        place = f"{path}: {under}[{number}]"
        if not isinstance(entry, dict):
            raise BadFile(f"{place}: expected an object")
        if isinstance(entry.get("id"), str):
            place += f" ({entry['id']})"
        yield Written(place, entry), _read(place, entry, model)


def _read(place: str, entry: dict[str, Any], model: type[M]) -> M:
    try:
        return model.model_validate(entry)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadFile(f"{place}: {field}: {first['msg']}") from exc
