"""`POST /aipkit/v1/images/generate`."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tollgate.contracts.aipuffer.generation import TokenUsage
from tollgate.contracts.rest import Integer, RestShape


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class GenerateImagesRequest(RestShape):
    """What to draw, and who shall."""

    prompt: Any
    """What the images shall show, as text."""
    provider: Annotated[Literal["openai", "azure", "google", "openrouter", "sandbox"], BeforeValidator(_lower)] = (
        "openai"
    )
    """In either case."""
    model: str = ""
    """The provider's own name of the model; unless said, its newest one."""
    n: Annotated[Integer, Field(ge=1, le=10)] = 1
    """How many images."""
    size: (
        Literal[
            "256x256",
            "512x512",
            "1024x1024",
            "1792x1024",
            "1024x1792",
            "1536x1024",
            "1024x1536",
            "1024x768",
            "768x1024",
        ]
        | None
    ) = None
    """In pixels; 1024x1024 unless said. A provider that draws by ratio takes the nearest."""
    quality: Literal["standard", "hd", "auto", "low", "medium", "high"] | None = None
    """`standard` and `hd` are words of older models, and have no effect."""
    style: Literal["vivid", "natural"] | None = None
    response_format: Literal["url", "b64_json"] = "url"
    """`url` is an address that works for 60 minutes."""
    aspect_ratio: (
        Literal[
            "auto",
            "1:1",
            "1:2",
            "2:1",
            "2:3",
            "3:2",
            "3:4",
            "4:3",
            "4:5",
            "5:4",
            "9:16",
            "16:9",
            "9:19.5",
            "19.5:9",
            "9:20",
            "20:9",
            "9:21",
            "21:9",
            "1:4",
            "4:1",
            "1:8",
            "8:1",
        ]
        | None
    ) = None
    """For providers that draw by ratio, in place of `size`."""
    resolution: Literal["512", "1K", "2K", "4K"] | None = None
    """The long side, beside `aspect_ratio`."""
    output_format: Literal["png", "jpeg", "webp"] | None = None
    output_compression: Annotated[Integer, Field(ge=0, le=100)] | None = None
    background: Literal["auto", "transparent", "opaque"] | None = None
    seed: Annotated[Integer, Field(ge=0)] | None = None
    """Has no effect with the providers that there are."""


class DrawnImage(RestShape):
    """One image: by its address, or as data."""

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None
    """What the provider made of the prompt."""
    mime_type: str
    """What kind of image it is."""


class GeneratedImages(RestShape):
    """The images."""

    images: list[DrawnImage]
    usage: TokenUsage | None = None
    """Null where images are not counted in tokens."""
    message: str
    """How many there are, in a sentence."""
