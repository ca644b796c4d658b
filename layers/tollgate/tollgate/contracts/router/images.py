"""`POST /v1/images/generations`: the request that is accepted, and the answer."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tollgate.contracts.shapes import Shape

MOST_IMAGES = 10


class ImageGenerationRequest(Shape):
    """What to draw."""

    model: Annotated[str, Field(min_length=1, max_length=256)]
    """The model that draws, such as `openai/gpt-image-1.5`."""
    prompt: Annotated[str, Field(min_length=1, max_length=32_000)]
    """What the images shall show."""
    n: Annotated[int, Field(ge=1, le=MOST_IMAGES)] | None = None
    """How many images; 1 unless said otherwise."""
    size: Annotated[str, Field(pattern=r"^(auto|[1-9][0-9]{0,4}[x:][1-9][0-9]{0,4})$")] | None = None
    """`auto`, width by height in pixels such as `1536x1024`, or, where a provider has ratios, one such as `16:9`."""
    quality: Literal["auto", "low", "medium", "high", "standard", "hd"] | None = None
    """How much work to put into it. Better is dearer."""
    background: Literal["transparent", "opaque", "auto"] | None = None
    """`transparent` needs `png` or `webp`."""
    output_format: Literal["png", "jpeg", "webp"] | None = None
    """The format of the images. The answer says which one they have."""
    output_compression: Annotated[int, Field(ge=0, le=100)] | None = None
    """Of `jpeg` and `webp`, in percent."""
    moderation: Literal["low", "auto"] | None = None
    """How strict the provider's filter is."""
    style: Literal["vivid", "natural"] | None = None
    """For the models that have styles."""
    response_format: Literal["url", "b64_json"] | None = None
    """How images are handed over: as addresses that work for 60 minutes, or as data, which is the default."""
    stream: bool | None = None
    """Whether to send events: images as they are finished, and before."""
    partial_images: Annotated[int, Field(ge=0, le=3)] | None = None
    """How often to show an image before it is finished. Only with `stream`."""
    user: str | None = None
    """Your own id of the end user. Providers get a hash of it."""
    drop_params: bool | None = None
    """`false` refuses parameters that the model lacks; else they are left out (`x-tollgate-dropped-params`)."""

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.background == "transparent" and self.output_format == "jpeg":
            raise _at("background", "'background' = 'transparent' needs output_format png or webp.")
        if self.partial_images and not self.stream:
            raise _at("partial_images", "'partial_images' needs 'stream': true.")
        if self.stream and self.response_format == "url":
            raise _at("response_format", "A stream carries its images as data: leave out 'response_format' = 'url'.")
        return self


class GeneratedImage(Shape):
    """One image."""

    b64_json: str | None = None
    """The image, in base64."""
    url: str | None = None
    """Where the image can be fetched for 60 minutes."""
    revised_prompt: str | None = None
    """What the provider made of the prompt before it drew."""


class InputTokens(Shape):
    """The tokens of the prompt."""

    text_tokens: int
    image_tokens: int


class OutputTokens(Shape):
    """The tokens of what was made."""

    image_tokens: int
    text_tokens: int


class ImageUsage(Shape):
    """What the call used, and what it is charged."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: InputTokens
    output_tokens_details: OutputTokens
    cost: float
    """In US dollars."""


class ImageGeneration(Shape):
    """The images."""

    created: int
    data: list[GeneratedImage]
    background: str | None = None
    """What the provider says of it: `opaque` or `transparent`."""
    output_format: str
    """The format that the images really have."""
    size: str
    """The size that the images really have."""
    quality: str | None = None
    usage: ImageUsage


def _at(param: str, message: str) -> PydanticCustomError:
    # The edge reads `param` and takes the message as it is.
    return PydanticCustomError("tollgate", "{message}", {"param": param, "message": message})
