"""Images of nobody: a PNG of stripes that is the same for the same prompt and size, and failures on demand.

The upstream name of the model says which, as for the sandbox's conversations:

`image`         draws, and is paid for by images
`image-tokens`  draws, shows its images before they are finished, and is paid for by tokens
`image-slow`    takes a second
`image-fewer`   draws one image less than it was asked for
`image-cut`     shows an image, and stops before it is finished
`image-garbage` sends what is no image
`image-filter`, `image-error-<nnn>`, `image-error-connect`, …   as the sandbox's conversations fail
"""

import asyncio
import hashlib
import struct
import zlib
from collections.abc import AsyncGenerator
from typing import Final

from tollgate.contracts.pictures import ImageRequest, PartialPicture, Picture, Pictures
from tollgate.contracts.usage import Usage
from tollgate.errors import UpstreamInvalid
from tollgate.providers.drawing import Brush, Drawing
from tollgate.providers.sandbox import FACTS, count_tokens, failure_of

_USUAL: Final = "1024x1024"
_BAND_ROWS: Final = 32
_PIXELS_PER_TOKEN: Final = 1_024
_PARTIAL_TOKENS: Final = 100
_SLOW_S: Final = 1.0


class SandboxImages(Drawing):
    """Images of nobody."""

    brush = Brush(takes=frozenset({"partial_images", "quality", "user"}), makes="png", n_max=4)

    async def draw_at_once(self, request: ImageRequest) -> Pictures:
        """See `Drawing`."""
        trick = _trick(request)
        if failure := failure_of(trick):
            raise failure
        if trick == "cut":
            raise UpstreamInvalid("The provider closed the stream before finishing.", **FACTS)
        await asyncio.sleep(_SLOW_S if trick == "slow" else 0)
        count = request.n - (trick == "fewer")
        if not count:
            raise UpstreamInvalid("The provider's answer holds no image.", **FACTS)
        pictures = [Picture(_content(request, trick, index)) for index in range(count)]
        return Pictures(pictures, _usage(request, count), facts={"quality": str(request.body.get("quality", "auto"))})

    async def stream(self, request: ImageRequest) -> AsyncGenerator[PartialPicture | Pictures, None]:
        """See `tollgate.providers.protocols.Images`."""
        trick = _trick(request)
        if failure := failure_of(trick):
            raise failure
        shown = max(request.partial_images, trick == "cut")
        for index in range(shown):
            yield PartialPicture(Picture(_content(request, trick, index=0)), index)
        drawn = await self.draw(request)
        usage = drawn.usage and drawn.usage + Usage(completion_tokens=shown * _PARTIAL_TOKENS)
        yield drawn._replace(usage=usage)


def draw_stripes(prompt: str, width: int, height: int) -> bytes:
    """A PNG of that size, its bands of colours decided by the prompt.

    https://www.w3.org/TR/png-3/
    """
    seed = hashlib.sha256(prompt.encode()).digest()
    palette = b"".join(hashlib.sha256(seed + bytes([number])).digest()[:3] for number in range(16))
    bands = [bytes([0]) + bytes([seed[number % len(seed)] % 16]) * width for number in range(-(-height // _BAND_ROWS))]
    rows = b"".join(bands[row // _BAND_ROWS] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _trick(request: ImageRequest) -> str:
    return request.model.upstream_model.removeprefix("image").removeprefix("-")


def _content(request: ImageRequest, trick: str, index: int) -> bytes:
    if trick == "garbage":
        return b"This is no image."
    prompt = f"{request.body['prompt']} ({index})" if index else request.body["prompt"]
    return draw_stripes(prompt, *_sides(request))


def _sides(request: ImageRequest) -> tuple[int, int]:
    width, _, height = request.body.get("size", _USUAL).partition("x")
    return int(width), int(height)


def _usage(request: ImageRequest, count: int) -> Usage:
    width, height = _sides(request)
    return Usage(count_tokens(request.body["prompt"]), count * (width * height // _PIXELS_PER_TOKEN))
