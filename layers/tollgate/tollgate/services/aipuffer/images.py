"""Images for AI Puffer's clients."""

from typing import Any, Final

from tollgate.contracts.aipuffer.images import GenerateImagesRequest
from tollgate.contracts.aipuffer.providers import Vendor
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.errors import BadRequest, ModelNotFound
from tollgate.ledger.money import plain
from tollgate.resources import Resources
from tollgate.services.aipuffer.answers import usage_of
from tollgate.services.aipuffer.generation import named
from tollgate.services.aipuffer.models import first_of, vendor_of
from tollgate.services.aipuffer.texts import clean, is_blank
from tollgate.services.aipuffer.upstream import IMAGE, no_longer_than, told_as
from tollgate.services.drawn import Finished, ImagePrompt
from tollgate.services.pictures import draw

LONGEST_S: Final = 240.0
_USER: Final = "rest_api_user"
_USUAL_SIZE: Final = "1024x1024"
# Words of models that there are no more; today's have no use for them.
_OLD_QUALITIES: Final = frozenset({"standard", "hd"})
_LONG_SIDES: Final = {"512": 512, "1K": 1_024, "2K": 2_048, "4K": 4_096}


async def generate_images(request: GenerateImagesRequest, call: Call, resources: Resources) -> Answer:
    """Draw images by the model of the provider that is named, or its newest one.

    Raises InvalidParams, BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    prompt = clean(_as_text(request.prompt))
    if is_blank(prompt):
        raise BadRequest("The prompt is empty.", code="rest_aipkit_missing_prompt", param="prompt")
    vendor = vendor_of(request.provider, resources)
    with told_as(IMAGE, request.provider):
        model = (
            named(vendor, request.model, "image", resources) if request.model else first_of(vendor, "image", resources)
        )
        if model is None:
            raise ModelNotFound(f"{vendor.label} has no model for images on this gateway.", param="model")
        wanted = ImagePrompt(
            model=model.id,
            body={"prompt": prompt, **_look(request, vendor), "n": request.n, "user": _USER},
            n=request.n,
            as_urls=request.response_format == "url",
        )
        async with no_longer_than(LONGEST_S, call, vendor.provider):
            drawn = await draw(wanted, call, resources)
    count = len(drawn.images)
    content = {
        "images": [_shown(image) for image in drawn.images],
        "usage": usage_of(drawn.usage),
        "message": f"{count} image{'' if count == 1 else 's'} generated successfully.",
    }
    return Answer(content=content, headers={**drawn.call.headers, "x-tollgate-cost": plain(drawn.call.cost.total_usd)})


def _as_text(prompt: Any) -> str:
    if isinstance(prompt, bool):
        return "1" if prompt else ""
    return str(prompt) if isinstance(prompt, str | int | float) else ""


def _look(request: GenerateImagesRequest, vendor: Vendor) -> dict[str, Any]:
    look = {
        "size": _size(request, vendor),
        "quality": None if request.quality in _OLD_QUALITIES else request.quality,
        "style": request.style,
        "output_format": request.output_format,
        "output_compression": request.output_compression,
        "background": request.background,
    }
    return {name: value for name, value in look.items() if value is not None}


def _size(request: GenerateImagesRequest, vendor: Vendor) -> str:
    ratio = request.aspect_ratio
    if not vendor.draws_by_ratio or ratio in {None, "auto"}:
        return request.size or _USUAL_SIZE
    if request.resolution is None and "." not in str(ratio):
        return str(ratio)
    width, height = (float(side) for side in str(ratio).split(":"))
    scale = _LONG_SIDES[request.resolution or "1K"] / max(width, height)
    return f"{round(width * scale)}x{round(height * scale)}"


def _shown(image: Finished) -> dict[str, str | None]:
    return {
        "url": image.url,
        "b64_json": None if image.url else image.b64_json,
        "revised_prompt": image.picture.revised_prompt,
        "mime_type": image.header.media_type,
    }
