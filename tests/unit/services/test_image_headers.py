"""Format and size of images, read from their first bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.providers.sandbox_images import draw_stripes
from tollgate.services.image_headers import read_header

SIDES = st.integers(1, 16_383)


def a_jpeg(width: int, height: int, *, frame: int = 0xC0, before: bytes = b"") -> bytes:
    """The beginning of a JPEG: what stands before its frame, and the frame."""
    return b"\xff\xd8" + before + struct.pack(">BBHBHHB", 0xFF, frame, 17, 8, height, width, 3) + bytes(9)


def a_webp(kind: bytes, content: bytes) -> bytes:
    """The beginning of a WebP with one chunk."""
    return b"RIFF" + struct.pack("<I", len(content) + 12) + b"WEBP" + kind + struct.pack("<I", len(content)) + content


@given(st.integers(1, 60), st.integers(1, 60))
def test_a_png_that_was_drawn_here(width: int, height: int) -> None:
    assert read_header(draw_stripes("x", width, height)) == ("png", width, height)


@given(SIDES, SIDES, st.sampled_from([0xC0, 0xC1, 0xC2, 0xC9]), st.integers(0, 5))
def test_a_jpeg_whatever_stands_before_its_frame(width: int, height: int, frame: int, tables: int) -> None:
    before = b"\xff\xe0" + struct.pack(">H", 16) + bytes(14) + b"\xff\xff\xc4" + struct.pack(">H", tables + 2)
    content = a_jpeg(width, height, frame=frame, before=before + bytes(tables))

    assert read_header(content) == ("jpeg", width, height)


@given(SIDES, SIDES)
def test_a_webp_of_each_kind(width: int, height: int) -> None:
    lossy = a_webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height))
    lossless = a_webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14))
    extended = a_webp(b"VP8X", bytes(4) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3])

    assert {read_header(content) for content in (lossy, lossless, extended)} == {("webp", width, height)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a\x01\x00\x01\x00",
        b"<svg/>",
        b"\x89PNG\r\n\x1a\n",
        draw_stripes("x", 4, 4)[:20],
        a_jpeg(0, 5),
        a_jpeg(5, 5)[:8],
        a_webp(b"VP8 ", b"\0\0\0\0\0\0\0\0\0\0"),
        a_webp(b"ICCP", bytes(20)),
    ],
)
def test_what_tells_no_size_is_no_image(content: bytes) -> None:
    assert read_header(content) is None


@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8X"]), st.binary(max_size=60))
def test_whatever_follows_is_an_image_or_none(start: bytes, rest: bytes) -> None:
    header = read_header(start + rest)

    assert header is None or (header.width > 0 and header.height > 0)
