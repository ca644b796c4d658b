"""Transcripts with times as subtitles.

https://www.w3.org/TR/webvtt1/
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tollgate.contracts.transcription import Transcript

_END: Final = re.compile(r"-->\s*(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{3})")


def to_srt(transcript: Transcript) -> str | None:
    """As SubRip text; None where nothing has times."""
    lines = [
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n"
        for number, (start, end, text) in enumerate(_lines(transcript), 1)
    ]
    return "\n".join(lines) + "\n" if lines else None


def to_vtt(transcript: Transcript) -> str | None:
    """As WebVTT text; None where nothing has times."""
    lines = [f"{_clock(start, '.')} --> {_clock(end, '.')}\n{text}\n" for start, end, text in _lines(transcript)]
    return "WEBVTT\n\n" + "\n".join(lines) + "\n" if lines else None


def last_second(transcript: Transcript) -> float | None:
    """When the last line ends; None where nothing has times."""
    if transcript.subtitles is not None:
        ends = [
            int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(thousandths) / 1000
            for hours, minutes, seconds, thousandths in _END.findall(transcript.subtitles)
        ]
    else:
        ends = [end for _, end, _ in _lines(transcript)]
    return max(ends, default=None)


def _lines(transcript: Transcript) -> Iterator[tuple[float, float, str]]:
    segments: Any = transcript.body.get("segments")
    for segment in segments if isinstance(segments, list) else ():
        if isinstance(segment, Mapping) and _is_time(segment.get("start")) and _is_time(segment.get("end")):
            # A blank line would end the entry, and an arrow begin another.
            text = " ".join(str(segment.get("text") or "").split()).replace("-->", "->")
            yield float(segment["start"]), float(segment["end"]), text


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 360_000


def _clock(seconds: float, mark: str) -> str:
    thousandths = round(seconds * 1000)
    return (
        f"{thousandths // 3_600_000:02}:{thousandths // 60_000 % 60:02}:{thousandths // 1000 % 60:02}"
        f"{mark}{thousandths % 1000:03}"
    )
