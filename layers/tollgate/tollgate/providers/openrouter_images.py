"""Images through OpenRouter: https://openrouter.ai/docs/guides/overview/multimodal/image-generation ."""

from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec.structs import replace

from tollgate.contracts.catalogue import Model
from tollgate.contracts.usage import Usage, is_count
from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.compatible_images import CompatibleImages
from tollgate.providers.drawing import Brush, read_usage
from tollgate.providers.image_shapes import ratio_and_tier
from tollgate.providers.openrouter import OpenRouterChat, cost_in


def shape(size: str, model: Model) -> Mapping[str, Any]:
    """A size as OpenRouter has it for the models of every vendor.

    Raises BadRequest.
    """
    ratio, tier = ratio_and_tier(size, model)
    return {"aspect_ratio": ratio, **({"resolution": tier} if tier else {})}


class OpenRouterImages(CompatibleImages):
    """Images of whomever OpenRouter asks."""

    vendor: ClassVar[type[CompatibleChat]] = OpenRouterChat
    path: ClassVar[str] = "/images"
    brush: Brush = Brush(takes=frozenset({"background", "output_format", "quality"}), shape=shape)

    def usage_from_wire(self, usage: Any) -> tuple[Usage | None, int]:
        """Their counts, under either of OpenAI's names, and what they take for the call."""
        if not isinstance(usage, Mapping):
            return None, 0
        read, text_tokens = read_usage(usage)
        if read is None and is_count(usage.get("prompt_tokens")) and is_count(usage.get("completion_tokens")):
            read = Usage(usage["prompt_tokens"], usage["completion_tokens"])
        cost = cost_in(usage)
        return replace(read or Usage(), upstream_cost_usd=cost) if cost is not None else read, text_tokens
