"""What a generator gives back, whatever it generates."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tollgate.contracts.catalogue import Model


class Generated(NamedTuple):
    """An answer in WordPress's words, and who gave it."""

    model: Model
    candidates: list[dict[str, Any]]
    token_usage: dict[str, int]
    additional_data: Mapping[str, Any]
    headers: Mapping[str, str]
    id: str | None = None
    """The provider's own id of the answer."""
