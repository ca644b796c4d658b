"""What WP LLM's clients read of a model beside what everybody reads. The others have an empty list and nothing."""

import hashlib
import re
from typing import Any, Final

from tollgate.contracts.catalogue import Model

_NAME: Final = re.compile(r"wp-llm(?:-(?P<billions>\d+)b)?(?::ft-.*)?")
_EVERYBODY: Final = "*"


def permission_of(model: Model) -> list[dict[str, Any]]:
    """Who may do what with a WP LLM model or one of an account's own, in the form of the API's first version."""
    if not model.root and _NAME.fullmatch(model.id) is None:
        return []
    return [
        {
            # The same in every answer.
            "id": f"perm_{hashlib.sha256(model.id.encode()).hexdigest()[:12]}",
            "object": "model_permission",
            "created": model.created,
            "allow_create_engine": False,
            "allow_sampling": True,
            "allow_logprobs": True,
            "allow_search_indices": False,
            "allow_view": True,
            "allow_fine_tuning": False,
            "organization": model.owned_by if model.root else _EVERYBODY,
            "group": None,
            "is_blocking": False,
        }
    ]


def specifications_of(model: Model) -> dict[str, str] | None:
    """A WP LLM model in words; None for every other."""
    named = _NAME.fullmatch(model.id)
    if named is None:
        return None
    billions, window = named["billions"], model.context_length
    return {
        "parameters": f"{billions} billion" if billions else "not published",
        "context_window": f"{window} tokens" if window else "not published",
        "training_data": "WordPress ecosystem",
        "specialization": "WordPress development",
    }
