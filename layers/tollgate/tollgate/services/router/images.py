"""Images in OpenAI's form."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import Any, Final

from pydantic_core import to_json

from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.contracts.router.images import ImageGenerationRequest
from tollgate.contracts.usage import Usage
from tollgate.ledger.money import plain, shown
from tollgate.resources import Resources
from tollgate.services.drawn import Drawn, Finished, ImagePrompt
from tollgate.services.pictures import OpenPictures, Shown, Unfinished, draw, open_pictures

_STREAM_HEADERS: Final = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


async def create_image(request: ImageGenerationRequest, call: Call, resources: Resources) -> Answer | StreamedAnswer:
    """Draw images, at once or as they are finished.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    prompt = ImagePrompt(
        model=request.model,
        body=call.body,
        n=request.n or 1,
        partial_images=request.partial_images or 0,
        as_urls=request.response_format == "url",
        is_strict=request.drop_params is False,
    )
    created = int(resources.now().timestamp())
    if request.stream:
        stream = await open_pictures(prompt, call, resources)
        return StreamedAnswer(
            pieces=_pieces(stream, created),
            media_type="text/event-stream; charset=utf-8",
            headers={**stream.drawn.call.headers, **_STREAM_HEADERS},
            piece_of_error=lambda error: _event("error", error),
            keep_alive=b": keep-alive\n\n",
        )
    drawn = await draw(prompt, call, resources)
    cost_usd = drawn.call.cost.total_usd
    headers = {**drawn.call.headers, "x-tollgate-cost": plain(cost_usd)}
    if drawn.is_lent_for_size:
        headers["x-tollgate-large-response"] = "url"
    first = drawn.images[0].header
    return Answer(
        content={
            "created": created,
            "data": [_image(image) for image in drawn.images],
            **_look(drawn),
            "output_format": first.format,
            "size": first.size,
            "usage": _usage(drawn.usage or Usage(), drawn.text_tokens, cost_usd),
        },
        headers=headers,
    )


async def _pieces(stream: OpenPictures, created: int) -> AsyncGenerator[bytes, None]:
    async with aclosing(stream.images()) as images:
        async for image in images:
            yield _shown(image, stream.drawn, created)


def _shown(image: Unfinished | Shown, drawn: Drawn, created: int) -> bytes:
    more: dict[str, Any]
    if isinstance(image, Unfinished):
        kind, more = "partial_image", {"partial_image_index": image.place}
    else:
        kind, more = "completed", {"usage": _usage(image.usage, image.text_tokens, image.cost.total_usd)}
    finished = image.image
    return _event(
        f"image_generation.{kind}",
        {
            "type": f"image_generation.{kind}",
            "b64_json": finished.b64_json,
            "created_at": created,
            **_look(drawn),
            "output_format": finished.header.format,
            "size": finished.header.size,
            **more,
        },
    )


def _image(image: Finished) -> dict[str, str]:
    handed = {"url": image.url} if image.url else {"b64_json": image.b64_json}
    revised = image.picture.revised_prompt
    return {**handed, "revised_prompt": revised} if revised else handed


def _look(drawn: Drawn) -> dict[str, str]:
    """What can be said of images beside what can be seen in them."""
    look = {"background": drawn.facts.get("background"), "quality": drawn.quality}
    return {name: value for name, value in look.items() if value}


def _usage(usage: Usage, text_tokens: int, cost_usd: Decimal) -> dict[str, Any]:
    """OpenAI's usage object of images, and what the account is charged."""
    return {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "input_tokens_details": {"text_tokens": usage.prompt_tokens, "image_tokens": 0},
        "output_tokens_details": {
            "image_tokens": usage.completion_tokens - text_tokens,
            "text_tokens": text_tokens,
        },
        "cost": shown(cost_usd),
    }


def _event(name: str, body: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: ".encode() + to_json(body) + b"\n\n"
