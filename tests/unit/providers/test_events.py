"""Framings of streams, cut wherever a network may cut them."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.providers.events import Event, EventReader, LineReader

EVENTS = [
    pytest.param(b"data: a\n\n", [("", b"a")], id="one event"),
    pytest.param(b"data: a\n\ndata: b\n\n", [("", b"a"), ("", b"b")], id="two events"),
    pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", [("", b"a"), ("", b"b")], id="carriage return and newline"),
    pytest.param(b"data: a\r\rdata: b\r\r", [("", b"a"), ("", b"b")], id="carriage return"),
    pytest.param(b"data: a\n\r\ndata: b\r\n\n", [("", b"a"), ("", b"b")], id="line endings mixed"),
    pytest.param(b"data: a\ndata: b\n\n", [("", b"a\nb")], id="several data lines"),
    pytest.param(b"data: a\r\ndata:b\r\ndata\r\n\r\n", [("", b"a\nb\n")], id="several data lines, one of them bare"),
    pytest.param(b": hello\n\ndata: a\n: in between\n\n:\n\n", [("", b"a")], id="comments"),
    pytest.param(b"data:a\n\n", [("", b"a")], id="no space"),
    pytest.param(b"data:  a \n\n", [("", b" a ")], id="only one space belongs to the framing"),
    pytest.param(b"data: a\n\ndata: b", [("", b"a"), ("", b"b")], id="no last line ending"),
    pytest.param(b"data: a\n\ndata: b\r\n", [("", b"a"), ("", b"b")], id="no last blank line"),
    pytest.param(b"\xef\xbb\xbfdata: a\n\n", [("", b"a")], id="byte order mark"),
    pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [("", b"b")], id="a second mark is text"),
    pytest.param(b"data:\n\ndata\n\ndata: \n\ndata: a\n\n", [("", b"a")], id="events without data"),
    pytest.param(b"event: ping\ndata:\n\ndata: a\n\n", [("", b"a")], id="an empty event leaves no name behind"),
    pytest.param(b"event: start\ndata: a\n\ndata: b\n\n", [("start", b"a"), ("", b"b")], id="names"),
    pytest.param(b"event:start\r\ndata:a\r\n\r\n", [("start", b"a")], id="name without a space"),
    pytest.param(b"event: lost\n\ndata: a\n\n", [("", b"a")], id="a name without data belongs to nothing"),
    pytest.param(b"id: 1\nretry: 10\nwhatever: x\ndata: a\n\n", [("", b"a")], id="other fields"),
    pytest.param(b"\n\n\n\ndata: a\n\n\n\n", [("", b"a")], id="blank lines"),
    pytest.param("data: Grüße 🌍\n\n".encode(), [("", "Grüße 🌍".encode())], id="characters of several bytes"),
    pytest.param(b'{"error": {"message": "no stream"}}', [], id="no stream at all"),
    pytest.param(b"", [], id="nothing"),
]

LINES = [
    pytest.param(b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}'], id="newline"),
    pytest.param(b'{"a":1}\r\n{"b":2}\r\n', [b'{"a":1}', b'{"b":2}'], id="carriage return and newline"),
    pytest.param(b'{"a":1}\r{"b":2}\r', [b'{"a":1}', b'{"b":2}'], id="carriage return"),
    pytest.param(b'{"a":1}\n{"b":2}', [b'{"a":1}', b'{"b":2}'], id="no last line ending"),
    pytest.param(b'\n\r\n  \n{"a":1}\n\n', [b'{"a":1}'], id="blank lines"),
    pytest.param(b'\xef\xbb\xbf{"a":1}\n', [b'{"a":1}'], id="byte order mark"),
    pytest.param('{"a":"Grüße 🌍"}\n'.encode(), ['{"a":"Grüße 🌍"}'.encode()], id="characters of several bytes"),
    pytest.param(b"", [], id="nothing"),
]

cuts = st.lists(st.integers(0, 400), max_size=12)


@pytest.mark.parametrize(("stream", "expected"), EVENTS)
def test_events_are_the_same_wherever_the_stream_is_cut_in_two(
    stream: bytes, expected: list[tuple[str, bytes]]
) -> None:
    for place in range(len(stream) + 1):
        assert events_of([stream[:place], stream[place:]]) == expected, place


@pytest.mark.parametrize(("stream", "expected"), EVENTS)
def test_events_are_the_same_when_every_byte_comes_alone(stream: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert events_of([bytes([byte]) for byte in stream]) == expected


@pytest.mark.parametrize(("stream", "expected"), LINES)
def test_lines_are_the_same_wherever_the_stream_is_cut_in_two(stream: bytes, expected: list[bytes]) -> None:
    for place in range(len(stream) + 1):
        assert lines_of([stream[:place], stream[place:]]) == expected, place


def test_an_event_that_ends_in_carriage_returns_does_not_wait_for_the_next() -> None:
    reader = EventReader()

    events = reader.feed(b"data: a\r\r")

    assert events == [("", b"a")]


def test_a_newline_that_ends_a_line_together_with_an_earlier_carriage_return_ends_no_event() -> None:
    reader = EventReader()

    events = [*reader.feed(b"data: a\r"), *reader.feed(b"\n"), *reader.feed(b"data: b\r\n"), *reader.feed(b"\r\n")]

    assert events == [("", b"a\nb")]


@given(
    st.lists(st.tuples(st.sampled_from(["", "delta", "message_stop"]), st.text(min_size=1).filter(str.strip))),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.booleans(),
    cuts,
)
def test_what_was_framed_is_what_is_read(
    events: list[tuple[str, str]], ending: str, has_space: bool, has_last_blank_line: bool, places: list[int]
) -> None:
    payloads = [(name, json.dumps(text)) for name, text in events]
    stream = "".join(framed(name, payload, ending, " " if has_space else "") for name, payload in payloads).encode()
    if not has_last_blank_line:
        stream = stream.removesuffix(ending.encode())

    found = events_of(pieces_of(stream, places))

    assert found == [(name, payload.encode()) for name, payload in payloads]


@given(st.lists(st.dictionaries(st.text(), st.text())), st.sampled_from(["\n", "\r\n", "\r", "\n\n"]), cuts)
def test_what_was_written_in_lines_is_what_is_read(values: list[Any], ending: str, places: list[int]) -> None:
    documents = [json.dumps(value, ensure_ascii=False).encode() for value in values]
    stream = ending.encode().join(documents)

    found = lines_of(pieces_of(stream, places))

    assert found == documents


@given(st.binary(), cuts)
def test_any_bytes_give_the_same_events_however_they_are_cut(stream: bytes, places: list[int]) -> None:
    assert events_of(pieces_of(stream, places)) == events_of([stream])


@given(st.text(alphabet=st.sampled_from("data:event \r\n\ufeffx{}")), cuts)
def test_any_text_gives_the_same_events_and_lines_however_it_is_cut(text: str, places: list[int]) -> None:
    pieces = pieces_of(text.encode(), places)

    assert events_of(pieces) == events_of([text.encode()])
    assert lines_of(pieces) == lines_of([text.encode()])


def events_of(pieces: Sequence[bytes]) -> list[Event]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)] + reader.close()


def lines_of(pieces: Sequence[bytes]) -> list[bytes]:
    reader = LineReader()
    return [line for piece in pieces for line in reader.feed(piece)] + reader.close()


def pieces_of(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(place, len(stream)) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def framed(name: str, payload: str, ending: str, space: str) -> str:
    head = f"event:{space}{name}{ending}" if name else ""
    return f":{space}a comment{ending}{ending}{head}data:{space}{payload}{ending}{ending}"
