"""Images of servers that speak OpenAI's language and that nobody has looked at, the operator's own among them."""

from typing import Any, ClassVar

from tollgate.contracts.pictures import ImageRequest
from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.compatible_images import CompatibleImages
from tollgate.providers.drawing import Brush
from tollgate.providers.rows import RowChat


class RowImages(CompatibleImages):
    """Images of a vendor that is a row. What a model takes of this, its entry says."""

    vendor: ClassVar[type[CompatibleChat]] = RowChat
    brush: Brush = Brush(takes=frozenset({"background", "output_format", "quality", "style", "user"}))

    def to_wire(self, request: ImageRequest) -> dict[str, Any]:
        """Our request, asking for data: an address may be one that only the server itself can reach."""
        return {**super().to_wire(request), "response_format": "b64_json"}
