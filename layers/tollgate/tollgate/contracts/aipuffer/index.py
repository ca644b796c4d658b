"""What the namespace says about itself."""

from typing import Any

from pydantic import Field

from tollgate.contracts.shapes import Shape


class PufferIndex(Shape):
    """The routes of the namespace."""

    namespace: str
    routes: dict[str, Any]
    """Each route with its methods and what they take."""
    links: dict[str, Any] = Field(alias="_links")
    """Where the REST root is."""
