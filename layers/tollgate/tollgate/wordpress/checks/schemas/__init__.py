"""The shapes of block.json and theme.json, as WordPress's schemas have them.

https://schemas.wp.org
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any


def violations(name: str, value: Any) -> Iterator[str]:
    """What a value of `block` or `theme` says that its schema does not allow, with the path of each."""
    for error in sorted(_validator(name).iter_errors(value), key=lambda error: list(map(str, error.absolute_path))):
        path = "/".join(map(str, error.absolute_path)) or "the file"
        yield f"{name}.json: {path}: {error.message[:200]}"


@cache
def _validator(name: str) -> Any:
    # It takes longer to load than the functions that do not need it have time for.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(json.loads((files(__name__) / f"{name}.json").read_text(encoding="utf-8")))
