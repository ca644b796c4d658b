"""Images of xAI: https://docs.x.ai/docs/guides/image-generations ."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from tollgate.contracts.catalogue import Model
from tollgate.contracts.pictures import ImageRequest
from tollgate.contracts.usage import Usage
from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.compatible_images import CompatibleImages
from tollgate.providers.drawing import Brush, read_usage
from tollgate.providers.image_shapes import ratio_and_tier
from tollgate.providers.xai import XAIChat, cost_in

_RATIOS: Final = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "1:2", "2:1")


def shape(size: str, model: Model) -> Mapping[str, Any]:
    """A size as xAI has it: a ratio, and one of two resolutions.

    Raises BadRequest.
    """
    ratio, tier = ratio_and_tier(size, model, ratios=_RATIOS, tiers=("1K", "2K"))
    return {"aspect_ratio": ratio, **({"resolution": tier.lower()} if tier else {})}


class XAIImages(CompatibleImages):
    """Images of xAI."""

    vendor: ClassVar[type[CompatibleChat]] = XAIChat
    # Only the newest models know a quality: those say so in the catalogue.
    brush: Brush = Brush(shape=shape, makes="jpeg")

    def to_wire(self, request: ImageRequest) -> dict[str, Any]:
        """Our request as their body: an address of theirs would not live long."""
        return {**super().to_wire(request), "response_format": "b64_json"}

    def usage_from_wire(self, usage: Any) -> tuple[Usage | None, int]:
        """Their counts, where they tell them, and what they take for the call."""
        read, text_tokens = read_usage(usage)
        cost = cost_in(usage) if isinstance(usage, Mapping) else None
        return replace(read or Usage(), upstream_cost_usd=cost) if cost is not None else read, text_tokens
