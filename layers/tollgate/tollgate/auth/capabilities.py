"""What a key may do, and the names under which the API families know it."""

from collections.abc import Iterable
from typing import Final

CAPABILITIES: Final = (
    "prompt_ai",
    "list_ai_providers",
    "list_ai_models",
    "manage_chatbots",
    "read_chatbots",
    "read_logs",
    "write_vectors",
    "manage_files",
    "read_usage",
    "manage_billing",
    "manage_webhooks",
    "manage_keys",
    "read_keys",
    "operate",
)

_INFERENCE: Final = ("prompt_ai", "list_ai_providers", "list_ai_models")
_READ: Final = ("list_ai_providers", "list_ai_models", "read_chatbots", "read_logs", "read_usage", "read_keys")

ANY_KEY: Final = "any"
"""What a route needs that every valid key may call."""

PRESETS: Final = {
    "inference": _INFERENCE,
    "read": _READ,
    "full": tuple(name for name in CAPABILITIES if name != "operate"),
    # Scopes of the router and of WP LLM.
    "keys:read": ("read_keys",),
    "keys:write": ("read_keys", "manage_keys"),
    "write": tuple(name for name in CAPABILITIES if name != "operate"),
}
"""Words that stand for several capabilities, in `scopes` of a new key."""

# A capability that includes another one: who may change a thing may look at it.
_INCLUDES: Final = {
    "manage_keys": ("read_keys",),
    "manage_chatbots": ("read_chatbots",),
    # Who may write to a bot may find it.
    "prompt_ai": ("read_chatbots",),
}


def capabilities_of(scopes: Iterable[str]) -> frozenset[str]:
    """The capabilities behind scope words and capability names.

    Raises KeyError for a word that is neither.
    """
    names: set[str] = set()
    for scope in scopes:
        names.update(PRESETS[scope] if scope in PRESETS else _single(scope))
    for name in tuple(names):
        names.update(_INCLUDES.get(name, ()))
    return frozenset(names)


def is_scope(word: str) -> bool:
    """Whether a word may stand in `scopes`."""
    return word in PRESETS or word in CAPABILITIES


def may(capabilities: frozenset[str], needed: str) -> bool:
    """Whether a set of capabilities covers the one that a route needs. `operate` covers them all."""
    return needed == ANY_KEY or needed in capabilities or "operate" in capabilities


def _single(scope: str) -> tuple[str]:
    if scope not in CAPABILITIES:
        raise KeyError(scope)
    return (scope,)
