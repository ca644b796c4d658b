"""Images through Bedrock's InvokeModel, for whose bodies each vendor has a form of its own.

https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.pictures import ImageRequest, Picture, Pictures
from tollgate.errors import ContentFiltered
from tollgate.providers.bedrock_access import RULES, Access, path_of
from tollgate.providers.connection import Connection
from tollgate.providers.drawing import Brush, Drawing, Unreadable, decoded, plan
from tollgate.providers.image_shapes import as_pixels, ratio_and_tier
from tollgate.providers.refusals import Rule

_STABILITY: Final = "stability"
_STABILITY_RATIOS: Final = ("1:1", "2:3", "3:2", "4:5", "5:4", "9:16", "16:9", "9:21", "21:9")


def stability_shape(size: str, model: Model) -> Mapping[str, Any]:
    """A size as Stability AI has it: a ratio.

    Raises BadRequest.
    """
    return {"aspect_ratio": ratio_and_tier(size, model, ratios=_STABILITY_RATIOS, tiers=("1K",))[0]}


AMAZON: Final = Brush(
    takes=frozenset({"quality"}),
    # Titan draws in some of these sizes: the flag `sizes` of a model names them.
    shape=partial(as_pixels, step=16, sides=(320, 4_096), most=4_194_304),
    n_max=5,
    makes="png",
    qualities={"auto": "standard", "standard": "standard", "low": "standard", "medium": "standard"}
    | {"high": "premium", "hd": "premium"},
    prompt_max=1_024,
)
STABILITY: Final = Brush(
    takes=frozenset({"output_format"}), shape=stability_shape, n_max=1, makes="png", prompt_max=10_000
)


class BedrockImages(Drawing):
    """Images of Amazon's own models and of Stability AI's."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._access = Access(connection)
        self.rules = (
            Rule(ContentFiltered, frozenset({400}), texts=("content filter", "responsible ai", "safety")),
            *RULES,
        )

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Images`."""
        return plan(body, model, brush_of(model), is_strict=is_strict)

    async def draw(self, request: ImageRequest) -> Pictures:
        """See `tollgate.providers.protocols.Images`."""
        return await self.draw_in_calls(request, brush_of(request.model))

    async def draw_at_once(self, request: ImageRequest) -> Pictures:
        """See `Drawing`."""
        path, wire = path_of(request.model, "invoke"), to_wire(request)
        answer, _ = await self._connection.post(path, wire, headers=self._access.headers(path, wire), rules=self.rules)
        if "images" not in answer and (answer.get("error") or answer.get("message")):
            raise self._connection.error_in({"message": answer.get("error") or answer["message"]}, self.rules)
        reasons = answer.get("finish_reasons")
        if isinstance(reasons, list) and reasons and all(isinstance(reason, str) for reason in reasons):
            raise ContentFiltered(
                "The provider's content filter refused the prompt.", metadata={"provider": self._connection.provider.id}
            )
        return self._read(answer.get("images"), answer.get("error"))

    def _read(self, images: Any, error: Any) -> Pictures:
        try:
            pictures = [Picture(decoded(image)) for image in images] if isinstance(images, list) else []
        except Unreadable as exc:
            raise self._connection.invalid("The provider's answer cannot be read.") from exc
        if pictures:
            return Pictures(pictures)
        if isinstance(error, str) and error:
            # Images that its filter took away are told of in words, under a status of success.
            raise ContentFiltered(
                "The provider's content filter refused the prompt.", metadata={"provider": self._connection.provider.id}
            )
        raise self._connection.invalid("The provider's answer holds no image.")


def brush_of(model: Model) -> Brush:
    """How the vendor of a model draws."""
    return STABILITY if _is_stability(model) else AMAZON


def to_wire(request: ImageRequest) -> dict[str, Any]:
    """Our request as the vendor's body."""
    body = request.body
    if _is_stability(request.model):
        fields = {name: body[name] for name in ("aspect_ratio", "output_format") if name in body}
        return {"prompt": body["prompt"], "mode": "text-to-image", **fields}
    config = {name: body[name] for name in ("width", "height", "quality") if name in body}
    return {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": body["prompt"]},
        "imageGenerationConfig": {"numberOfImages": request.n, **config},
    }


def _is_stability(model: Model) -> bool:
    # A profile has the region before the vendor: `us.stability.sd3-5-large-v1:0`.
    return _STABILITY in model.upstream_model.split(".")[:2]
