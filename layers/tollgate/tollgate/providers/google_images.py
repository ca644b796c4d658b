"""Images of Gemini: https://ai.google.dev/gemini-api/docs/image-generation ."""

from collections.abc import Mapping
from typing import Any, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.pictures import ImageRequest, Picture, Pictures
from tollgate.errors import ContentFiltered, UpstreamInvalid
from tollgate.providers.drawing import Brush, Drawing, Unreadable, decoded
from tollgate.providers.google import RULES, headers_of, path_of
from tollgate.providers.google_answer import FINISH_REASONS, usage_from_wire
from tollgate.providers.image_shapes import ratio_and_tier

_NONE_CAME: Final = frozenset({"NO_IMAGE", "IMAGE_OTHER"})


def shape(size: str, model: Model) -> Mapping[str, Any]:
    """A size as Gemini has it.

    Raises BadRequest.
    """
    ratio, tier = ratio_and_tier(size, model)
    return {"aspectRatio": ratio, **({"imageSize": tier} if tier else {})}


class GoogleImages(Drawing):
    """Images of Gemini's image models, one for each call."""

    brush = Brush(shape=shape, n_max=1)
    rules = RULES

    async def draw_at_once(self, request: ImageRequest) -> Pictures:
        """See `Drawing`. Where no image came for no reason, it is asked for once more."""
        body = to_wire(request)
        try:
            return await self._draw(request, body)
        except _NoImage:
            return await self._draw(request, body)

    async def _draw(self, request: ImageRequest, body: Mapping[str, Any]) -> Pictures:
        answer, _ = await self._connection.post(
            path_of(request.model, "generateContent"), body, headers=headers_of, rules=RULES
        )
        if answer.get("error"):
            raise self._connection.error_in(answer, RULES)
        return from_wire(answer, self._connection.provider.id)


class _NoImage(UpstreamInvalid):
    """The known fault of an answer that ends without an image and without a reason."""


def to_wire(request: ImageRequest) -> dict[str, Any]:
    """Our request as their body. The cap is sent, so that the hold is an upper bound."""
    config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
    if request.model.max_output_tokens:
        config["maxOutputTokens"] = request.model.max_output_tokens
    if wanted := {name: request.body[name] for name in ("aspectRatio", "imageSize") if name in request.body}:
        config["imageConfig"] = wanted
    return {
        "contents": [{"role": "user", "parts": [{"text": request.body["prompt"]}]}],
        "generationConfig": config,
    }


def from_wire(body: Mapping[str, Any], provider: str = "google") -> Pictures:
    """Their body as our images: text beside them is left out, and so are images that are thoughts.

    Raises ContentFiltered, UpstreamInvalid.
    """
    facts = {"provider": provider}
    candidates = body.get("candidates")
    candidate = candidates[0] if isinstance(candidates, list) and candidates else {}
    candidate = candidate if isinstance(candidate, Mapping) else {}
    parts = _parts(candidate)
    try:
        pictures = [
            Picture(decoded(part["inlineData"].get("data")))
            for part in parts
            if isinstance(part.get("inlineData"), Mapping) and not part.get("thought")
        ]
    except Unreadable as exc:
        raise UpstreamInvalid("The provider's answer cannot be read.", provider=provider, metadata=facts) from exc
    if pictures:
        usage = usage_from_wire(body.get("usageMetadata"))
        images = _image_tokens(body.get("usageMetadata"))
        text = 0 if usage is None or images is None else max(usage.completion_tokens - images, 0)
        return Pictures(pictures, usage, text)
    reason = candidate.get("finishReason")
    feedback = body.get("promptFeedback")
    is_blocked = isinstance(feedback, Mapping) and bool(feedback.get("blockReason"))
    says_text = any(isinstance(part.get("text"), str) and not part.get("thought") for part in parts)
    is_refused = isinstance(reason, str) and FINISH_REASONS.get(reason) == "content_filter"
    if is_blocked or is_refused or (says_text and reason not in _NONE_CAME):
        raise ContentFiltered("The provider's content filter refused the prompt.", metadata=facts)
    kind = _NoImage if reason in _NONE_CAME else UpstreamInvalid
    raise kind("The provider's answer holds no image.", provider=provider, metadata=facts)


def _parts(candidate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, Mapping) else None
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def _image_tokens(usage: Any) -> int | None:
    details = usage.get("candidatesTokensDetails") if isinstance(usage, Mapping) else None
    counts = [
        detail.get("tokenCount")
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, Mapping) and detail.get("modality") == "IMAGE"
    ]
    return counts[0] if counts and isinstance(counts[0], int) else None
