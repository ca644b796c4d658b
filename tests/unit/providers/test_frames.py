"""AWS's binary frames, whatever the network and a broken sender make of them."""

from itertools import pairwise
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.doubles.framings import Frames
from tollgate.providers.frames import BROKEN, Frame, FrameReader

EVENTS = [
    {":event-type": "messageStart", "role": "assistant"},
    {":event-type": "contentBlockDelta", "delta": {"text": "Grüße 🌍"}},
    {":exception-type": "throttlingException", "message": "Slow down."},
]
STREAM = b"".join(map(Frames().frame, EVENTS))
FIRST = Frames().frame(EVENTS[0])


def read(*pieces: bytes) -> list[Frame]:
    reader = FrameReader()
    return [frame for piece in pieces for frame in reader.feed(piece)] + list(reader.close())


def test_a_frame_is_known_by_its_kind_and_name() -> None:
    assert [(frame.kind, frame.name) for frame in read(STREAM)] == [
        ("event", "messageStart"),
        ("event", "contentBlockDelta"),
        ("exception", "throttlingException"),
    ]


@pytest.mark.parametrize("place", range(len(STREAM)))
def test_frames_are_the_same_wherever_they_are_cut(place: int) -> None:
    assert read(STREAM[:place], STREAM[place:]) == read(STREAM)


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=50))
def test_frames_are_the_same_in_any_pieces(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]

    assert read(*(STREAM[start:end] for start, end in pairwise(places))) == read(STREAM)


@given(payload=st.binary(min_size=1, max_size=300), name=st.text(min_size=1, max_size=20))
def test_any_payload_comes_through(payload: bytes, name: str) -> None:
    header = b"\x0b:event-type\x07" + len(name.encode()).to_bytes(2) + name.encode()

    assert read(whole(header, payload)) == [Frame("event", name, payload)]


def test_an_error_without_a_payload_is_heard() -> None:
    headers = b"\x0d:message-type\x07\x00\x05error" + b"\x0b:error-code\x07\x00\x04Oops"

    assert read(whole(headers, b"")) == [Frame("error", "Oops", b"")]


def test_an_event_without_a_payload_says_nothing() -> None:
    assert read(Frames().nothing, FIRST, Frames().nothing) == read(FIRST)


@pytest.mark.parametrize("place", range(len(FIRST)))
def test_a_changed_byte_breaks_the_stream_from_there_on(place: int) -> None:
    changed = bytearray(FIRST)
    changed[place] ^= 0x10

    assert read(FIRST, bytes(changed), FIRST) == [*read(FIRST), BROKEN]


@pytest.mark.parametrize("place", range(1, len(FIRST)))
def test_a_frame_that_stops_early_is_broken(place: int) -> None:
    assert read(FIRST, FIRST[:place]) == [*read(FIRST), BROKEN]


@given(st.binary(max_size=200))
def test_what_never_was_a_stream_of_frames_holds_none(content: bytes) -> None:
    assert all(frame is BROKEN or frame.payload for frame in read(content))
    assert read(b"<html>" + content) == []


@pytest.mark.parametrize(
    "headers",
    [
        b"\x05name",  # shorter than its name
        b"\x01h\x63",  # of a type that nobody knows
        b"\x01h\x07\x00\x09short",  # shorter than its value
        b"\x01h\x05\x00",  # shorter than its number
        b"\x01\xff\x07\x00\x01x",  # no text in its name
        b"\x01h\x07\x00\x02\xc3\x28",  # no text in its value
    ],
)
def test_headers_that_make_no_sense_break_the_stream(headers: bytes) -> None:
    assert read(FIRST, whole(headers, b"{}")) == [*read(FIRST), BROKEN]


def test_headers_longer_than_their_frame_break_the_stream() -> None:
    prelude = (16 + 2).to_bytes(4) + (400).to_bytes(4)
    message = prelude + crc32(prelude).to_bytes(4) + b"{}"

    assert read(FIRST, message + crc32(message).to_bytes(4)) == [*read(FIRST), BROKEN]


@pytest.mark.parametrize("size", [0, 15, 25 * 1024 * 1024, 2**32 - 1])
def test_a_size_that_no_frame_has_breaks_the_stream(size: int) -> None:
    prelude = size.to_bytes(4) + (0).to_bytes(4)

    assert read(FIRST, prelude + crc32(prelude).to_bytes(4)) == [*read(FIRST), BROKEN]


def whole(headers: bytes, payload: bytes) -> bytes:
    prelude = (16 + len(headers) + len(payload)).to_bytes(4) + len(headers).to_bytes(4)
    message: Any = prelude + crc32(prelude).to_bytes(4) + headers + payload
    return bytes(message + crc32(message).to_bytes(4))
