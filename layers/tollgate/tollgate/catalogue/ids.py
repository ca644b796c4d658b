"""Model ids: `provider/model_name`, and what clients write instead."""

import re
from typing import Final

from tollgate.errors import InvalidModelId

ALIASES: Final = {"claude": "anthropic", "gemini": "google", "x-ai": "xai", "azure-openai": "azure"}
"""Names by which clients know a provider. Answers always carry the canonical one."""

_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}/[A-Za-z0-9~][A-Za-z0-9._:@/+~-]{0,190}")


def canonical(model_id: str, *, namespace: str = "") -> str:
    """The id as the catalogue has it: without the namespace, with the provider's own name.

    Raises InvalidModelId.
    """
    if namespace:
        model_id = model_id.removeprefix(f"{namespace}/")
    if "/" not in model_id:
        raise InvalidModelId(
            f"'{_shown(model_id)}' is not a model id. Ids have the form 'provider/model', as in 'openai/gpt-4o'.",
            param="model",
        )
    provider, _, name = model_id.partition("/")
    model_id = f"{ALIASES.get(provider, provider)}/{name}"
    segments = model_id.split("/")
    if not _ID.fullmatch(model_id) or any(segment in {"", ".", ".."} for segment in segments):
        raise InvalidModelId(f"'{_shown(model_id)}' is not a model id.", param="model")
    return model_id


def _shown(model_id: str) -> str:
    return model_id if len(model_id) <= 80 and model_id.isprintable() else f"{model_id[:80]!a}"
