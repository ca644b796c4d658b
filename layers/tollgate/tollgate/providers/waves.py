"""Sound without a codec: samples, and the header that makes a WAV file of them."""

import struct
from typing import Final

RATE: Final = 24_000
"""Samples a second, each of two bytes, of one channel: what `pcm` is in an answer."""
_SAMPLE_BYTES: Final = 2


def wav_of(samples: bytes, rate: int = RATE) -> bytes:
    """A WAV file of one channel of 16-bit samples."""
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(samples),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate,
        rate * _SAMPLE_BYTES,
        _SAMPLE_BYTES,
        8 * _SAMPLE_BYTES,
        b"data",
        len(samples),
    )
    return head + samples
