"""What the namespace says about itself."""

from typing import Any

from tollgate.services.gateway.rest import namespace_index


async def get_puffer_namespace(root: str) -> dict[str, Any]:
    """The routes of the namespace, with what they take."""
    return namespace_index("aipkit/v1", root)
