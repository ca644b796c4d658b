"""Which models a key may use."""

from collections.abc import Iterable


def allows(scope: Iterable[str] | None, model_id: str) -> bool:
    """Whether a scope includes a model. None includes all; an entry is an exact id or `provider/*`."""
    if scope is None:
        return True
    wildcard = f"{model_id.partition('/')[0]}/*"
    return any(entry in {model_id, wildcard} for entry in scope)
