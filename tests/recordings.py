"""Recordings, and forms that carry them."""

import io
import struct
import wave
from typing import Any, Final

BOUNDARY: Final = "a-boundary"


def a_wav(seconds: float = 3.0, rate: int = 8_000) -> bytes:
    """Silence of so many seconds."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(bytes(2 * int(rate * seconds)))
    return file.getvalue()


def a_webm(milliseconds: float | None = None) -> bytes:
    """The head of a WebM file, with its duration or, as browsers record it, without."""
    info = b"\x2a\xd7\xb1\x83\x0f\x42\x40"
    if milliseconds is not None:
        info += b"\x44\x89\x88" + struct.pack(">d", milliseconds)
    return b"\x1a\x45\xdf\xa3\x80\x15\x49\xa9\x66" + bytes([0x80 + len(info)]) + info + bytes(8_000)


def an_mp3(seconds: float = 10.0) -> bytes:
    """Silence at 64 kbit/s: frames of 26 ms, 22.05 kHz, mono."""
    head = b"\xff\xf3\x80\xc4"
    frame = head + bytes(208 - len(head))
    return frame * round(seconds * 22_050 / 576)


def a_form(*parts: tuple[str, Any], boundary: str = BOUNDARY) -> bytes:
    """Parts in that order; a file is a pair of its name and its bytes."""
    pieces = []
    for name, value in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, tuple):
            pieces.append(f'{head}; filename="{value[0]}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode())
            pieces.append(value[1] + b"\r\n")
        else:
            pieces.append(f"{head}\r\n\r\n{value}\r\n".encode())
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


FORM: Final = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
