"""What an image says of itself in its first bytes: its format and its size. PNG, JPEG and WebP."""

import struct
from typing import Final, NamedTuple

_PNG: Final = b"\x89PNG\r\n\x1a\n"
# Markers of a JPEG that stand alone; every other one has a length behind it.
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
# The markers of a frame, in which the size is: all of C0 to CF but the tables and one that is reserved.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Header(NamedTuple):
    """Format and size of an image."""

    format: str
    """`png`, `jpeg` or `webp`."""
    width: int
    height: int

    @property
    def media_type(self) -> str:
        """The format as HTTP names it."""
        return f"image/{self.format}"

    @property
    def size(self) -> str:
        """The size as requests name it."""
        return f"{self.width}x{self.height}"


def read_header(content: bytes) -> Header | None:
    """Format and size of an image; None for what is none of the three formats."""
    try:
        header = _png(content) or _webp(content) or _jpeg(content)
    except (struct.error, IndexError):
        # It ends before its size is told.
        return None
    return header if header is not None and header.width and header.height else None


def _png(content: bytes) -> Header | None:
    # https://www.w3.org/TR/png-3/#11IHDR
    if not content.startswith(_PNG) or content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", content, 16)
    return Header("png", width, height)


def _webp(content: bytes) -> Header | None:
    # https://developers.google.com/speed/webp/docs/riff_container
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    match content[12:16]:
        case b"VP8 " if content[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<HH", content, 26)
            return Header("webp", width & 0x3FFF, height & 0x3FFF)
        case b"VP8L" if content[20] == 0x2F:
            (bits,) = struct.unpack_from("<I", content, 21)
            return Header("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            (width,) = struct.unpack("<I", content[24:27] + b"\0")
            (height,) = struct.unpack("<I", content[27:30] + b"\0")
            return Header("webp", width + 1, height + 1)
    return None


def _jpeg(content: bytes) -> Header | None:
    # https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    place = 2
    while True:
        if content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker == 0xFF:
            # Markers may be padded.
            place += 1
        elif marker in _ALONE:
            place += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return Header("jpeg", width, height)
        else:
            (length,) = struct.unpack_from(">H", content, place + 2)
            place += 2 + length
