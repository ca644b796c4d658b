"""The framings that doubles write are those that adapters read, in every disguise."""

from collections.abc import Iterable

import pytest

from tests.conformance.doubles.framings import Frames, Framing, Lines, ServerSentEvents
from tollgate.providers.events import EventReader, LineReader
from tollgate.providers.frames import FrameReader

EVENTS = [{"type": "start", "text": "Grüße"}, {"type": "delta", "text": "a\nb"}, {"type": "stop", "text": "🌍 "}]


def payloads(framing: Framing, pieces: Iterable[bytes]) -> list[bytes]:
    if isinstance(framing, Lines):
        lines = LineReader()
        return [line for piece in pieces for line in lines.feed(piece)] + lines.close()
    if isinstance(framing, Frames):
        frames = FrameReader()
        read = [frame for piece in pieces for frame in frames.feed(piece)] + frames.close()
        return [f"{frame.kind} {frame.name} ".encode() + frame.payload for frame in read]
    events = EventReader()
    found = [event for piece in pieces for event in events.feed(piece)] + events.close()
    return [f"{event.name} ".encode() + event.data.replace(b"\n", b"") for event in found]


@pytest.mark.parametrize(
    "framing",
    [ServerSentEvents(), ServerSentEvents(end=None, name_of=lambda event: str(event["type"])), Lines(), Frames()],
)
def test_a_disguise_changes_nothing_that_is_read(framing: Framing) -> None:
    stream = [framing.frame(event) for event in EVENTS]

    disguises = framing.disguises(stream)

    assert len(payloads(framing, stream)) == len(EVENTS)
    assert len(disguises) >= 5
    for name, pieces in disguises.items():
        assert payloads(framing, pieces) == payloads(framing, stream), name


@pytest.mark.parametrize("framing", [ServerSentEvents(), Lines(), Frames()])
def test_nothing_is_nothing(framing: Framing) -> None:
    assert payloads(framing, [framing.nothing] * 3) == []
