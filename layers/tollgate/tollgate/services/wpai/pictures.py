"""Images: a prompt answered by a candidate for each."""

from typing import Any, Final

from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.router.images import ImageGenerationRequest
from tollgate.contracts.wpai.prompts import ModelConfig, PromptRequest
from tollgate.errors import AnswerTooLarge, BadRequest
from tollgate.ledger.money import plain
from tollgate.resources import Resources
from tollgate.services.drawn import Drawn, Finished, ImagePrompt
from tollgate.services.pictures import draw
from tollgate.services.wpai.chat_answers import to_token_usage
from tollgate.services.wpai.generated import Generated
from tollgate.services.wpai.options import custom_options, hold_to
from tollgate.services.wpai.plain_prompts import text_of
from tollgate.services.wpai.shapes import size_of

CUSTOM_OPTIONS: Final = frozenset({"background", "moderation", "output_compression", "quality", "style"})
"""What `customOptions` may set."""
_FORMATS: Final = {"image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp"}


async def generate_image(request: PromptRequest, model: Model, call: Call, resources: Resources) -> Generated:
    """Draw what a prompt describes. Images that are too large to be sent are answered by their addresses.

    Raises BadRequest, AnswerTooLarge where they were wanted inline all the same, Forbidden, PaymentRequired,
    Unavailable, UpstreamError.
    """
    config = request.config or ModelConfig()
    prompt = ImagePrompt(
        model=model.id,
        body=to_image_request(request, model),
        n=config.candidate_count or 1,
        as_urls=config.output_file_type == "remote",
    )
    drawn = await draw(prompt, call, resources)
    if drawn.is_lent_for_size and config.output_file_type == "inline":
        raise AnswerTooLarge(
            "The images are too large to be sent in an answer; for an hour they are at the addresses in data.urls. "
            "Ask for 'outputFileType' 'remote', or for smaller images.",
            metadata={"urls": [image.url for image in drawn.images]},
        )
    return Generated(
        model=model,
        candidates=[_candidate(image) for image in drawn.images],
        token_usage=to_token_usage(drawn.call.usage),
        additional_data=_additional_data(drawn, int(resources.now().timestamp())),
        headers={**drawn.call.headers, "x-tollgate-cost": plain(drawn.call.cost.total_usd)},
    )


def to_image_request(request: PromptRequest, model: Model) -> dict[str, Any]:
    """The prompt in OpenAI's fields of a request for images.

    Raises BadRequest.
    """
    config = request.config or ModelConfig()
    wanted_type = config.output_mime_type
    if wanted_type and wanted_type not in _FORMATS:
        raise BadRequest(f"Images come as one of {', '.join(_FORMATS)}.", param="modelConfig.outputMimeType")
    settings = {
        "n": config.candidate_count,
        "size": size_of(model, ratio=config.output_media_aspect_ratio, orientation=config.output_media_orientation),
        "output_format": _FORMATS.get(wanted_type or ""),
    }
    body: dict[str, Any] = {"model": model.id, "prompt": text_of(request)}
    body |= {name: value for name, value in settings.items() if value is not None}
    body |= custom_options(config, CUSTOM_OPTIONS, body)
    hold_to(ImageGenerationRequest, body)
    return body


def _candidate(image: Finished) -> dict[str, Any]:
    file: dict[str, Any] = {"mimeType": image.header.media_type}
    if image.url:
        file = {"fileType": "remote", **file, "url": image.url}
    else:
        file = {"fileType": "inline", **file, "base64Data": image.b64_json}
    part = {"channel": "content", "type": "file", "file": file}
    return {"message": {"role": "model", "parts": [part]}, "finishReason": "stop"}


def _additional_data(drawn: Drawn, created: int) -> dict[str, Any]:
    revised = [image.picture.revised_prompt for image in drawn.images]
    data: dict[str, Any] = {"created": created, "size": drawn.images[0].header.size}
    return {**data, "revisedPrompts": revised} if any(revised) else data
