"""Images that are drawn, as services and provider adapters pass them: OpenAI's words, whoever draws."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject
from tollgate.contracts.usage import Usage

NO_FACTS: Final[Mapping[str, str]] = MappingProxyType({})


class ImageRequest(NamedTuple):
    """A wish for images, for one model.

    `body` is what the plan kept: the prompt, and what the provider takes beside it, under the provider's own words for
    the shape of an image.
    """

    model: Model
    body: JsonObject
    n: int = 1
    partial_images: int = 0


class Picture(NamedTuple):
    """One image: its bytes, or where the provider keeps it."""

    content: bytes = b""
    url: str | None = None
    revised_prompt: str | None = None
    """What the provider made of the prompt before it drew."""


class Pictures(NamedTuple):
    """Finished images, and what they used together."""

    pictures: list[Picture]
    usage: Usage | None = None
    text_tokens: int = 0
    """Those of the completion that are no image: words beside it, and thoughts."""
    facts: Mapping[str, str] = NO_FACTS
    """What the provider says of `background` and `quality`."""


class PartialPicture(NamedTuple):
    """An image before it is finished."""

    picture: Picture
    place: int
    """The first one that is shown has 0."""
    facts: Mapping[str, str] = NO_FACTS
