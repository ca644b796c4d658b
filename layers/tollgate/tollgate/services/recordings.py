"""Recordings as callers send them: which format they are in, and how long they last."""

import io
import math
import re
import struct
from typing import Final, NamedTuple

from tollgate.contracts.upload import Upload
from tollgate.errors import BadRequest

_MEDIA_TYPES: Final = {
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "mp4": "audio/mp4",
    "mpeg": "audio/mpeg",
    "mpga": "audio/mpeg",
    "m4a": "audio/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "webm": "audio/webm",
}
_MAGIC: Final = (
    (re.compile(rb"fLaC"), "flac"),
    (re.compile(rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]"), "mp3"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "m4a"),
    (re.compile(rb"OggS"), "ogg"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "wav"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "webm"),
)
# No codec for speech goes below.
_FEWEST_BITS_PER_S: Final = 8_000
# Sound takes no more than this, so that a header cannot say that a long recording is short.
_MOST_BITS_PER_S: Final = {"wav": 1_536_000, "flac": 1_536_000}
_USUAL_MOST_BITS_PER_S: Final = 320_000
# https://www.matroska.org/technical/elements.html: the unit of time in nanoseconds, and the duration in it.
_SCALE: Final = re.compile(rb"\x2a\xd7\xb1([\x81-\x88])(.{8})", re.DOTALL)
_DURATION: Final = re.compile(rb"\x44\x89(?:\x84(?P<short>.{4})|\x88(?P<long>.{8}))", re.DOTALL)
_USUAL_SCALE: Final = 1_000_000
_WEBM_HEAD_BYTES: Final = 4_096


class Length(NamedTuple):
    """How long a recording lasts."""

    seconds: float
    """As its header says, else the most that so many bytes can be."""
    most_seconds: int
    """What has to be held for."""
    is_read: bool


def named(upload: Upload) -> Upload:
    """The recording under a name that ends in its format: by its own name, else by its first bytes.

    Raises BadRequest.
    """
    name = upload.name.replace("\\", "/").rpartition("/")[2]
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in _MEDIA_TYPES:
        extension = next((kind for magic, kind in _MAGIC if magic.match(upload.content)), "")
        if not extension:
            formats = "flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav, webm"
            raise BadRequest(f"The format of the recording is not known. It can be {formats}.", param="file")
        name = f"{name or 'audio'}.{extension}"
    return Upload(name, _MEDIA_TYPES[extension], upload.content)


def measure(recording: Upload) -> Length:
    """How long a recording lasts, from its header where that can be read."""
    size_bits = len(recording.content) * 8
    extension = recording.name.rpartition(".")[2].lower()
    seconds = _webm_seconds(recording.content) if extension == "webm" else _tagged_seconds(recording.content)
    if seconds is None or not math.isfinite(seconds) or seconds <= 0:
        most = math.ceil(size_bits / _FEWEST_BITS_PER_S)
        return Length(most, most, is_read=False)
    least = size_bits / _MOST_BITS_PER_S.get(extension, _USUAL_MOST_BITS_PER_S)
    return Length(seconds, math.ceil(max(seconds, least)), is_read=True)


def _tagged_seconds(content: bytes) -> float | None:
    from tinytag import TinyTag  # noqa: PLC0415 - few calls have recordings

    try:
        return TinyTag.get(file_obj=io.BytesIO(content), tags=False).duration
    except Exception:  # noqa: BLE001 - bytes of anybody's making: whatever is wrong with them, they have no header
        return None


def _webm_seconds(content: bytes) -> float | None:
    head = content[:_WEBM_HEAD_BYTES]
    found = _DURATION.search(head)
    if found is None:
        return None
    scale = _USUAL_SCALE
    if told := _SCALE.search(head):
        scale = int.from_bytes(told[2][: told[1][0] - 0x80])
    (ticks,) = struct.unpack(">f" if found["short"] else ">d", found["short"] or found["long"])
    return float(ticks) * scale / 1e9
