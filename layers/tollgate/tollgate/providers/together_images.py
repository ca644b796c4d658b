"""Images of Together AI: https://docs.together.ai/reference/post-images-generations ."""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from tollgate.contracts.pictures import ImageRequest
from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.compatible_images import CompatibleImages
from tollgate.providers.drawing import Brush
from tollgate.providers.image_shapes import as_pixels
from tollgate.providers.rows import RowChat

shape = partial(as_pixels, step=16, sides=(64, 1_792), most=1_792 * 1_792)


class TogetherImages(CompatibleImages):
    """Images of the open models that Together serves."""

    vendor: ClassVar[type[CompatibleChat]] = RowChat
    brush: Brush = Brush(takes=frozenset({"output_format"}), shape=shape, n_max=4, makes="jpeg")

    def to_wire(self, request: ImageRequest) -> dict[str, Any]:
        """Our request as their body."""
        body: Mapping[str, Any] = super().to_wire(request)
        return {**body, "response_format": "base64"}
