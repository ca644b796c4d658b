"""How long the pieces are in which a text is embedded: what a vendor's models read well, in characters."""

from collections.abc import Mapping
from typing import Final

from tollgate.contracts.catalogue import Model

_USUAL: Final = 6_000
_BY_PROVIDER: Final[Mapping[str, int]] = {"openrouter": 12_000, "ollama": 2_000}
# A model that reads less than its vendor's others.
_BY_MODEL: Final[Mapping[str, int]] = {"mxbai-embed-large": 384}
# Whose models are sold by somebody else as well.
_RESOLD: Final = ("text-embedding", "openai", "gemini", "google")


def passage_characters(model: Model) -> int:
    """How many characters of a text a model embeds at once."""
    name = model.upstream_model.lower()
    for part, size in _BY_MODEL.items():
        if part in name:
            return size
    if any(part in name for part in _RESOLD):
        return _USUAL
    return _BY_PROVIDER.get(model.provider, _USUAL)
